"""The compiled product of a synapse's factors: the numbers of the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx import fast
from synapse_rx.backends.numpy import NumpyBackend
from synapse_rx.layers.synapses import synapse_product
from synapse_rx.layers.synapses.synapse_product import log_product, log_product_gradients
from synapse_rx.scratch import Buffers, Scratch
from tests.contracts.layer import Chain
from tests.scratches import peak_allocation

pytestmark = pytest.mark.skipif(fast.why_not() is not None, reason=f"{fast.why_not()}")

MARGIN = 1e-6


def memory(n: int, dtype: Any = np.float32) -> Scratch:
    """Return memory for batches of n samples."""
    backend = NumpyBackend()
    return Scratch(backend, Buffers(backend, n, np.dtype(dtype)), n)


def both(x: Any, w: Any, dl: Any, dtype: Any) -> list[Any]:
    """Return logarithms of products and their gradients by inputs and weights."""
    x, w, dl = (np.array(each, dtype) for each in (x, w, dl))
    found = [np.empty_like(dl), np.empty_like(x), np.empty_like(w)]
    s = memory(len(x), dtype)
    log_product(x, w, found[0], MARGIN, s)
    log_product_gradients(x, w, dl, found[1], found[2], MARGIN, s)
    return found


@pytest.mark.parametrize(("n", "inputs", "outputs"), [(1, 1, 1), (3, 8, 17), (5, 37, 9), (4, 100, 1)])
def test_products_and_gradients_are_those_of_the_reference(n: int, inputs: int, outputs: int) -> None:
    rng = np.random.default_rng(1)
    x, w, dl = rng.normal(size=(n, inputs)), rng.random((inputs, outputs)), rng.normal(size=(n, outputs))
    x = x.astype(np.float32).clip(-9, 0.9)
    w = w.astype(np.float32)

    for ours, exact in zip(both(x, w, dl, np.float32), both(x, w, dl, np.float64), strict=True):
        np.testing.assert_allclose(ours, exact, rtol=1e-5, atol=1e-5 * np.abs(exact).max())


def test_samples_that_do_not_fit_into_the_working_memory_are_taken_in_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(2)
    x, w, dl = rng.random((7, 11)), rng.random((11, 5)), rng.normal(size=(7, 5))
    whole = both(x, w, dl, np.float32)
    monkeypatch.setattr(synapse_product, "PRODUCTS", 10)

    for part, expected in zip(both(x, w, dl, np.float32), whole, strict=True):
        np.testing.assert_array_equal(part, expected)


def test_thousands_of_factors_neither_underflow_nor_overflow() -> None:
    x = np.array([[0.5], [-3e30]], np.float32).repeat(3000, axis=1)

    logs = both(x, np.full((3000, 2), 0.9), np.ones((2, 2)), np.float32)[0]

    np.testing.assert_allclose(logs[0], 3000 * np.log1p(-0.45), rtol=1e-6)
    np.testing.assert_allclose(logs[1], 3000 * np.log(2.7e30), rtol=1e-6)


def test_factors_below_the_margin_count_as_much_and_do_not_move() -> None:
    logs, dx, dw = both([[2.0, 0.5]], [[0.75], [0.5]], [[1.0]], np.float32)

    np.testing.assert_allclose(logs, [[np.log(MARGIN) + np.log(0.75)]], rtol=1e-6)
    np.testing.assert_allclose(dx, [[0, -0.5 / 0.75]], rtol=1e-6)
    np.testing.assert_allclose(dw, [[0], [-0.5 / 0.75]], rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
def test_what_is_no_number_is_not_hidden(bad: float) -> None:
    x = np.full((2, 9), 0.5)
    x[1, 3] = bad

    logs, _, _ = both(x, np.full((9, 3), 0.5), np.ones((2, 3)), np.float32)

    assert np.isfinite(logs[0]).all()
    assert not np.isfinite(logs[1]).any()


def test_values_that_may_not_be_written_to_are_read_all_the_same() -> None:
    chain = Chain(sx.Synapse(), (6,), 4, dtype=np.float32)
    x = np.random.default_rng(3).random((4, 6), np.float32)
    y = chain.forward(x).copy()
    x.flags.writeable = False

    np.testing.assert_array_equal(chain.forward(x), y)


def test_a_step_allocates_nothing() -> None:
    chain = Chain(sx.Synapse(), (256,), 64, dtype=np.float32)
    x = np.random.default_rng(4).random((64, 256), np.float32)
    chain.forward(x)
    chain.backward(x)

    assert peak_allocation(lambda: (chain.forward(x), chain.backward(x))) < 20_000
