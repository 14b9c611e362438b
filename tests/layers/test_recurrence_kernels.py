"""Sequences in one call of machine code: the numbers of the reference, whatever the options."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx import fast
from synapse_rx.layers import GRU, LSTM, RNN
from synapse_rx.layers.recurrence import Level, WholeStrand
from tests.contracts.layer import Chain
from tests.scratches import peak_allocation

pytestmark = pytest.mark.skipif(fast.why_not() is not None, reason=f"{fast.why_not()}")

SHAPE, N = (6, 5), 3
LENGTHS = np.array([[6.0], [2.0], [0.0]])
OPTIONS: list[dict[str, Any]] = [
    {},
    {"returns": "sequence", "truncate": 4},
    {"returns": "sequence", "bidirectional": True, "layers": 2},
    {"bidirectional": True},
    {"carry": True, "truncate": 2},
]

each_kind = pytest.mark.parametrize("kind", [LSTM, GRU, RNN, lambda *a, **k: RNN(*a, activation="relu", **k)])


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bool], None]]:
    """Return what switches kernels on and off."""

    def to(on: bool) -> None:
        monkeypatch.setenv("SYNAPSE_RX_FAST", "1" if on else "0")
        fast.forget()

    yield to
    monkeypatch.undo()
    fast.forget()


def passes(layer: Any, shape: Any = SHAPE, dtype: Any = np.float32, n: int = N) -> list[Any]:
    """Return outputs and gradients of two passes, the second of which goes on with what the first carried."""
    chain, rng = Chain(layer, shape, n, dtype=dtype), np.random.default_rng(5)
    chain.theta[:] = rng.normal(scale=layer.units**-0.5 / 2, size=chain.theta.size)
    found: list[Any] = []
    for _ in range(2):
        several = isinstance(shape[0], tuple)
        x = rng.normal(size=(n, *(shape[0] if several else shape))).astype(dtype)
        y = chain.forward((x, LENGTHS.astype(dtype)) if several else x)
        dx = chain.backward(rng.normal(size=y.shape).astype(dtype))
        found += [y.copy(), (dx[0] if several else dx).copy(), chain.grad.copy()]
    return found


def whole(chain: Chain, x: Any) -> bool:
    """Return whether all strands of the layer of a chain are of machine code."""
    seen: list[bool] = []
    forward = Level.forward

    def look(self: Level, *arguments: Any) -> None:
        seen.extend(isinstance(strand, WholeStrand) for strand in self.strands)
        forward(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Level, "forward", look)
        chain.forward(x)
    return all(seen)


@each_kind
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("units", [1, 7, 64])
def test_numbers_are_those_of_the_reference(
    kind: Any, options: Any, units: int, switch: Callable[[bool], None]
) -> None:
    ours = passes(kind(units, **options))
    switch(False)

    for one, exact in zip(ours, passes(kind(units, **options), dtype=np.float64), strict=True):
        np.testing.assert_allclose(one, exact, rtol=1e-5, atol=1e-5 * max(1e-30, np.abs(exact).max()))


@each_kind
@pytest.mark.parametrize("options", OPTIONS[:4])
def test_ends_of_sequences_are_those_of_the_reference(
    kind: Any, options: Any, switch: Callable[[bool], None]
) -> None:
    ours = passes(kind(7, **options), (SHAPE, (1,)))
    switch(False)

    for one, exact in zip(ours, passes(kind(7, **options), (SHAPE, (1,)), np.float64), strict=True):
        np.testing.assert_allclose(one, exact, rtol=1e-5, atol=1e-5 * np.abs(exact).max())


@each_kind
def test_sequences_of_one_step_have_no_gradient_of_the_state(
    kind: Any, switch: Callable[[bool], None]
) -> None:
    ours = passes(kind(4), (1, 3))
    switch(False)

    for one, exact in zip(ours, passes(kind(4), (1, 3), np.float64), strict=True):
        np.testing.assert_allclose(one, exact, rtol=1e-5, atol=1e-6)


@each_kind
@pytest.mark.parametrize("n", [3, 23])
def test_threads_share_a_batch(kind: Any, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = passes(kind(20, returns="sequence"), n=n)
    monkeypatch.setattr("synapse_rx.crew.threads", lambda: 2)
    monkeypatch.setattr("synapse_rx.layers.recurrence.whole.WORTH", 1)

    for one, other in zip(passes(kind(20, returns="sequence"), n=n), alone, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5 * np.abs(other).max())


def test_samples_need_not_lie_in_one_piece() -> None:
    chain, x = Chain(GRU(4), SHAPE, N, dtype=np.float32), np.ones((N, *SHAPE), np.float32)
    wanted = chain.forward(x).copy()

    for other in (np.ones((N, 7, 9), np.float32)[:, :6, :5], np.ones((N, 6, 10), np.float32)[:, :, ::2]):
        np.testing.assert_array_equal(chain.forward(other), wanted)


@each_kind
def test_what_is_no_number_is_not_hidden(kind: Any) -> None:
    chain = Chain(kind(4), SHAPE, N, dtype=np.float32)
    x = np.ones((N, *SHAPE), np.float32)
    x[1, 2, 3] = np.nan

    y = chain.forward(x)

    assert np.isnan(y[1]).all()
    assert np.isfinite(y[[0, 2]]).all()


def test_far_out_gates_are_wide_open_or_shut() -> None:
    chain = Chain(LSTM(1), (1, 1), 2, dtype=np.float32)
    chain.theta[:] = 1

    y = chain.forward(np.array([[[1e30]], [[-1e30]]], np.float32))

    np.testing.assert_allclose(y, [[np.tanh(1.0)], [0]], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "layer", [LSTM(2, peepholes=True), GRU(2, reset="before"), RNN(2, activation="sigmoid")]
)
def test_rare_options_go_step_by_step(layer: Any) -> None:
    assert not whole(Chain(layer, SHAPE, N, dtype=np.float32), np.ones((N, *SHAPE), np.float32))


def test_float64_goes_step_by_step() -> None:
    assert not whole(Chain(LSTM(2), SHAPE, N), np.ones((N, *SHAPE)))


@each_kind
def test_nobody_who_only_asks_waits_for_the_compiler_on_the_thread_of_an_event_loop(kind: Any) -> None:
    async def ask() -> bool:
        chain = Chain(kind(2), SHAPE, N, dtype=np.float32, training=False)
        return whole(chain, np.ones((N, *SHAPE), np.float32))

    assert not asyncio.run(ask())
    assert whole(Chain(kind(2), SHAPE, N, dtype=np.float32), np.ones((N, *SHAPE), np.float32))


@each_kind
def test_a_step_allocates_nothing_that_grows(kind: Any) -> None:
    chain = Chain(kind(32, returns="sequence"), (20, 8), 64, dtype=np.float32)
    x, dy = np.ones((64, 20, 8), np.float32), np.ones((64, 20, 32), np.float32)

    assert peak_allocation(lambda: (chain.forward(x), chain.backward(dy))) < 30_000


def test_a_network_learns_the_same_with_and_without(switch: Callable[[bool], None]) -> None:
    rng = np.random.default_rng(0)
    x, labels = rng.random((40, 5, 4), np.float32), rng.integers(0, 3, 40)

    async def losses(on: bool) -> Any:
        switch(on)
        net = sx.neural_net([sx.Input((5, 4)), sx.GRU(6), sx.Dense(3, "softmax")], sx.training("adam"))
        await sx.train(net, sx.training_set(x, labels, batch=8, shuffle=False), 3)
        return net.value.training.stats.loss

    np.testing.assert_allclose(asyncio.run(losses(True)), asyncio.run(losses(False)), rtol=1e-4)


@pytest.mark.parametrize("units", [1, 19, 33])
def test_no_tile_has_states_and_inputs_that_add_to_different_gates(
    units: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synapse_rx.layers.recurrence.whole.machine", lambda: (16, 32))  # ARM's
    seen: list[Any] = []
    monkeypatch.setattr(Level, "forward", lambda self, *arguments: seen.extend(self.strands))

    Chain(GRU(units), SHAPE, N, dtype=np.float32).forward(np.ones((N, *SHAPE), np.float32))

    (strand,) = seen
    _, tile, _ = strand._tiles
    assert strand.sizes.padded >= units
    assert strand.sizes.padded % len(tile[1]) == 0
    assert strand.sizes.columns % len(tile[1]) == 0
