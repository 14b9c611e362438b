from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from synapse_rx.snapshot import Slots


def filled(**changes: Any) -> Slots:
    return Slots({"velocity": np.arange(6, dtype=np.float32), "steps": 3, "best": float("nan"), **changes})


def test_it_is_a_mapping() -> None:
    slots = filled()

    assert list(slots) == ["velocity", "steps", "best"]
    assert len(slots) == 3
    assert slots["steps"] == 3
    assert "gain" not in slots


def test_equal_content_is_equal_whatever_the_order() -> None:
    other = Slots(dict(reversed(list(filled().items()))))

    assert filled() == other
    assert hash(filled()) == hash(other)


@pytest.mark.parametrize(
    "change",
    [
        {"steps": 4},
        {"steps": 3.0},
        {"best": 1.0},
        {"velocity": np.arange(6, dtype=np.float64)},
        {"velocity": np.arange(6, dtype=np.float32).reshape(2, 3)},
        {"velocity": np.arange(1, 7, dtype=np.float32)},
        {"more": 1},
    ],
    ids=str,
)
def test_any_difference_counts(change: dict[str, Any]) -> None:
    assert filled() != filled(**change)


def test_names_and_values_do_not_run_into_each_other() -> None:
    assert Slots({"a": 1, "b": 2}) != Slots({"a": 1, "c": 2})
    assert Slots({"ab": 1}) != Slots({"a": 1})
    assert Slots() != {}


def test_its_arrays_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        filled()["velocity"][0] = 1


def test_nothing_can_be_put_in() -> None:
    with pytest.raises(TypeError):
        filled()["steps"] = 4  # type: ignore[index]


def test_what_it_was_made_from_may_change_afterwards() -> None:
    values = {"steps": 3}
    slots = Slots(values)

    values["steps"] = 4

    assert slots["steps"] == 3


def test_arrays_are_taken_over_without_a_copy() -> None:
    velocity = np.zeros(3)

    assert Slots({"velocity": velocity})["velocity"] is velocity


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, lambda slots: pickle.loads(pickle.dumps(slots))])
def test_copies_and_pickles_are_equal_and_read_only(how: Any) -> None:
    twin = how(filled())

    assert twin == filled()
    assert hash(twin) == hash(filled())
    assert not twin["velocity"].flags.writeable


def test_it_shows_its_names() -> None:
    assert repr(filled()) == "<Slots velocity, steps, best>"
    assert repr(Slots()) == "<Slots none>"
