"""Phases as values: when each begins, where an interrupted training stands in them, what they refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError
from synapse_rx.stopping import Condition, Course, epochs, phases

THREE = phases([(2, {"learning_rate": 0.1}), (3, {}), (4, {"momentum": 0.5, "learning_rate": 0.01})])


def turns(condition: Condition) -> list[tuple[int, str, dict[str, Any]]]:
    return [(turn.epochs, turn.name, dict(turn.options)) for turn in condition.turns()]


def test_each_begins_where_the_one_before_ends() -> None:
    assert turns(THREE) == [
        (0, "1 of 3", {"learning_rate": 0.1}),
        (2, "2 of 3", {}),
        (5, "3 of 3", {"momentum": 0.5, "learning_rate": 0.01}),
    ]


@pytest.mark.parametrize(("done", "met"), [(8, False), (9, True), (10, True)])
def test_they_are_over_with_the_last(done: int, met: bool) -> None:
    assert THREE.met(Course(done, 0.0, sx.Stats(), 0)) is met
    assert THREE.total() == 9


def test_they_combine_with_other_conditions() -> None:
    either = THREE | epochs(4)

    assert turns(either) == turns(THREE)
    assert either.total() == 4
    assert turns(epochs(20) & THREE) == turns(THREE)
    assert turns(either.begun(0, False)) == turns(THREE)


def test_from_now_on_they_always_begin_with_the_first() -> None:
    assert THREE.begun(7, True) == THREE


@pytest.mark.parametrize(
    ("done", "within", "left"),
    [
        (10, False, [(0, {"learning_rate": 0.1}), (2, {}), (5, {"momentum": 0.5, "learning_rate": 0.01})]),
        (10, True, [(0, {}), (2, {}), (5, {"momentum": 0.5, "learning_rate": 0.01})]),
        (11, False, [(0, {}), (1, {}), (4, {"momentum": 0.5, "learning_rate": 0.01})]),
        (12, False, [(0, {}), (3, {"momentum": 0.5, "learning_rate": 0.01})]),
        (15, False, [(0, {"momentum": 0.5, "learning_rate": 0.01})]),
        (15, True, [(0, {})]),
        (18, False, [(0, {})]),
    ],
)
def test_counted_since_an_epoch_they_go_on_where_the_network_is(done: int, within: bool, left: Any) -> None:
    begun = phases(THREE.phases, since=10).begun(done, within)

    assert [(at, options) for at, _, options in turns(begun)] == left
    assert begun.total() == 19 - done


@pytest.mark.parametrize(
    ("done", "text"), [(9, "count from epoch 10, but this network has learnt 9"), (19, "all phases are over")]
)
def test_there_is_nothing_left_outside_of_them(done: int, text: str) -> None:
    with pytest.raises(OptionError, match=text):
        phases(THREE.phases, since=10).begun(done, False)


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        3,
        [3],
        [(3, {}, {})],
        [(0, {})],
        [(1.5, {})],
        [(True, {})],
        [(2, {3: 4})],
        [(2, 0.1)],
        [(2, "adam")],
    ],
    ids=str,
)
def test_what_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(OptionError, match="phase"):
        phases(wrong)


def test_since_is_an_epoch() -> None:
    with pytest.raises(OptionError, match="since of phases must be a whole number >= 0"):
        phases([(1, {})], since=-1)


def test_they_are_values_with_a_plain_form() -> None:
    again = sx.from_data(Condition, json.loads(json.dumps(sx.to_data(THREE))))

    assert again == THREE
    assert hash(again) == hash(THREE)
    assert repr(phases([(2, {"momentum": 0.5})], since=3)) == "Phases([(2, {'momentum': 0.5})], since=3)"
