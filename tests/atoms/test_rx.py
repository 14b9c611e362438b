import asyncio
import threading

import pytest
import reactivex as rx
from reactivex import operators as ops

from synapse_rx.atoms import atom
from synapse_rx.errors import OptionError, WatchError


def test_an_atom_is_an_observable():
    assert isinstance(atom(1), rx.Observable)
    assert isinstance(atom(1).select(str), rx.Observable)


def test_subscribing_delivers_the_current_value_then_every_later_one():
    values = []
    a = atom(1)
    a.subscribe(values.append)
    a.reset(2)
    a.reset(2)

    assert values == [1, 2, 2]


def test_nothing_is_delivered_after_dispose():
    values = []
    a = atom(1)
    subscription = a.subscribe(values.append)
    subscription.dispose()
    subscription.dispose()
    a.reset(2)

    assert values == [1]


def test_an_observer_may_dispose_of_itself_and_of_others_while_it_is_told():
    values, subscriptions = [], []
    a = atom(0)

    def on_next(value):
        values.append(value)
        if value == 1:
            for subscription in subscriptions:
                subscription.dispose()

    subscriptions.append(a.subscribe(on_next))
    subscriptions.append(a.subscribe(values.append))
    a.reset(1)
    a.reset(2)

    assert values == [0, 0, 1]


def test_what_is_queued_is_not_delivered_after_dispose():
    values = []
    a = atom(0)
    subscription = a.subscribe(values.append)

    @a.add_watch("k")
    def watch(key, cell, old, new):
        if new == 1:
            a.reset(2)
            subscription.dispose()

    a.reset(1)
    assert values == [0, 1]


def test_subscribing_inside_a_notification_delivers_in_order():
    values = []
    a = atom(0)

    @a.add_watch("k")
    def watch(key, cell, old, new):
        if new == 1:
            a.reset(2)
            a.subscribe(values.append)
            assert values == []
            a.reset(3)

    a.reset(1)
    assert values == [2, 3]


def test_a_reentrant_swap_reaches_every_observer_in_order():
    first, second = [], []
    a = atom(0)

    def on_next(value):
        first.append(value)
        if value == 1:
            a.reset(2)

    a.subscribe(on_next)
    a.subscribe(second.append)
    a.reset(1)

    assert first == second == [0, 1, 2]


def test_an_observer_that_raises_is_detached_and_reported_and_others_go_on():
    values = []
    a = atom(0)

    def bad(value):
        if value == 1:
            raise ValueError

    a.subscribe(bad)
    a.subscribe(values.append)
    with pytest.raises(WatchError, match="Rx observer") as caught:
        a.reset(1)
    a.reset(2)

    assert "detached" in caught.value.exceptions[0].__notes__[0]
    assert values == [0, 1, 2]


def test_an_observer_that_raises_at_the_first_value_raises_from_subscribe_and_leaves_nothing():
    a = atom(0)

    with pytest.raises(ZeroDivisionError):
        a.subscribe(lambda value: 1 / value)
    a.reset(1)

    assert not a._delivery.entries


def test_what_others_raise_while_one_subscribes_is_logged_and_does_not_spoil_the_subscription(caplog):
    values = []
    a = atom(0)

    @a.add_watch("bad")
    def bad(key, cell, old, new):
        raise ValueError

    def subscribe(value):
        if value == 0:
            a.reset(1)
        values.append(value)

    a.subscribe(subscribe)

    assert values == [0, 1]
    assert "raised: 'bad'" in caplog.text


def test_an_async_observer_is_refused():
    async def on_next(value):
        pass

    with pytest.raises(TypeError, match=r"stream\(\)"):
        atom(0).subscribe(on_next)
    with pytest.raises(TypeError, match=r"stream\(\)"):
        atom(0).observable().subscribe(on_next)


def test_an_observer_object_can_be_subscribed():
    subject = rx.subject.ReplaySubject()
    a = atom(0)
    a.subscribe(subject)
    a.reset(1)
    values = []
    subject.subscribe(values.append)

    assert values == [0, 1]


