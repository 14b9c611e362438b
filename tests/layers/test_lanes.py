"""Compiled convolution, pooling and normalisation: the numbers of the reference, whatever the sizes and options."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx import crew, fast
from synapse_rx.layers.convolution import lanes
from tests.contracts.layer import Chain
from tests.nets import trained
from tests.scratches import peak_allocation

pytestmark = pytest.mark.skipif(fast.why_not() is not None, reason=f"{fast.why_not()}")

TOLERANCE = {np.float32: 1e-5, np.float64: 1e-12}
"""Of the largest number."""

IMAGES = (2, 9, 8)


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """
    Return what switches kernels on and off.
    """

    def to(on: bool) -> None:
        monkeypatch.setenv("SYNAPSE_RX_FAST", "1" if on else "0")
        fast.forget()

    yield to
    monkeypatch.undo()
    fast.forget()


def passes(layers: Any, in_shape: Any, n: int, dtype: Any) -> list[Any]:
    """
    Return outputs and gradients of one pass through ``layers``, which a last layer of no effect keeps together.
    """
    chain = Chain(sx.Chain([*layers, sx.Activation("linear")]), in_shape, n, dtype=dtype)
    rng = np.random.default_rng(5)
    x = rng.standard_normal((n, *in_shape)).astype(dtype)
    y = chain.forward(x).copy()
    return [y, chain.backward(rng.standard_normal(y.shape).astype(dtype)).copy(), chain.grad, chain.kept]


def assert_alike(found: list[Any], wanted: list[Any], tolerance: float) -> None:
    for one, other in zip(found, wanted, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * abs(other).max(initial=0))


@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("layers", "in_shape", "n"),
    [
        ([sx.Conv2D(4, 3)], IMAGES, 8),
        ([sx.Conv2D(3, (2, 3), activation="relu", bias=False)], IMAGES, 33),
        ([sx.Conv2D(5, 3, activation="relu", padding=(1, (2, 0))), sx.MaxPool2D(2)], IMAGES, 19),
        ([sx.Conv2D(2, 2, padding="same"), sx.MaxPool2D((3, 2))], IMAGES, 16),
        ([sx.Conv2D(4, 3, dilation=(2, 1), groups=2, activation="relu")], IMAGES, 21),
        ([sx.Conv2D(3, 3, stride=2, padding=1, activation="relu")], IMAGES, 17),
        ([sx.Conv2D(3, 1), sx.Conv2D(4, 1, stride=(1, 2))], IMAGES, 9),
        ([sx.Conv2D(4, 3, activation="relu"), sx.MaxPool2D(2, 1)], IMAGES, 9),
        ([sx.Conv2D(1, 9, padding=4), sx.MaxPool2D(2, ceil=True)], IMAGES, 9),
        ([sx.Conv1D(3, 4, activation="relu"), sx.MaxPool1D(3)], (2, 20), 18),
        ([sx.Conv1D(1, 2, activation="relu"), sx.MaxPool1D(300)], (1, 700), 8),
        ([sx.Conv2D(3, 2, activation="relu"), sx.Conv2D(2, 2, activation="tanh")], IMAGES, 8),
        ([sx.BatchNorm()], IMAGES, 9),
        ([sx.Conv2D(3, 2), sx.BatchNorm(epsilon=0.1), sx.Activation("relu"), sx.MaxPool2D(2)], IMAGES, 33),
        ([sx.MaxPool2D(2)], IMAGES, 9),
        ([sx.MaxPool2D((2, 3), 2, padding=1)], IMAGES, 33),
        ([sx.MaxPool2D(3, (1, 2), padding="same")], IMAGES, 8),
        ([sx.MaxPool1D(4, 3, ceil=True), sx.MaxPool1D(1, 2)], (2, 20), 13),
    ],
    ids=str,
)
def test_they_give_what_the_reference_gives(
    layers: Any, in_shape: Any, n: int, dtype: Any, switch: Any
) -> None:
    switch(False)
    wanted = passes(layers, in_shape, n, dtype)
    switch(True)

    assert_alike(passes(layers, in_shape, n, dtype), wanted, TOLERANCE[dtype])


@pytest.mark.parametrize(
    "layer", [sx.MaxPool2D(2), sx.MaxPool2D(3, 2, padding=1), sx.MaxPool2D(2, 1)], ids=str
)
def test_the_first_of_equal_inputs_takes_the_gradient(layer: Any, switch: Any) -> None:
    x = np.random.default_rng(1).integers(0, 3, (10, *IMAGES)).astype(np.float64)

    def dx() -> Any:
        chain = Chain(layer, IMAGES, 10)
        y = chain.forward(x)
        return chain.backward(np.arange(float(y.size)).reshape(y.shape)).copy()

    switch(False)
    wanted = dx()
    switch(True)

    np.testing.assert_array_equal(dx(), wanted)


@pytest.mark.usefixtures("small_tiles")
def test_threads_share_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [sx.Conv2D(5, 3, activation="relu"), sx.MaxPool2D(2)]
    wanted = passes(layers, IMAGES, 50, np.float32)
    monkeypatch.setattr(crew, "threads", lambda: 3)

    found = passes(layers, IMAGES, 50, np.float32)

    assert_alike(found, wanted, 1e-6)
    for one, other in zip(found, passes(layers, IMAGES, 50, np.float32), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("small_tiles")
def test_what_is_no_number_stays_so() -> None:
    chain = Chain(sx.Chain([sx.Conv2D(4, 3, activation="relu"), sx.MaxPool2D(2), sx.Flatten()]), IMAGES, 8)
    x = np.ones((8, *IMAGES))
    x[3, 0, 1, 1] = np.nan

    y = chain.forward(x)

    assert np.isnan(y[3]).any()
    assert not np.isnan(np.delete(y, 3, axis=0)).any()


@pytest.mark.usefixtures("small_tiles")
def test_nothing_is_allocated_after_the_first_pass() -> None:
    layers = [sx.Conv2D(8, 3, activation="relu"), sx.MaxPool2D(2), sx.MaxPool2D(2, 1), sx.Flatten()]
    chain = Chain(sx.Chain(layers), (2, 20, 20), 200, dtype=np.float32)
    x, dy = np.ones((200, 2, 20, 20), np.float32), np.ones((200, 8 * 8 * 8), np.float32)

    assert peak_allocation(lambda: (chain.forward(x), chain.backward(dy))) < 20_000


@pytest.mark.usefixtures("small_tiles")
def test_who_asks_a_network_waits_for_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise AssertionError("kernels are asked for")

    monkeypatch.setattr(lanes, "Lanes", refuse)
    net = sx.neural_net([sx.Input(IMAGES), sx.Conv2D(3, 3, activation="relu"), sx.Dense(2)])
    x = np.ones((16, *IMAGES), np.float32)

    async def ask() -> Any:
        return sx.estimate(net, x)

    assert asyncio.run(ask()).shape == (16, 2)
    monkeypatch.setattr(fast, "is_loaded", lambda: False)
    assert sx.estimate(net, x).shape == (16, 2)


@pytest.mark.usefixtures("small_tiles")
def test_a_network_learns_the_same_with_them(switch: Any) -> None:
    rng = np.random.default_rng(0)
    data = sx.training_set(rng.random((60, *IMAGES)), rng.integers(0, 3, 60), batch=24, nvalid=20, seed=1)
    layers = [sx.Input(IMAGES), sx.Conv2D(4, 3, activation="relu"), sx.MaxPool2D(2), sx.Dense(3, "softmax")]
    net = sx.neural_net(layers, sx.training("adam")).value
    switch(False)
    wanted = trained(net, data, 2)
    switch(True)

    found = trained(net, data, 2)

    np.testing.assert_allclose(found.params.flat, wanted.params.flat, rtol=0, atol=1e-5)
    np.testing.assert_allclose(found.training.stats.loss, wanted.training.stats.loss, rtol=1e-5)
