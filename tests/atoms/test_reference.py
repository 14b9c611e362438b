import copy
import pickle
import threading
from operator import add

import numpy as np
import pytest

from synapse_rx.atoms import Atom, atom
from synapse_rx.errors import ValidationError


def positive(n):
    return n > 0


def test_an_atom_holds_its_value():
    a = atom(1)

    assert isinstance(a, Atom)
    assert a.value == a.deref() == 1


def test_swap_applies_the_function_and_gives_the_new_value():
    a = atom(1)

    assert a.swap(add, 2) == 3
    assert a.value == 3


@pytest.mark.parametrize("args", [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)])
def test_swap_and_swap_vals_take_any_number_of_arguments(args):
    a = atom(10)

    assert a.swap(lambda v, *rest: v + sum(rest), *args) == 10 + sum(args)
    assert a.swap_vals(lambda v, *rest: v + sum(rest), *args) == (10 + sum(args), 10 + 2 * sum(args))


def test_swap_passes_keywords_whatever_their_names():
    assert atom(1).swap(lambda v, *, self, f: v + self + f, self=1, f=2) == 4


def test_swap_vals_and_reset_vals_give_the_pair_of_the_change():
    a = atom(0)

    assert a.swap_vals(add, 1) == (0, 1)
    assert a.reset_vals(5) == (1, 5)
    assert a.reset(6) == 6


def test_what_reset_vals_took_out_can_be_put_back():
    a = atom(first := [1])
    old, _ = a.reset_vals([2])
    a.reset(old)

    assert a.value is first


def test_a_function_that_raises_changes_nothing_and_tells_nobody():
    told = []
    a = atom(1).add_watch("k", lambda *event: told.append(event))

    with pytest.raises(ZeroDivisionError):
        a.swap(lambda v: v / 0)
    assert a.value == 1
    assert told == []


def test_the_function_is_called_again_when_another_change_came_first():
    a = atom(0)
    seen = []

    def f(v):
        seen.append(v)
        if len(seen) == 1:
            a.reset(10)
        return v + 1

    assert a.swap(f) == 11
    assert seen == [0, 10]


def test_compare_and_set_goes_by_identity():
    a = atom(first := [1])

    assert not a.compare_and_set([1], [2])
    assert a.value is first
    assert a.compare_and_set(first, second := [2])
    assert a.value is second


def test_compare_and_set_validates_even_when_it_would_fail():
    a = atom(1, positive)

    with pytest.raises(ValidationError):
        a.compare_and_set(99, -1)


def test_compare_and_set_tells_only_of_success():
    told = []
    a = atom(1).add_watch("k", lambda key, cell, old, new: told.append((old, new)))
    a.compare_and_set(2, 3)
    a.compare_and_set(1, 4)

    assert told == [(1, 4)]


@pytest.mark.parametrize("state", [np.arange(3), {"W": np.ones(2)}, float("nan"), (np.zeros(2), 1)])
def test_values_that_do_not_compare_can_be_held(state):
    a = atom(state)
    told = []
    a.add_watch("k", lambda key, cell, old, new: told.append((old, new)))

    assert a.swap(lambda v: v) is state
    assert a.swap(lambda v: float("nan")) != a.swap(lambda v: float("nan"))
    assert a.compare_and_set(a.value, state)
    assert told[0][0] is told[0][1] is told[-1][1] is state


def test_the_initial_value_is_validated():
    with pytest.raises(ValidationError, match="returned False for -1"):
        atom(-1, positive)


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a.swap(lambda v: -1),
        lambda a: a.swap_vals(lambda v: -1),
        lambda a: a.reset(-1),
        lambda a: a.reset_vals(-1),
        lambda a: a.compare_and_set(a.value, -1),
    ],
)
def test_a_refused_value_changes_nothing_and_tells_nobody(change):
    told = []
    a = atom(1, positive).add_watch("k", lambda *event: told.append(event))

    with pytest.raises(ValidationError):
        change(a)
    assert a.value == 1
    assert told == []


@pytest.mark.parametrize("verdict", [False, None, 0, ""])
def test_any_falsy_verdict_refuses(verdict):
    a = atom(1)

    with pytest.raises(ValidationError, match=f"returned {verdict!r}"):
        a.set_validator(lambda v: verdict)


