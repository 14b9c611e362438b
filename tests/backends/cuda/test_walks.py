"""Graphs on a device: one thread a sample walks through all neurons, and comes to what numpy comes to."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx import graph as g
from synapse_rx.backends import Backend, NumpyBackend
from synapse_rx.backends.cuda import Kernels
from synapse_rx.graph.walks import Walks
from tests.backends.test_training import Here, trained
from tests.contracts.layer import Chain
from tests.graph.graphs import graphs
from tests.strict import StrictBackend
from tests.strict.cuda import EmulatedKernel, Failed, Nvrtc
from tests.strict.module import xp

HERE = NumpyBackend()
CALM = settings(
    max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


def passed(
    graph: g.NeuronGraph, steps: int, n: int, backend: Backend, dtype: Any, *, capacity: int = 0
) -> Any:
    """
    Return outputs and gradients of two passes one after the other.
    """
    rng = np.random.default_rng(1)
    made = Chain(graph, (steps, graph.features), n, capacity=capacity, dtype=dtype, backend=backend)
    made.theta[...] = backend.from_host(rng.uniform(-1, 1, made.theta.size).astype(dtype))
    found = []
    for _ in range(2):
        x = rng.standard_normal((n, steps, graph.features)).astype(dtype)
        y = made.forward(backend.from_host(x))
        dy = rng.standard_normal(y.shape).astype(dtype)
        found += [backend.to_host(one) for one in (y, made.backward(backend.from_host(dy)), made.grad)]
    return found


def agree(
    graph: g.NeuronGraph, steps: int, n: int, there: Backend, dtype: Any = np.float64, **options: Any
) -> None:
    EmulatedKernel.launched.clear()
    with np.errstate(all="ignore"):
        expected = passed(graph, steps, n, HERE, dtype)
        found = passed(graph, steps, n, there, dtype, **options)
    if isinstance(there, StrictBackend):
        assert EmulatedKernel.launched.count("forward") >= 2

    tolerance = 1e-4 if dtype == np.float32 else 1e-8
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance * max(1.0, np.abs(other).max()))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("backwards", [False, True])
def test_the_kernels_agree_with_array_functions(
    dtype: Any, backwards: bool, fused: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EmulatedKernel, "backwards", backwards)

    assert Kernels(fused.xp).get(Walks, dtype) is not None


def test_kernels_that_err_are_found_out(
    emulated: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Walks, "source", Walks.source.replace("return y * (real(1) - y)", "return y"))

    with caplog.at_level(logging.WARNING, "synapse_rx"):
        assert Kernels(xp).get(Walks, np.float32) is None

    assert "the kernel Walks computes something else" in caplog.text


@pytest.mark.parametrize("gradient", ["truncated", "bptt"])
@pytest.mark.parametrize(
    "graph",
    [
        g.lstm(2, 3, 1, returns="last"),
        g.lstm(2, 2, 2, 1, hidden_to_hidden=True, output_to_hidden=True, output_to_gates=True),
        g.second_order(3, 4, 2),
    ],
    ids=["last", "deep", "second order"],
)
def test_graphs_with_gates(graph: g.NeuronGraph, gradient: str, fused: Backend) -> None:
    agree(evolve(graph, gradient=gradient), 3, 35, fused)
    agree(evolve(graph, gradient=gradient), 2, 3, fused, np.float32, capacity=7)


@CALM
@given(
    graph=graphs(),
    gradient=st.sampled_from(["truncated", "bptt"]),
    steps=st.integers(1, 4),
    n=st.integers(1, 3),
)
def test_any_graph(fused: Backend, graph: g.NeuronGraph, gradient: str, steps: int, n: int) -> None:
    agree(evolve(graph, gradient=gradient), steps, n, fused)


def test_whole_trainings(fused: Backend) -> None:
    rng = np.random.default_rng(3)
    x, t = rng.integers(0, 2, (7, 5, 3)).astype(float), rng.integers(0, 2, (7, 5, 2)).astype(float)
    data = sx.training_set(x, t, batch=3, shuffle="epoch", targets="values", dtype="float64")
    net = g.graph_net(g.lstm(3, 2, 2), sx.training("adam"), dtype="float64").value

    found, again, expected = (trained(net, data, one, 10) for one in (fused, fused, Here()))

    np.testing.assert_allclose(found.params.flat, expected.params.flat, rtol=1e-10, atol=1e-10)
    np.testing.assert_array_equal(found.params.flat, again.params.flat)


def test_without_kernels_it_is_array_functions() -> None:
    graph = g.lstm(2, 2, 1)

    for one, other in zip(
        passed(graph, 3, 4, StrictBackend(), np.float64), passed(graph, 3, 4, HERE, np.float64), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
def test_they_compile_for_gpus(architecture: str) -> None:
    nvrtc = Nvrtc.found()
    if nvrtc is None:
        pytest.skip("there is no NVRTC; pip install nvidia-cuda-nvrtc-cu12")
    with pytest.raises(Failed):
        nvrtc.ptx("no kernel", architecture)
    for real in ("float", "double") if architecture == "sm_90" else ("float",):
        ptx = nvrtc.ptx(f"typedef {real} real;\n{Walks.source}", architecture, Walks.options)

        assert all(f".entry {name}(" in ptx for name in ("forward", "truncated", "through_time"))
        assert real == "double" or ".f64" not in ptx
