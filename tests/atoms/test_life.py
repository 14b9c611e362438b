"""Who keeps whom alive, and what is left behind."""

import gc
import weakref

import pytest

from synapse_rx.atoms import Atom, atom


class Listener:
    def __init__(self):
        self.told = []

    def watch(self, key, cell, old, new):
        self.told.append((old, new))

    def on_next(self, value):
        self.told.append(value)

    def on_error(self, error):
        raise error

    def on_completed(self):
        pass


def test_a_weak_watch_lives_as_long_as_its_object():
    a = atom(0)
    listener = Listener()
    a.add_watch("k", listener.watch, weak=True)
    a.reset(1)
    assert listener.told == [(0, 1)]
    assert a.watches["k"].__self__ is listener

    gone = weakref.ref(listener)
    del listener
    gc.collect()
    assert gone() is None
    assert not a.watches
    assert not a._delivery.entries
    a.reset(2)


def test_a_strong_watch_keeps_its_object():
    a = atom(0)
    listener = Listener()
    a.add_watch("k", listener.watch)
    kept = weakref.ref(listener)
    del listener
    gc.collect()
    a.reset(1)

    assert kept().told == [(0, 1)]


def test_the_death_of_a_replaced_weak_watch_spares_its_successor():
    a = atom(0)
    first, second = Listener(), Listener()
    a.add_watch("k", first.watch, weak=True).add_watch("k", second.watch, weak=True)
    del first
    gc.collect()
    a.reset(1)

    assert second.told == [(0, 1)]


def test_only_bound_methods_can_be_watched_weakly():
    with pytest.raises(TypeError, match="bound methods"):
        atom(0).add_watch("k", lambda *event: None, weak=True)


def test_a_weak_decorator_is_possible():
    a = atom(0)
    listener = Listener()
    a.add_watch("k", weak=True)(listener.watch)
    del listener
    gc.collect()

    assert not a.watches


def test_an_atom_with_watches_is_freed_without_the_collector():
    gc.disable()
    try:
        a = atom(0).add_watch("k", print)
        a.reset_vals(1)
        gone = weakref.ref(a)
        del a
        assert gone() is None
    finally:
        gc.enable()


def test_a_disposed_observer_is_let_go():
    a = atom(0)
    listener = Listener()
    gone = weakref.ref(listener)
    subscription = a.subscribe(listener)
    subscription.dispose()
    del listener, subscription
    gc.collect()

    assert gone() is None
    assert not a._delivery.entries


def test_an_unwatched_selection_leaves_nothing_with_its_parent():
    a = atom(0)
    cell = a.select(str)
    assert cell.value == "0"
    cell.add_watch("k", print).remove_watch("k")
    gone = weakref.ref(cell)
    del cell
    gc.collect()

    assert gone() is None
    assert not a._delivery.entries


def test_a_watched_selection_lives_with_its_parent_even_if_nobody_else_holds_it():
    a = atom(0)
    told = []
    a.select(str).select(int).add_watch("k", lambda key, cell, old, new: told.append(new))
    gc.collect()
    a.reset(1)

    assert told == [1]


def test_a_selection_with_a_weak_watch_goes_with_the_watcher():
    a = atom(0)
    listener = Listener()
    cell = a.select(str).add_watch("k", listener.watch, weak=True)
    a.reset(1)
    assert listener.told == [("0", "1")]

    gone = weakref.ref(cell)
    del listener, cell
    gc.collect()
    assert gone() is None
    assert not a._delivery.entries


def test_dropping_the_atom_and_all_its_cells_frees_them():
    a = atom(0)
    a.select(str).add_watch("k", print)
    a.cursor().subscribe(lambda value: None)
    gone = weakref.ref(a)
    del a
    gc.collect()

    assert gone() is None


def test_old_versions_are_let_go():
    class Value:
        pass

    a = atom(Value())
    a.add_watch("k", lambda *event: None)
    a.select(lambda v: 1).add_watch("k", lambda *event: None)
    a.select(lambda v: v).add_watch("k", lambda *event: None)
    subscription = a.subscribe(lambda v: None)
    gone = weakref.ref(a.value)
    a.reset(Value())
    gc.collect()

    assert gone() is None
    subscription.dispose()


def test_a_stream_that_nobody_holds_is_forgotten():
    a = atom(0)
    stream = a.stream(overflow="block")
    a.reset(1)
    gone = weakref.ref(stream)
    del stream
    gc.collect()

    assert gone() is None
    assert not a._delivery.entries


def test_a_finalizer_may_swap_the_atom_that_triggers_it():
    class Swaps:
        def __init__(self, cell):
            self.cell = cell
            self.me = self

        def __del__(self):
            self.cell.swap(lambda n: n + 1)

    a: Atom[int] = atom(0)
    pairs = []
    a.add_watch("k", lambda key, cell, old, new: pairs.append((old, new)))
    before = gc.get_threshold()
    gc.set_threshold(10)
    try:
        for _ in range(2_000):
            Swaps(a)
            a.swap(lambda n: n + 1)
            a.add_watch("other", print).remove_watch("other")
    finally:
        gc.set_threshold(*before)
        gc.collect()

    assert pairs == [(n, n + 1) for n in range(4_000)]