@pytest.mark.parametrize(
    ("operators", "expected"),
    [
        ([ops.map(lambda v: v * 10)], [0, 10, 20, 20, 30]),
        ([ops.filter(lambda v: v % 2)], [1, 3]),
        ([ops.scan(lambda total, v: total + v)], [0, 1, 3, 5, 8]),
        ([ops.pairwise()], [(0, 1), (1, 2), (2, 2), (2, 3)]),
        ([ops.buffer_with_count(2)], [[0, 1], [2, 2]]),
        ([ops.distinct_until_changed()], [0, 1, 2, 3]),
        ([ops.take(2)], [0, 1]),
        ([ops.skip(3), ops.start_with("s")], ["s", 2, 3]),
        ([ops.take_while(lambda v: v < 2)], [0, 1]),
        ([ops.flat_map(lambda v: rx.of(v, -v))], [0, 0, 1, -1, 2, -2, 2, -2, 3, -3]),
        ([ops.map(lambda v: rx.of(v)), ops.switch_latest()], [0, 1, 2, 2, 3]),
        ([ops.share()], [0, 1, 2, 2, 3]),
        ([ops.with_latest_from(atom("x"))], [(0, "x"), (1, "x"), (2, "x"), (2, "x"), (3, "x")]),
        ([ops.catch(rx.of("caught"))], [0, 1, 2, 2, 3]),
        ([ops.map(lambda v: 6 // (v - 2)), ops.catch(rx.of("caught"))], [-3, -6, "caught"]),
    ],
)
def test_operators_work(operators, expected):
    values = []
    a = atom(0)
    subscription = a.pipe(*operators).subscribe(values.append)
    for value in (1, 2, 2, 3):
        a.reset(value)
    subscription.dispose()
    a.reset(4)

    assert values == expected
    assert not a._delivery.entries


def test_two_atoms_combine():
    values = []
    a, b = atom(1), atom(10)
    rx.combine_latest(a, b).subscribe(values.append)
    a.reset(2)
    b.reset(20)

    assert values == [(1, 10), (2, 10), (2, 20)]


def test_two_atoms_that_write_to_each_other_from_two_threads_do_not_deadlock(together):
    a, b = atom(0), atom(0)
    a.pipe(ops.distinct_until_changed()).subscribe(lambda v: b.swap(max, v))
    b.pipe(ops.distinct_until_changed()).subscribe(lambda v: a.swap(max, v))

    together(*[lambda c=c: [c.swap(lambda v: v + 1) for _ in range(300)] for c in (a, b)])

    assert a.value == b.value


def test_a_chain_of_operators_reports_a_raising_operator_on_its_on_error():
    errors = []
    a = atom(0)
    a.pipe(ops.map(lambda v: 1 // (v - 1))).subscribe(on_error=errors.append)
    a.reset(1)

    assert isinstance(errors[0], ZeroDivisionError)
    assert not a._delivery.entries


def test_a_value_taken_by_another_thread_is_the_first_one_delivered(together):
    values, seen = [], threading.Event()
    a = atom(0)

    @a.add_watch("slow")
    def slow(key, cell, old, new):
        if new == 1:
            threading.Thread(target=subscribe, daemon=True).start()
            assert seen.wait(60)

    def subscribe():
        a.subscribe(values.append)  # returns at once: the swapping thread delivers
        seen.set()

    a.reset(1)
    a.reset(2)
    assert values == [1, 2]


@pytest.mark.asyncio
async def test_loop_delivery_calls_the_observer_on_the_loop(together):
    a = atom(0)
    done = asyncio.Event()
    calls = []

    def on_next(value):
        calls.append((value, threading.get_ident(), asyncio.get_running_loop()))
        if value == 3:
            done.set()

    subscription = a.observable().subscribe(on_next)
    assert calls == []
    await asyncio.to_thread(lambda: [a.reset(n) for n in (1, 2, 3)])
    await asyncio.wait_for(done.wait(), 60)
    subscription.dispose()

    assert {call[1:] for call in calls} == {(threading.get_ident(), asyncio.get_running_loop())}
    assert not a._delivery.entries


@pytest.mark.asyncio
async def test_loop_delivery_conflates_what_a_busy_loop_could_not_take():
    a = atom(0)
    values, done = [], asyncio.Event()

    def on_next(value):
        values.append(value)
        if value == 100:
            done.set()

    a.observable(asyncio.get_running_loop(), buffer=2, overflow="drop_oldest").subscribe(on_next)
    for n in range(1, 101):
        a.reset(n)
    await asyncio.wait_for(done.wait(), 60)

    assert values == [99, 100]


@pytest.mark.asyncio
async def test_loop_delivery_with_block_loses_nothing(together):
    a = atom(0)
    values, done = [], asyncio.Event()

    def on_next(value):
        values.append(value)
        if value == 200:
            done.set()

    a.observable(overflow="block").subscribe(on_next)
    await asyncio.to_thread(lambda: [a.swap(lambda n: n + 1) for _ in range(200)])
    await asyncio.wait_for(done.wait(), 60)

    assert values == list(range(201))


@pytest.mark.asyncio
async def test_an_observer_that_raises_on_the_loop_is_detached_and_logged_once(caplog):
    a = atom(1)
    done = asyncio.Event()

    def on_next(value):
        asyncio.get_running_loop().call_soon(done.set)
        raise ValueError(value)

    a.observable().subscribe(on_next)
    await asyncio.wait_for(done.wait(), 60)
    a.reset(2)

    assert len(caplog.records) == 1
    assert caplog.records[0].name == "synapse_rx"
    assert not a._delivery.entries


def test_an_observer_whose_loop_is_closed_is_forgotten():
    a = atom(0)
    loop = asyncio.new_event_loop()
    a.observable(loop, overflow="block").subscribe(lambda value: None)
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    for n in range(5):
        a.reset(n)

    assert not a._delivery.entries


def test_loop_delivery_needs_a_loop_and_good_options():
    with pytest.raises(OptionError, match="loop="):
        atom(0).observable().subscribe(print)
    with pytest.raises(OptionError, match="buffer"):
        atom(0).observable(buffer=0)


@pytest.mark.asyncio
async def test_loop_delivery_stops_at_dispose():
    a = atom(0)
    values = []
    subscription = a.observable().subscribe(values.append)
    subscription.dispose()
    a.reset(1)
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert values == []
