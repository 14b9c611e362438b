import asyncio
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from reactivex import operators as ops

from synapse_rx.atoms import Selected, atom
from synapse_rx.errors import WatchError


@pytest.fixture
def told():
    return []


@pytest.fixture
def tell(told):
    return lambda key, cell, old, new: told.append((old, new))


def test_a_selected_cell_is_a_function_of_its_parent():
    a = atom(3)
    parity = a.select(lambda v: v % 2)
    assert isinstance(parity, Selected)
    assert parity.value == parity.deref() == 1

    a.reset(4)
    assert parity.value == 0


def test_it_has_no_way_to_write():
    cell = atom(3).select(str)

    assert not hasattr(cell, "swap")
    with pytest.raises(AttributeError):
        cell.value = 3


def test_it_tells_only_of_changed_results(told, tell):
    a = atom(0)
    half = a.select(lambda v: v // 2)
    assert half.add_watch("k", tell) is half
    for n in range(1, 6):
        a.reset(n)

    assert told == [(0, 1), (1, 2)]


def test_its_watch_gets_the_selected_cell():
    a = atom(0)
    cells = []
    cell = a.select(str).add_watch("k", lambda key, cell, old, new: cells.append(cell))
    a.reset(1)

    assert cells == [cell]


def test_equal_results_keep_the_old_object_for_the_watch(told, tell):
    a = atom(0)
    a.select(lambda v: [v // 2]).add_watch("k", tell)
    for n in range(1, 5):
        a.reset(n)

    assert told == [([0], [1]), ([1], [2])]
    assert told[1][0] is told[0][1]


@pytest.mark.parametrize(
    ("results", "changes"),
    [
        ([np.zeros(2), np.zeros(2)], 1),
        ([np.zeros(1), np.zeros(1)], 1),
        ([np.zeros(0), np.zeros(0)], 1),
        ([(np.zeros(2), 1), (np.zeros(2), 1)], 1),
        ([np.float64(1), np.float64(1)], 0),
        ([float("nan"), float("nan")], 1),
        ([same := np.zeros(2), same], 0),
        ([1, 1.0], 0),
        ([None, 0], 1),
    ],
)
def test_results_without_a_single_answer_count_as_changed(results, changes, told, tell):
    a = atom(0)
    a.select(results.__getitem__).add_watch("k", tell)
    a.reset(1)

    assert len(told) == changes


def test_a_comparison_that_raises_counts_as_changed(told, tell):
    class Odd:
        def __eq__(self, other):
            raise RuntimeError

        __hash__ = None

    a = atom(0)
    a.select(lambda v: Odd()).add_watch("k", tell)
    a.reset(1)

    assert len(told) == 1


def test_the_function_is_called_once_per_version_however_many_listen(tell):
    a = atom(0)
    calls = Counter()
    cell = a.select(lambda v: calls.update([v]) or v)
    for key in range(5):
        cell.add_watch(key, tell)
    for n in (1, 2, 3):
        a.reset(n)
        assert cell.value == n

    assert calls == {0: 1, 1: 1, 2: 1, 3: 1}


def test_reading_twice_gives_the_same_object():
    cell = atom(0).select(lambda v: [v])

    assert cell.value is cell.value


def test_selecting_from_a_selection_tells_only_of_what_both_let_through(told, tell):
    a = atom(0)
    calls = []
    quarter = a.select(lambda v: v // 2).select(lambda v: calls.append(v) or v // 2)
    quarter.add_watch("k", tell)
    for n in range(1, 9):
        a.reset(n)

    assert told == [(0, 1), (1, 2)]
    assert calls == [0, 1, 2, 3, 4]


def test_watches_of_a_selection_and_of_its_parent_share_one_order():
    a = atom(0)
    order = []
    a.add_watch("a", lambda *event: order.append("a"))
    a.select(str).add_watch("b", lambda *event: order.append("b"))
    a.add_watch("c", lambda *event: order.append("c"))
    a.reset(1)

    assert order == ["a", "b", "c"]


def test_keys_of_a_selection_and_of_its_parent_do_not_clash(told, tell):
    a = atom(0)
    cell = a.select(str)
    a.add_watch("k", tell)
    cell.add_watch("k", tell)
    assert list(a.watches) == list(cell.watches) == ["k"]

    a.remove_watch("k")
    a.reset(1)
    assert told == [("0", "1")]


def test_a_function_that_raises_raises_when_read():
    a = atom(0)
    cell = a.select(lambda v: 1 // v)

    with pytest.raises(ZeroDivisionError):
        cell.value  # noqa: B018
    assert "ZeroDivisionError" in repr(cell)
    a.reset(1)
    assert cell.value == 1


def test_a_function_that_raises_is_reported_once_and_silences_nobody(told, tell):
    a = atom(2)
    a.select(lambda v: 1 // v).add_watch("x", tell).add_watch("y", tell)
    a.add_watch("k", tell)
    with pytest.raises(WatchError, match="'x', 'y'") as caught:
        a.reset(0)

    assert len(caught.value.exceptions) == 1
    assert told == [(2, 0)]


def test_after_a_failure_the_next_good_result_is_compared_with_the_last(told, tell):
    a = atom(1)
    a.select(lambda v: 6 // v).add_watch("k", tell)
    with pytest.raises(WatchError):
        a.reset(0)
    a.reset(1)
    assert told == []

    a.reset(2)
    assert told == [(6, 3)]


def test_a_function_that_fails_from_the_start_tells_its_first_result(told, tell):
    a = atom(0)
    a.select(lambda v: 6 // v).add_watch("k", tell)
    a.reset(2)

    assert told == [(None, 3)]


def test_an_async_function_is_refused():
    async def f(v):
        pass

    with pytest.raises(TypeError, match="async def"):
        atom(0).select(f)


def test_a_selection_is_an_observable(told):
    a = atom(0)
    subscription = a.select(lambda v: v // 2).pipe(ops.map(str)).subscribe(told.append)
    for n in range(1, 5):
        a.reset(n)
    subscription.dispose()

    assert told == ["0", "1", "2"]
    assert not a._delivery.entries


def test_subscribing_to_a_selection_that_fails_raises_and_leaves_nothing():
    a = atom(0)

    with pytest.raises(ZeroDivisionError):
        a.select(lambda v: 1 // v).subscribe(print)
    with pytest.raises(ZeroDivisionError):
        a.select(lambda v: 1 // v).stream()
    assert not a._delivery.entries


@pytest.mark.asyncio
async def test_a_selection_can_be_streamed():
    a = atom(0)
    values = []
    async for value in a.select(lambda v: v // 2):
        values.append(value)
        if value == 3:
            break
        a.swap(lambda v: v + 2)

    assert values == [0, 1, 2, 3]
    assert not a._delivery.entries


@pytest.mark.asyncio
async def test_a_blocking_stream_of_a_selection_loses_no_result():
    a = atom(0)
    stream = a.select(lambda v: v // 2).stream(overflow="block")
    writer = asyncio.ensure_future(asyncio.to_thread(lambda: [a.reset(n) for n in range(1, 41)]))
    values = [await asyncio.wait_for(anext(stream), 60) for _ in range(21)]
    await asyncio.wait_for(writer, 60)

    assert values == list(range(21))


def test_under_many_threads_a_selection_tells_an_unbroken_chain(together, restless, told, tell):
    a = atom(0)
    cell = a.select(lambda v: [v // 3])
    cell.add_watch("k", tell)

    def read():
        for _ in range(2_000):
            assert cell.value[0] <= a.value // 3

    together(*[lambda: [a.swap(lambda n: n + 1) for _ in range(2_000)] for _ in range(4)], read, read)

    assert [new for _, new in told] == [[n] for n in range(1, 8_000 // 3 + 1)]
    assert all(earlier[1] is later[0] for earlier, later in pairwise(told))


def test_the_repr_names_the_function_and_the_parent():
    assert repr(atom(1).select(str)) == "<Selected str of Atom: '1'>"
