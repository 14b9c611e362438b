"""Gradients of neuron graphs: by definition, in machine code and level by level."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from synapse_rx import fast
from synapse_rx import graph as g
from tests.graph.graphs import chain, differences, graphs, passed

CALM = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def drawn(graph: g.NeuronGraph, steps: int, n: int = 2, seed: int = 1) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, steps, graph.features)), rng.standard_normal((n, steps, graph.width))


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call to go on without machine code."""

    def go() -> None:
        monkeypatch.setenv("SYNAPSE_RX_FAST", "0")
        fast.forget()

    yield go
    monkeypatch.undo()
    fast.forget()


@pytest.mark.parametrize("steps", [1, 2, 3, 6, 20])
def test_the_truncated_rule_is_exact_for_one_layer_of_blocks_without_peepholes(steps: int) -> None:
    graph = g.lstm(2, 2, 2, peepholes=None, activation="tanh")
    x, dy = drawn(graph, steps)
    made = chain(graph, steps)

    np.testing.assert_allclose(passed(made, x, dy)[1], differences(made, x, dy), atol=1e-6)


def test_the_truncated_rule_is_exact_without_recurrence() -> None:
    graph = g.second_order(3, 4, 2)
    x, dy = drawn(graph, 5)
    made = chain(graph, 5)

    np.testing.assert_allclose(passed(made, x, dy)[1], differences(made, x, dy), atol=1e-6)


def test_with_peepholes_the_truncated_rule_is_exact_for_what_leads_out_alone() -> None:
    graph = g.lstm(2, 2, 2)
    x, dy = drawn(graph, 6)
    made = chain(graph, 6)

    given, true = passed(made, x, dy)[1], differences(made, x, dy)
    views = made.memory.layout.views(given, (0,)), made.memory.layout.views(true, (0,))
    for name in ("cells_to_output", "input_to_output", "output_bias"):
        np.testing.assert_allclose(views[0][name], views[1][name], atol=1e-6)
    assert np.abs(given - true).max() > 1e-4


@pytest.mark.parametrize(
    "graph",
    [
        g.lstm(
            2, 2, 2, 1, gradient="bptt", hidden_to_hidden=True, output_to_hidden=True, output_to_gates=True
        ),
        g.narx(2, 3, 1, input_delay=2, output_delay=2, gradient="bptt"),
        g.gated_recurrent(2, 3, 2),
        g.liquid(2, 5, 1, 8, 4, seed=3, gradient="bptt"),
        g.lstm(2, 3, 1, gradient="bptt", returns="last"),
    ],
    ids=["lstm", "narx", "gru", "liquid", "last"],
)
def test_back_propagation_through_time_is_exact_for_every_graph(graph: g.NeuronGraph) -> None:
    x, dy = drawn(graph, 7)
    made = chain(graph, 7)
    dy = dy[:, -1] if graph.returns == "last" else dy

    _, grad, dx = passed(made, x, dy)
    np.testing.assert_allclose(grad, differences(made, x, dy), atol=1e-6)
    h = 1e-5
    for place in [(0, 0, 0), (1, 3, 1), (0, 6, 0)]:
        x[place] += h
        above = (made.forward(x) * dy).sum()
        x[place] -= 2 * h
        below = (made.forward(x) * dy).sum()
        x[place] += h
        assert abs((above - below) / (2 * h) - dx[place]) < 1e-6


@CALM
@given(graph=graphs(), steps=st.integers(1, 6), seed=st.integers(0, 99))
def test_back_propagation_through_time_is_exact_for_any_smooth_graph(
    graph: g.NeuronGraph, steps: int, seed: int
) -> None:
    x, dy = drawn(graph, steps, seed=seed)
    made = chain(graph, steps, seed=seed)

    found = passed(made, x, dy)
    assert all(np.isfinite(one).all() for one in found)
    np.testing.assert_allclose(found[1], differences(made, x, dy), atol=1e-5, rtol=1e-4)


@CALM
@given(
    graph=st.sampled_from(("truncated", "bptt")).flatmap(lambda kind: graphs(kind, bounded=False)),
    steps=st.integers(1, 6),
    seed=st.integers(0, 99),
)
def test_machine_code_and_levels_give_the_same(graph: g.NeuronGraph, steps: int, seed: int) -> None:
    x, dy = drawn(graph, steps, seed=seed)
    quick = passed(chain(graph, steps, seed=seed), x, dy)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNAPSE_RX_FAST", "0")
        fast.forget()
        plain = passed(chain(graph, steps, seed=seed), x, dy)
    fast.forget()

    # Neurons without bounds that gate each other may leave what numbers there are.
    assume(all(np.abs(one).max(initial=0) < 1e9 for one in plain))
    for one, other in zip(quick, plain, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9, rtol=1e-9)


def test_large_batches_in_slices_give_the_same(slow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = g.lstm(2, 3, 2)
    x, dy = drawn(graph, 4, n=5)
    slow()
    whole = passed(chain(graph, 4, 5), x, dy)
    monkeypatch.setattr("synapse_rx.graph.reference.LARGEST", 100)
    parts = passed(chain(graph, 4, 5), x, dy)

    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_a_gradient_ignores_what_a_forget_gate_does_at_the_first_step() -> None:
    graph = g.lstm(2, 2, 1, peepholes=None)
    x, dy = drawn(graph, 1)
    made = chain(graph, 1)

    grad = made.memory.layout.views(passed(made, x, dy)[1], (0,))
    assert not grad["forget_gate_bias"].any()
    assert grad["input_gate_bias"].all()
