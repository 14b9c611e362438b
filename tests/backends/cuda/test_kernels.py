"""Kernels of devices compute what array functions compute."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.backends import Backend, NumpyBackend
from synapse_rx.backends.counter import CounterGenerator
from synapse_rx.backends.cuda import FUSED, Fused, Gather, Kernels, add_rows
from synapse_rx.data import DataSet, Normalization
from synapse_rx.layers.pooling.max_pool import MaxPool
from synapse_rx.network.feeds.feed import Feed
from synapse_rx.network.program import Program
from tests.backends.cuda.loops import LOOPS
from tests.backends.test_layers import _passed
from tests.contracts.layer import N, samples
from tests.layers.examples import EXAMPLES
from tests.strict import StrictArray
from tests.strict.array import LeakError
from tests.strict.cuda import EmulatedKernel
from tests.strict.module import xp

HERE = NumpyBackend()
POOLINGS = [(layer, shape) for layer, shape in EXAMPLES if isinstance(layer, MaxPool)]
REALS = (np.float32, np.float64)


@pytest.fixture
def backwards() -> Iterator[None]:
    """
    The last thread of the last block goes first.
    """
    EmulatedKernel.backwards = True
    yield
    EmulatedKernel.backwards = False


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("kind", FUSED, ids=lambda kind: kind.__name__)
def test_each_agrees_with_its_reference(fused: Backend, kind: type[Fused], dtype: Any) -> None:
    assert fused.kernels is not None
    assert fused.kernels.get(kind, dtype) is not None


@pytest.mark.parametrize("kind", FUSED, ids=lambda kind: kind.__name__)
def test_it_makes_no_difference_which_thread_goes_first(
    emulated: None, backwards: None, kind: type[Fused]
) -> None:
    assert Kernels(xp).get(kind, np.float32) is not None


@pytest.mark.parametrize("dtype", REALS)
def test_loops_of_algorithms_agree_with_themselves_in_python(fused: Backend, dtype: Any) -> None:
    assert fused.kernels is not None
    for loop in LOOPS:
        assert fused.kernels.elementwise(loop, dtype) is not None, loop.__name__


@pytest.mark.parametrize(("layer", "in_shape"), POOLINGS, ids=str)
def test_maxima_of_windows_of_all_kinds(layer: Any, in_shape: Any, fused: Backend) -> None:
    x = np.round(samples(in_shape, N, np.float32), 1)  # so that some are equal
    dy = samples(layer.out_shape(in_shape), N, np.float32, seed=2)

    found, expected = (_passed(layer, in_shape, x, dy, np.float32, True, one) for one in (fused, HERE))

    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("n", "largest"), [(4, 9999), (64, 9999), (700, 9999), (700, 0)], ids=str)
def test_rows_of_equal_numbers_are_added_in_one_order_by_the_kernel(
    n: int, largest: int, fused: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(add_rows, "LARGEST", largest)
    rng = np.random.default_rng(n)
    layer, x = sx.Embedding(5, 2), rng.integers(0, 5, (N, n // N)).astype(np.float32)
    dy = rng.standard_normal((*x.shape, 2)).astype(np.float32)

    one, again, expected = (
        _passed(layer, x.shape[1:], x, dy, np.float32, True, backend) for backend in (fused, fused, HERE)
    )

    for found, same, right in zip(one, again, expected, strict=True):
        np.testing.assert_array_equal(found, same)
        np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_networks_of_any_sizes(seed: int, fused: Backend) -> None:
    rng = np.random.default_rng(seed)
    n, units, outputs = (int(k) for k in rng.integers(1, (600, 70, 40)))
    activation = ["relu", "sigmoid", "tanh"][seed % 3]
    layers = [
        sx.Input((2, 4, 3)),
        sx.BatchNorm(),
        sx.Activation("relu" if seed % 2 else "tanh"),
        sx.Dropout(0.3),
        sx.Dense(units, activation, bias_initializer=sx.initializers.Uniform(-1, 1)),
        sx.Dense(3, activation),
        sx.Dense(outputs, "softmax"),
    ]
    net = sx.neural_net(layers, sx.training("backprop", seed=seed)).value
    x, t = rng.standard_normal((n, 2, 4, 3)), rng.random((n, outputs))

    (y, values, grad, kept), expected = (_learnt(net, x, t, one) for one in (fused, HERE))

    np.testing.assert_allclose(y, expected[0], rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(values, expected[1], rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(grad, expected[2], rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(kept, expected[3], rtol=2e-5, atol=1e-6)


def _learnt(net: Any, x: Any, t: Any, backend: Backend) -> list[Any]:
    """
    Return outputs, losses, gradients and what is kept, of one batch.
    """
    arch, send = net.arch, lambda array: backend.from_host(array, np.float32)
    theta, grad, kept = send(net.params.flat), send(np.zeros(net.params.flat.size)), send(net.kept.flat)
    values = send(np.zeros(len(x)))
    loss = sx.losses.CategoricalCrossEntropy(label_smoothing=0.1)
    program = Program(arch, backend, len(x), theta, grad, CounterGenerator(backend.xp, 3), kept=kept)
    y = program.learn(send(x), send(t), loss, values, 1 / len(x))
    return [backend.to_host(array) for array in (y, values, grad, kept)]


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("stored", ["uint8", "float32"])
@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("shuffled", [False, True])
def test_batches_are_gathered_as_by_array_functions(
    stored: str, dtype: Any, normalized: bool, shuffled: bool, fused: Backend
) -> None:
    rng = np.random.default_rng(2)
    x = rng.integers(0, 256, (11, 3, 5)).astype(stored)
    scale = 1 / 255 if stored == "uint8" else 1.0
    how = Normalization("standardize", *rng.random((2, 15)).astype("float32")) if normalized else None
    data = DataSet(x, rng.random((11, 2)).astype("float32"), scale=scale)
    here, there = (Feed(one, data, 4, (3, 5), np.dtype(dtype), how) for one in (HERE, fused))
    for feed in (here, there):
        feed.start(rng.permutation(11) if shuffled and feed is here else None)
    if shuffled:
        there.start(here._order)

    for index in range(here.n_batches):
        for found, expected in zip(there.get(index), here.get(index), strict=True):
            np.testing.assert_allclose(fused.to_host(found), expected, rtol=1e-6)
            assert found.dtype == dtype


class Wrong(Gather):
    """
    A kernel that does something else on this device than it should.
    """

    source = Gather.source.replace("order[place]", "order[row]")


def test_a_kernel_that_errs_on_this_device_is_left_out_and_told(
    emulated: None, caplog: pytest.LogCaptureFixture
) -> None:
    kernels = Kernels(xp)

    with caplog.at_level(logging.WARNING, "synapse_rx"):
        assert [kernels.get(Wrong, np.float32) for _ in range(2)] == [None, None]

    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("the kernel Wrong computes something else on this GPU")


SUMS = """
extern "C" __global__ void sums(const real* x, real* y, int waits) {
    __shared__ real room[64];
    room[threadIdx.x] = x[threadIdx.x];
    if (waits) __syncthreads();
    y[threadIdx.x] = room[63 - threadIdx.x];
}
extern "C" __global__ void leaves(real* y) {
    if (threadIdx.x) __syncthreads();
    y[threadIdx.x] = 1;
}
"""


class TestTheEmulation:
    """
    What it says is worth something: it refuses what a GPU would do wrong without a word.
    """

    def test_threads_that_do_not_wait_read_what_is_not_there_yet(self, emulated: None) -> None:
        x = xp.array(np.arange(64.0))
        found = []
        for waits in (0, 1):
            y = xp.zeros(64)
            Kernels(xp).function(SUMS, "sums", real=np.float64)((1,), (64,), (x, y, np.int32(waits)))
            found.append(np.array_equal(xp.asnumpy(y), np.arange(64.0)[::-1]))

        assert found == [False, True]

    @pytest.mark.parametrize(
        ("name", "grid", "block", "args", "why"),
        [
            ("leaves", (1,), (2,), (np.zeros(2),), "wait for others that are over"),
            ("leaves", (1,), (2048,), (np.zeros(2048),), "more than a GPU takes"),
            ("leaves", (1, 70000), (1,), (np.zeros(1),), "more than a GPU takes"),
            ("leaves", (0,), (1,), (np.zeros(1),), "is launched with"),
            ("leaves", (1,), (1,), (), "takes 1 arguments, not 0"),
            ("leaves", (1,), (1,), (np.zeros(1, "f4"),), "takes an array of float64"),
            ("leaves", (1,), (1,), (np.zeros((2, 2)).T[:1],), "in one piece"),
            ("sums", (1,), (1,), (np.zeros(1), np.zeros(1), 1), "takes a number of int32, not 1"),
            ("sums", (1,), (1,), (np.zeros(1), None, np.int32(1)), "takes an array of the device"),
        ],
    )
    def test_what_does_not_fit_is_refused(
        self, name: str, grid: Any, block: Any, args: Any, why: str, emulated: None
    ) -> None:
        sent = tuple(StrictArray(one) if isinstance(one, np.ndarray) else one for one in args)

        with pytest.raises(LeakError, match=why):
            Kernels(xp).function(SUMS, name, real=np.float64)(grid, block, sent)
