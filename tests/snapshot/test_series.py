"""Histories: values that grow without copying, and never see each other where they branch."""

from __future__ import annotations

import copy
import pickle
from itertools import pairwise
from threading import Barrier, Thread
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule

from synapse_rx.snapshot import Series

floats = st.floats(width=64)
lists = st.lists(floats, max_size=20)


class Branches(RuleBasedStateMachine):
    """
    Any history may be appended to at any time; every one must go on reading as the list it stands for.
    """

    histories: Any = Bundle("histories")

    @rule(target=histories, values=lists)
    def start(self, values: list[float]) -> tuple[Series, list[float]]:
        return Series(values), values

    @rule(target=histories, history=histories, value=floats)
    def append(self, history: tuple[Series, list[float]], value: float) -> tuple[Series, list[float]]:
        series, values = history
        return series.append(value), [*values, value]

    @rule(target=histories, history=histories, more=lists)
    def extend(self, history: tuple[Series, list[float]], more: list[float]) -> tuple[Series, list[float]]:
        series, values = history
        longer = series.extend(more)
        assert longer.goes_on_from(series)
        assert np.array_equal(longer.since(len(values)), more, equal_nan=True)
        return longer, [*values, *more]

    @rule(one=histories, other=histories)
    def compare_beginnings(self, one: tuple[Series, list[float]], other: tuple[Series, list[float]]) -> None:
        begins = len(other[1]) <= len(one[1]) and other[0] == Series(one[1][: len(other[1])])
        assert one[0].goes_on_from(other[0]) == begins

    @rule(history=histories)
    def read(self, history: tuple[Series, list[float]]) -> None:
        series, values = history
        assert series.array.tobytes() == np.array(values, np.float64).tobytes()

    @rule(one=histories, other=histories)
    def compare(self, one: tuple[Series, list[float]], other: tuple[Series, list[float]]) -> None:
        same = np.array(one[1]).tobytes() == np.array(other[1]).tobytes()
        assert (one[0] == other[0]) is same
        assert not same or hash(one[0]) == hash(other[0])


Branches.TestCase.settings = settings(max_examples=30, stateful_step_count=30)
TestBranches = Branches.TestCase


@given(lists, lists)
def test_appending_leaves_what_was_there_alone(values: list[float], more: list[float]) -> None:
    before = series = Series(values)

    for value in more:
        series = series.append(value)

    np.testing.assert_array_equal(before, values)
    np.testing.assert_array_equal(series, values + more)


@given(lists.filter(bool), floats, floats)
def test_branches_do_not_see_each_other(values: list[float], one: float, other: float) -> None:
    series = Series(values)

    left, right = series.append(one), series.append(other)

    np.testing.assert_array_equal(left, [*values, one])
    np.testing.assert_array_equal(right, [*values, other])


def test_appending_a_thousand_times_copies_ten_times() -> None:
    versions = [Series()]
    for k in range(1000):
        versions.append(versions[-1].append(k))

    copies = sum(not np.shares_memory(a.array, b.array) for a, b in pairwise(versions[1:]))

    assert copies <= 10


def test_threads_that_append_to_one_history_do_not_disturb_each_other() -> None:
    base, start, ends = Series(range(5)), Barrier(4), {}

    def grow(name: int) -> None:
        series = base
        start.wait()
        for k in range(300):
            series = series.append(1000 * name + k)
        ends[name] = series

    threads = [Thread(target=grow, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for name, series in ends.items():
        np.testing.assert_array_equal(series, [*range(5), *range(1000 * name, 1000 * name + 300)])


def test_numpy_reads_it_without_a_copy() -> None:
    series = Series([1.0, 2.0]).append(3.0)

    assert np.shares_memory(np.asarray(series), series.array)
    assert np.asarray(series).dtype == np.float64
    assert np.mean(series) == 2.0


def test_numpy_gets_a_copy_where_it_asks_for_one() -> None:
    series = Series([1.0, 2.0])

    assert not np.shares_memory(np.array(series), series.array)
    assert np.asarray(series, dtype=np.float32).dtype == np.float32
    assert np.array(series).flags.writeable


def test_a_conversion_that_may_not_copy_is_refused() -> None:
    with pytest.raises(ValueError, match="must be copied"):
        Series([1.0]).__array__(np.float32, copy=False)


def test_nobody_can_write_into_it() -> None:
    series = Series([1.0, 2.0]).append(3.0)

    for array in (series.array, np.asarray(series), series[:2], series.array.base):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 5.0
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.setflags(write=True)


def test_what_it_was_made_from_may_change_afterwards() -> None:
    values = np.array([1.0, 2.0])
    series = Series(values)

    values[0] = 7.0

    assert list(series) == [1.0, 2.0]


def test_it_reads_like_a_sequence() -> None:
    series = Series([1, 2, 3])

    assert len(series) == 3
    assert series[-1] == 3.0
    assert type(series[0]) is float
    np.testing.assert_array_equal(series[1:], [2.0, 3.0])
    np.testing.assert_array_equal(series[series.array > 1], [2.0, 3.0])
    assert list(reversed(series)) == [3.0, 2.0, 1.0]
    assert 2.0 in series
    assert not Series()
    with pytest.raises(IndexError):
        series[3]


def test_histories_that_hold_nan_are_equal_and_hash_alike() -> None:
    one, other = Series([1.0, float("nan")]), Series([1.0]).append(float("nan"))

    assert one == other
    assert hash(one) == hash(other)


def test_it_is_unequal_to_anything_else() -> None:
    assert Series([1.0]) != [1.0]
    assert Series([1.0]) != Series([1.0, 1.0])


@pytest.mark.parametrize("values", [[], [1.5], [1.0, float("nan"), float("-inf")]], ids=str)
def test_copies_and_pickles_are_equal_and_read_only(values: list[float]) -> None:
    series = Series(values[:1])
    for value in values[1:]:
        series = series.append(value)

    for twin in (copy.copy(series), copy.deepcopy(series), pickle.loads(pickle.dumps(series))):
        assert twin == series
        assert hash(twin) == hash(series)
        assert not twin.array.flags.writeable
        assert twin.append(2.0) == series.append(2.0)


def test_a_pickle_holds_the_values_and_no_spare_memory() -> None:
    series = Series(range(1000)).append(1.0)

    assert len(pickle.dumps(series)) < 1001 * 8 + 300


def test_what_is_no_number_is_refused_and_harms_nothing() -> None:
    series = Series([1.0]).append(2.0)

    with pytest.raises(ValueError, match="could not convert"):
        series.append("three")  # type: ignore[arg-type]

    assert list(series.append(3.0)) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([], "<Series of 0>"),
        ([1, 2.5], "<Series of 2: 1 2.5>"),
        (range(5), "<Series of 5: ... 2 3 4>"),
    ],
    ids=str,
)
def test_it_shows_its_newest_values(values: Any, shown: str) -> None:
    assert repr(Series(values)) == shown
