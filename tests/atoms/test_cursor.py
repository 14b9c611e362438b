from collections import OrderedDict, namedtuple
from types import MappingProxyType

import attrs
import pytest

from synapse_rx.atoms import Cursor, atom
from synapse_rx.errors import OptionError, UnknownNameError, ValidationError


@attrs.frozen
class Algorithm:
    learning_rate: float = 0.1
    _hidden: int = 0
    computed: int = attrs.field(init=False, default=7)


@attrs.frozen
class Training:
    algorithm: Algorithm = Algorithm()
    header: dict = attrs.Factory(lambda: {"labels": ["a", "b"]})


@pytest.fixture
def net():
    return atom(Training())


def test_a_cursor_reads_what_lies_at_its_path(net):
    cursor = net.cursor("algorithm", "learning_rate")

    assert isinstance(cursor, Cursor)
    assert cursor.value == cursor.deref() == 0.1
    assert net.cursor("header", "labels", -1).value == "b"
    assert net.cursor().value is net.value


def test_a_cursor_writes_by_copying_what_is_on_the_way(net):
    before = net.value
    assert net.cursor("algorithm", "learning_rate").reset(0.2) == 0.2
    assert net.cursor("header", "labels", 0).swap(str.upper) == "A"

    assert before == Training()
    assert net.value == Training(Algorithm(0.2), {"labels": ["A", "b"]})
    assert net.value.algorithm is not before.algorithm


def test_the_pairs_are_those_of_the_part(net):
    cursor = net.cursor("algorithm", "learning_rate")

    assert cursor.swap_vals(lambda v, by: v * by, by=2) == (0.1, 0.2)
    assert cursor.reset_vals(1.0) == (0.2, 1.0)


def test_private_attrs_fields_are_written_by_their_alias(net):
    net.cursor("algorithm", "_hidden").reset(3)

    assert net.value.algorithm._hidden == 3


def test_compare_and_set_goes_by_the_identity_of_the_part(net):
    cursor = net.cursor("header")
    first = cursor.value

    assert not cursor.compare_and_set({"labels": ["a", "b"]}, {})
    assert cursor.compare_and_set(first, {"x": 1})
    assert net.value.header == {"x": 1}


def test_compare_and_set_of_a_part_is_untroubled_by_changes_elsewhere(net, together):
    header, rate = net.cursor("header"), net.cursor("algorithm", "learning_rate")
    wins = []

    def compare_and_set():
        for n in range(500):
            wins.append(header.compare_and_set(header.value, {"n": n}))

    together(compare_and_set, lambda: [rate.swap(lambda v: v + 1) for _ in range(500)])

    assert all(wins)
    assert rate.value == pytest.approx(500.1)


Pair = namedtuple("Pair", "x y")


@pytest.mark.parametrize(
    ("whole", "path", "expected"),
    [
        ({"a": 1}, ("a",), {"a": 9}),
        (OrderedDict(a=1), ("a",), OrderedDict(a=9)),
        (MappingProxyType({"a": 1}), ("a",), MappingProxyType({"a": 9})),
        ([1, 2], (1,), [1, 9]),
        ((1, 2), (-2,), (9, 2)),
        (Pair(1, 2), (0,), Pair(9, 2)),
        ({1: ({"x": [0]},)}, (1, 0, "x", 0), {1: ({"x": [9]},)}),
    ],
)
def test_what_is_written_keeps_its_type(whole, path, expected):
    a = atom(whole)
    a.cursor(*path).reset(9)

    assert a.value == expected
    assert type(a.value) is type(expected)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (("algorithm", "learning_rat"), r"Algorithm at cursor\('algorithm'\).*did you mean 'learning_rate'"),
        (("header", "label"), r"dict at cursor\('header'\): unknown key 'label'; did you mean 'labels'"),
        (("header", "labels", 2), r"list at cursor\('header', 'labels'\): unknown index 2"),
        (("algorithm", "learning_rate", "x"), r"cannot step into the float at cursor\('algorithm', 'lear"),
        (("header", "labels", "0"), r"cannot step into the list"),
    ],
)
def test_a_step_that_leads_nowhere_names_the_path_and_what_was_there(net, path, message):
    before = net.value
    for use in (lambda c: c.value, lambda c: c.reset(1), lambda c: c.swap(lambda v: v)):
        with pytest.raises(UnknownNameError, match=message):
            use(net.cursor(*path))
    assert net.value is before


def test_a_computed_field_can_be_read_but_not_written(net):
    cursor = net.cursor("algorithm", "computed")
    assert cursor.value == 7

    with pytest.raises(OptionError, match="computes 'computed' itself"):
        cursor.reset(8)


def test_the_atoms_validator_applies(net):
    net.set_validator(lambda v: v.algorithm.learning_rate > 0)

    with pytest.raises(ValidationError):
        net.cursor("algorithm", "learning_rate").reset(-1.0)
    assert net.value == Training()


def test_a_cursor_tells_of_changes_of_its_part_only(net):
    told = []
    rate = net.cursor("algorithm", "learning_rate")
    rate.add_watch("k", lambda key, cell, old, new: told.append((old, new)))
    net.cursor("header", "labels").reset([])
    net.cursor("algorithm", "learning_rate").reset(0.5)
    net.cursor("algorithm", "learning_rate").reset(0.5)

    assert told == [(0.1, 0.5)]


def test_cursors_are_equal_by_atom_and_path_and_share_watches(net):
    a, b = net.cursor("header", "labels"), net.cursor("header").cursor("labels")
    assert a == b
    assert hash(a) == hash(b)
    assert a != net.cursor("header")
    assert a != atom(Training()).cursor("header", "labels")
    assert a.path == ("header", "labels")

    a.add_watch("k", print)
    assert list(b.watches) == ["k"]
    b.remove_watch("k")
    assert not a.watches


@pytest.mark.asyncio
async def test_a_cursor_can_be_selected_from_subscribed_to_and_streamed(net):
    rate = net.cursor("algorithm", "learning_rate")
    values, percents = [], []
    rate.subscribe(values.append)
    rate.select(lambda v: round(100 * v)).subscribe(percents.append)
    stream = rate.stream(buffer=2)
    rate.reset(0.25)

    assert values == [0.1, 0.25]
    assert percents == [10, 25]
    assert [await anext(stream), await anext(stream)] == [0.1, 0.25]


def test_the_repr_shows_path_atom_and_value(net):
    assert repr(net.cursor("header", "labels", 0)) == "<Cursor('header', 'labels', 0) of Atom: 'a'>"
    assert "UnknownNameError" in repr(net.cursor("nowhere"))
