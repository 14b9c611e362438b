import functools
import threading

import pytest

from synapse_rx.atoms import atom
from synapse_rx.errors import WatchError


@pytest.fixture
def told():
    return []


@pytest.fixture
def tell(told):
    return lambda *event: told.append(event)


def test_without_watches_nothing_is_told(told):
    atom(1).reset(2)

    assert told == []


def test_a_watch_is_called_with_key_atom_old_and_new(told, tell):
    a = atom(1)
    a.add_watch("k", tell)
    a.reset(2)

    assert told == [("k", a, 1, 2)]


def test_add_watch_and_remove_watch_give_the_atom_back(tell):
    a = atom(1)

    assert a.add_watch("k", tell) is a
    assert a.remove_watch("k") is a
    assert a.remove_watch("unknown") is a


def test_add_watch_is_also_a_decorator(told):
    a = atom(1)

    @a.add_watch("log")
    def log(key, cell, old, new):
        told.append((old, new))

    a.reset(2)
    assert told == [(1, 2)]
    assert a.watches == {"log": log}


def test_two_atoms_do_not_hear_each_other(told, tell):
    a, b = atom(1).add_watch("k", tell), atom(1).add_watch("k", tell)
    b.reset(2)

    assert told == [("k", b, 1, 2)]
    assert a.value == 1


def test_watches_are_told_in_the_order_they_were_added(told, tell):
    a = atom(0)
    for key in "qzar":
        a.add_watch(key, tell)
    a.reset(1)

    assert [key for key, *_ in told] == list("qzar")


def test_a_watch_under_a_key_in_use_takes_the_place_of_the_one_before(told, tell):
    a = atom(0).add_watch("a", tell).add_watch("b", tell)
    a.add_watch("a", lambda *event: told.append("new a"))
    a.reset(1)

    assert told == ["new a", ("b", a, 0, 1)]


def test_removing_one_watch_leaves_the_other_and_removing_the_last_leaves_silence(told, tell):
    a = atom(0).add_watch("a", tell).add_watch("b", tell)
    a.remove_watch("a").reset(1)
    a.remove_watch("b").reset(2)

    assert told == [("b", a, 0, 1)]


def test_watches_is_a_read_only_mapping(tell):
    a = atom(0).add_watch("a", tell)

    assert dict(a.watches) == {"a": tell}
    with pytest.raises(TypeError):
        a.watches["b"] = tell


def test_an_identical_value_is_told_too(told, tell):
    a = atom(0).add_watch("k", tell)
    a.swap(lambda v: v)

    assert told == [("k", a, 0, 0)]


def test_a_swap_inside_a_watch_is_told_after_the_round(told):
    a = atom(0)

    @a.add_watch("first")
    def first(key, cell, old, new):
        told.append((key, old, new))
        if new == 1:
            assert a.swap(lambda v: v + 1) == a.value == 2

    @a.add_watch("second")
    def second(key, cell, old, new):
        told.append((key, old, new))

    a.reset(1)
    assert told == [("first", 0, 1), ("second", 0, 1), ("first", 1, 2), ("second", 1, 2)]


def test_the_watches_of_a_round_are_those_of_the_commit(told, tell):
    a = atom(0)

    @a.add_watch("meddler")
    def meddler(key, cell, old, new):
        a.remove_watch("later").add_watch("fresh", tell)

    a.add_watch("later", tell)
    a.reset(1)
    a.reset(2)

    assert told == [("later", a, 0, 1), ("fresh", a, 1, 2)]


def test_a_watch_hears_exactly_the_changes_committed_while_it_was_registered(told, tell):
    a = atom(0)

    @a.add_watch("swapper")
    def swapper(key, cell, old, new):
        if new == 1:
            a.reset(2)
            a.add_watch("k", tell)
            a.reset(3)
            a.remove_watch("k")
            a.reset(4)

    a.reset(1)
    assert told == [("k", a, 2, 3)]


def test_a_raising_watch_silences_nobody_and_reaches_the_swap(told, tell):
    a = atom(0, meta={"name": "net"})
    mine = ValueError("mine")

    @a.add_watch("bad")
    def bad(key, cell, old, new):
        raise mine

    a.add_watch("good", tell)
    with pytest.raises(WatchError, match="watches of Atom 'net' raised: 'bad'") as caught:
        a.reset(1)

    assert caught.value.exceptions == (mine,)
    assert mine.__notes__ == ["raised by watch 'bad' of Atom 'net'"]
    assert a.value == 1
    assert told == [("good", a, 0, 1)]


def test_all_that_was_raised_in_all_rounds_comes_in_one_group():
    a = atom(0)

    @a.add_watch("one")
    def one(key, cell, old, new):
        if new == 1:
            a.reset(2)
        raise ValueError(new)

    @a.add_watch("two")
    def two(key, cell, old, new):
        raise KeyError(new)

    with pytest.raises(WatchError) as caught:
        a.reset(1)

    assert [(type(e), *e.args) for e in caught.value.exceptions] == [
        (ValueError, 1),
        (KeyError, 1),
        (ValueError, 2),
        (KeyError, 2),
    ]
    assert caught.value.split(KeyError)[0].message == caught.value.message


@pytest.mark.parametrize(
    "change", [lambda a: a.swap(lambda v: 1), lambda a: a.reset_vals(1), lambda a: a.compare_and_set(0, 1)]
)
def test_every_kind_of_change_reports_a_raising_watch(change):
    a = atom(0).add_watch("bad", lambda *event: 1 / 0)

    with pytest.raises(WatchError):
        change(a)
    assert a.value == 1


def test_a_watch_that_raised_is_told_again_next_time(told):
    a = atom(0)

    @a.add_watch("moody")
    def moody(key, cell, old, new):
        told.append(new)
        if new == 1:
            raise ValueError

    with pytest.raises(WatchError):
        a.reset(1)
    a.reset(2)

    assert told == [1, 2]


def test_a_key_that_cannot_be_shown_does_not_spoil_the_report():
    class Key:
        def __repr__(self):
            raise RuntimeError

    a = atom(0).add_watch(Key(), lambda *event: 1 / 0)

    with pytest.raises(WatchError, match="repr raises"):
        a.reset(1)


def test_a_watch_that_waits_for_another_threads_swap_does_not_deadlock(told):
    a = atom(0)

    @a.add_watch("waits")
    def waits(key, cell, old, new):
        told.append((old, new))
        if new == 1:
            thread = threading.Thread(target=a.reset, args=(2,), daemon=True)
            thread.start()
            thread.join(60)
            assert not thread.is_alive()

    a.reset(1)
    assert told == [(0, 1), (1, 2)]


async def coroutine(key, cell, old, new):
    pass


async def generator(key, cell, old, new):
    yield


class CallsAsync:
    async def __call__(self, key, cell, old, new):
        pass


@pytest.mark.parametrize("f", [coroutine, generator, CallsAsync(), functools.partial(coroutine)])
def test_an_async_watch_is_refused_with_advice(f):
    with pytest.raises(TypeError, match=r"stream\(\)"):
        atom(0).add_watch("k", f)


def test_a_watch_that_cannot_be_called_is_refused():
    with pytest.raises(TypeError, match="not 3"):
        atom(0).add_watch("k", 3)
