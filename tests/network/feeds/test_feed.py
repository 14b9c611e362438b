"""Batches: in which order, in which type, with how little copying."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.backends import NumpyBackend
from synapse_rx.data import DataSet
from synapse_rx.network.feeds.feed import Feed
from tests.scratches import growth

RNG = np.random.default_rng(0)
X = RNG.standard_normal((7, 4)).astype(np.float32)
Y = RNG.standard_normal((7, 2)).astype(np.float32)
BYTES = RNG.integers(0, 256, (7, 2, 2), dtype=np.uint8)


def feed(data: DataSet, batch: int = 3, in_shape: tuple[int, ...] = (4,), dtype: str = "float32") -> Feed:
    return Feed(NumpyBackend(), data, batch, in_shape, np.dtype(dtype))


def read(source: Feed) -> tuple[Any, Any]:
    """
    Return samples and targets of all batches, joined.
    """
    got = [tuple(part.copy() for part in source.get(k)) for k in range(source.n_batches)]
    return np.concatenate([x for x, _ in got]), np.concatenate([t for _, t in got])


@given(st.integers(1, 12), st.permutations(range(7)))
def test_an_epoch_hands_out_every_sample_once_in_the_order_given(batch: int, order: list[int]) -> None:
    source = feed(DataSet(X, Y), batch)
    source.start(np.array(order))

    x, t = read(source)

    np.testing.assert_array_equal(x, X[order])
    np.testing.assert_array_equal(t, Y[order])


@given(st.integers(1, 12))
def test_batches_are_full_but_the_last(batch: int) -> None:
    source = feed(DataSet(X, Y), batch)

    sizes = [len(source.get(k)[0]) for k in range(source.n_batches)]

    assert sizes == [stop - start for start, stop in map(source.span, range(source.n_batches))]
    assert sum(sizes) == 7
    assert all(size == min(batch, 7) for size in sizes[:-1])


def test_samples_stored_as_they_are_learnt_are_not_copied() -> None:
    data = DataSet(X, Y)

    x, t = feed(data).get(1)

    assert np.shares_memory(x, data.x)
    assert data.y is not None
    assert np.shares_memory(t, data.y)


def test_samples_take_the_shape_of_the_input() -> None:
    x, _ = feed(DataSet(X, Y), 3, (1, 2, 2)).get(0)

    np.testing.assert_array_equal(x, X[:3].reshape(3, 1, 2, 2))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("order", [None, [6, 5, 4, 3, 2, 1, 0]], ids=str)
@pytest.mark.parametrize(
    "data",
    [
        DataSet(X, Y),
        DataSet(X.astype(np.float64), Y.astype(np.float64)),
        DataSet(X, Y, scale=0.5),
        DataSet(X.astype(np.float64), Y, scale=0.5),
        DataSet(BYTES, Y),
        DataSet(BYTES, Y, scale=1 / 255),
    ],
    ids=repr,
)
def test_samples_of_every_type_are_scaled_and_converted(data: DataSet, order: Any, dtype: Any) -> None:
    source = feed(data, 3, (4,), dtype)
    source.start(None if order is None else np.array(order))

    x, t = read(source)

    rows = slice(None) if order is None else order
    assert x.dtype == t.dtype == dtype
    np.testing.assert_allclose(x, data.scaled(dtype)[rows].reshape(7, 4), rtol=1e-6)
    assert data.y is not None
    np.testing.assert_array_equal(t, data.y[rows].astype(dtype))


def test_samples_without_targets_have_none() -> None:
    source = feed(DataSet(X))
    source.start(np.arange(7))

    assert source.get(0)[1] is None


@pytest.mark.parametrize("data", [DataSet(X, Y), DataSet(BYTES, Y, scale=1 / 255)], ids=repr)
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_thousand_batches_hold_no_more_memory_than_one(data: DataSet, shuffled: bool) -> None:
    source = feed(data)
    source.start(np.arange(7) if shuffled else None)

    def batches(count: int) -> None:
        for k in range(count):
            source.get(k % 3)

    assert growth(lambda: batches(1000)) < 1000