def test_the_validators_own_exception_passes_through_untouched():
    mine = KeyError("mine")

    def validate(v):
        if v == 2:
            raise mine
        return True

    a = atom(1, validate)
    with pytest.raises(KeyError) as caught:
        a.reset(2)

    assert caught.value is mine
    assert a.value == 1


def test_a_validator_that_the_current_value_fails_is_not_installed():
    a = atom(1, positive)

    with pytest.raises(ValidationError):
        a.set_validator(lambda v: v > 100)
    assert a.validator is positive


def test_the_validator_is_none_by_default_and_can_be_set_and_cleared():
    a = atom(1)
    assert a.validator is None

    a.validator = positive
    with pytest.raises(ValidationError):
        a.reset(-1)

    a.validator = None
    assert a.reset(-1) == -1


def test_the_validator_is_called_once_per_attempt():
    seen = []
    a = atom(0, lambda v: seen.append(v) or True)

    def f(v):
        if v == 0:
            a.reset(10)
        return v + 1

    a.swap(f)

    assert seen == [0, 10, 1, 11]


def test_no_swap_slips_past_a_new_validator():
    a = atom(1)

    def f(v):
        if a.validator is None:
            a.set_validator(positive)
        return -1

    with pytest.raises(ValidationError):
        a.swap(f)
    assert a.value == 1


def test_function_and_validator_run_outside_the_lock(together):
    waiting, done = threading.Event(), threading.Event()

    def validate(v):
        if v == 1:
            waiting.set()
            assert done.wait(60)
        return True

    a = atom(0, validate)

    def other():
        assert waiting.wait(60)
        a.reset(5)
        done.set()

    together(lambda: a.swap(lambda v: v + 1), other)

    assert a.value == 6


def test_meta_is_empty_by_default_and_read_only():
    a = atom(1)

    assert a.meta == {}
    with pytest.raises(TypeError):
        a.meta["name"] = "net"


def test_meta_changes_without_touching_the_value_or_telling_anybody():
    told = []
    a = atom(1, meta={"name": "net"}).add_watch("k", lambda *event: told.append(event))

    assert a.alter_meta(lambda m, **more: {**m, **more}, unit="s") == {"name": "net", "unit": "s"}
    assert a.reset_meta({"x": 1}) == a.meta == {"x": 1}
    assert told == []


def test_meta_is_a_mapping():
    with pytest.raises(TypeError, match="mapping"):
        atom(1, meta=3)


def test_meta_keeps_no_hold_of_what_it_was_made_from():
    mine = {"name": "net"}
    a = atom(1, meta=mine)
    mine["name"] = "other"

    assert a.meta["name"] == "net"


def test_atoms_compare_and_hash_by_identity():
    a, b = atom(1), atom(1)

    assert a == a
    assert a != b
    assert len({a, b}) == 2


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_an_atom_can_be_neither_copied_nor_pickled(duplicate):
    with pytest.raises(TypeError, match="take its value"):
        duplicate(atom(1))


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no")


def test_the_repr_shows_name_and_value_and_never_fails():
    assert repr(atom(1)) == "<Atom: 1>"
    assert repr(atom(1, meta={"name": "net"})) == "<Atom 'net': 1>"
    assert "RuntimeError" in repr(atom(Unprintable(), meta={"name": Unprintable()}))
    assert len(repr(atom("x" * 10_000))) < 300


def test_awaiting_or_running_an_atom_is_refused_with_advice():
    with pytest.raises(TypeError, match="never completes"):
        atom(1).__await__()
    with pytest.raises(TypeError, match="never completes"):
        atom(1).run()


def test_completion_shows_what_is_a_cells_own_and_pipe():
    shown = {name for name in dir(atom(1)) if not name.startswith("_")}

    assert {"value", "swap", "add_watch", "subscribe", "stream", "pipe"} <= shown
    assert "buffer_with_time_or_count" not in shown
    assert callable(atom(1).buffer_with_time_or_count)
    assert "swap" not in dir(atom(1).select(str))
