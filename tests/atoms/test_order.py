"""The laws that hold however many threads swap."""

from itertools import pairwise

import pytest

from synapse_rx.atoms import atom
from synapse_rx.errors import WatchError

pytestmark = pytest.mark.usefixtures("restless")


def increment(n):
    return n + 1


def chain_breaks(events):
    return sum(earlier[1] is not later[0] for earlier, later in pairwise(events))


def test_no_update_is_lost_and_every_old_is_the_new_before(together):
    a = atom(0)
    early, late = [], []
    a.add_watch("early", lambda key, cell, old, new: early.append((old, new)))
    a.add_watch("late", lambda key, cell, old, new: late.append((old, new)))

    together(*[lambda: [a.swap(increment) for _ in range(10_000)] for _ in range(8)])

    assert a.value == 80_000
    assert early == late == [(i, i + 1) for i in range(80_000)]


def test_the_pairs_of_swap_vals_and_reset_vals_chain_exactly(together):
    a = atom(object())
    first, told, pairs = a.value, [], []
    a.add_watch("k", lambda key, cell, old, new: told.append((old, new)))

    def reset():
        pairs.extend([a.reset_vals(object()) for _ in range(2_000)])

    together(*[reset] * 8)

    assert told[0][0] is first
    assert told[-1][1] is a.value
    assert chain_breaks(told) == 0
    assert {(id(old), id(new)) for old, new in told} == {(id(old), id(new)) for old, new in pairs}


def test_watches_never_run_at_the_same_time(together):
    a = atom(0)
    inside, most = [], []

    @a.add_watch("k")
    def watch(key, cell, old, new):
        inside.append(new)
        most.append(len(inside))
        inside.pop()

    together(*[lambda: [a.swap(increment) for _ in range(2_000)] for _ in range(8)])

    assert len(most) == 16_000
    assert max(most) == 1


def test_swaps_inside_watches_keep_the_chain(together):
    a = atom(0)
    told = []

    @a.add_watch("again")
    def again(key, cell, old, new):
        if new % 3 == 0:
            a.swap(increment)

    a.add_watch("k", lambda key, cell, old, new: told.append((old, new)))
    together(*[lambda: [a.swap(increment) for _ in range(1_000)] for _ in range(4)])

    assert told == [(i, i + 1) for i in range(a.value)]


def test_compare_and_set_has_one_winner_per_value(together):
    a = atom(first := object())
    wins = []

    together(*[lambda: wins.append(a.compare_and_set(first, object())) for _ in range(8)])

    assert sum(wins) == 1


def test_watches_that_come_and_go_hear_an_unbroken_chain(together):
    a = atom(0)
    heard = []

    def swap():
        for _ in range(5_000):
            a.swap(increment)

    def come_and_go(key):
        for _ in range(200):
            events = []
            a.add_watch(key, lambda key, cell, old, new, events=events: events.append((old, new)))
            a.swap(increment)
            a.remove_watch(key)
            heard.append(events)

    together(swap, swap, lambda: come_and_go("x"), lambda: come_and_go("y"))

    assert a.value == 10_400
    assert not a.watches
    assert all(events and chain_breaks(events) == 0 for events in heard)


def test_rx_observers_get_every_version_once_in_order_one_at_a_time(together):
    a = atom(0)
    heard = []

    def subscribe():
        for _ in range(50):
            values, inside = [], []

            def on_next(value, values=values, inside=inside):
                inside.append(value)
                assert len(inside) == 1
                values.append(value)
                inside.pop()

            subscription = a.subscribe(on_next)
            a.swap(increment)
            subscription.dispose()
            heard.append(values)

    def swap():
        for _ in range(5_000):
            a.swap(increment)

    together(swap, swap, subscribe, subscribe)

    assert all(values == list(range(values[0], values[0] + len(values))) for values in heard if values)
    assert not a._delivery.entries


def test_a_validator_holds_under_many_threads(together):
    a = atom(0, lambda n: 0 <= n <= 50)

    def walk(step):
        for _ in range(3_000):
            try:
                a.swap(lambda n: n + step)
            except ValueError:
                pass

    seen = []
    a.add_watch("k", lambda key, cell, old, new: seen.append(new))
    together(*[lambda: walk(1), lambda: walk(-1)] * 3)

    assert all(0 <= n <= 50 for n in seen)


def test_every_failure_is_reported_to_exactly_one_swap(together):
    a = atom(0)
    reported = []

    @a.add_watch("bad")
    def bad(key, cell, old, new):
        raise ValueError(new)

    def swap():
        for _ in range(500):
            try:
                a.swap(increment)
            except WatchError as error:
                reported.extend(e.args[0] for e in error.exceptions)

    together(*[swap] * 4)

    assert sorted(reported) == list(range(1, 2_001))
