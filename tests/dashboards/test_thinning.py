"""Long curves in few points: no peak is lost, the ends stay."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.dashboards.thinning import thinned

numbers = st.floats(width=32, allow_nan=True, allow_infinity=True)


def test_a_short_curve_is_sent_as_it_is() -> None:
    assert thinned(np.array([3.0, 1.0, 2.0]), 4) == ([5, 6, 7], [3.0, 1.0, 2.0])


def test_what_is_not_finite_is_none() -> None:
    assert thinned(np.array([np.nan, 1.0, np.inf])) == ([1, 2, 3], [None, 1.0, None])


def test_an_empty_curve_has_no_points() -> None:
    assert thinned(np.array([])) == ([], [])


def test_a_hundred_thousand_epochs_become_a_thousand_points_with_every_peak() -> None:
    curve = np.random.default_rng(3).standard_normal(100_000)
    curve[[17, 54_321]] = 50.0, -50.0

    epochs, values = thinned(curve)

    assert len(epochs) <= 1002
    assert (values[epochs.index(18)], values[epochs.index(54_322)]) == (50.0, -50.0)


@given(st.lists(numbers, min_size=1, max_size=300), st.integers(2, 40), st.integers(0, 5))
def test_points_are_of_the_curve_and_keep_ends_and_extremes(
    curve: list[float], most: int, first: int
) -> None:
    epochs, values = thinned(np.array(curve), first, most)

    assert epochs == sorted(set(epochs))
    assert (epochs[0], epochs[-1]) == (first + 1, first + len(curve))
    assert len(epochs) <= most + 3
    for epoch, value in zip(epochs, values, strict=True):
        whole = curve[epoch - first - 1]
        assert value == (whole if np.isfinite(whole) else None)
    finite = [value for value in curve if np.isfinite(value)]
    shown = [value for value in values if value is not None]
    assert not finite or (min(shown), max(shown)) == (min(finite), max(finite))
