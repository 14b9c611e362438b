"""The schedule that follows from a history."""

from __future__ import annotations

import pickle

import pytest

from synapse_rx.errors import OptionError
from synapse_rx.schedules import ReduceOnPlateau
from synapse_rx.snapshot import Stats
from tests.schedules.histories import after


def course(schedule: ReduceOnPlateau, losses: list[float]) -> list[float]:
    """
    Return the value after each epoch.
    """
    return [schedule.at(float(n + 1), n, after(losses[: n + 1])) for n in range(len(losses))]


def test_it_begins_with_its_first_value() -> None:
    schedule = ReduceOnPlateau(0.1)

    assert schedule.at(0.0, 0) == schedule.at(0.5, 3, Stats()) == 0.1


def test_it_falls_when_more_epochs_than_its_patience_brought_nothing() -> None:
    losses = [3.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0]

    values = course(ReduceOnPlateau(1.0, 0.5, patience=2), losses)

    assert values == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25]


def test_it_stops_falling_at_its_end() -> None:
    assert course(ReduceOnPlateau(1.0, 0.5, patience=0, end=0.3), [1.0] * 5)[-1] == 0.3


def test_nan_is_no_improvement() -> None:
    nan = float("nan")

    assert course(ReduceOnPlateau(1.0, 0.5, patience=1), [nan, nan, 1.0, nan, nan]) == [
        1,
        0.5,
        0.5,
        0.5,
        0.25,
    ]


def test_it_follows_the_history_it_is_told_to() -> None:
    stats = after([1.0, 0.9, 0.8], validation=[0.5, 0.5, 0.5])

    assert ReduceOnPlateau(1.0, patience=1).at(3.0, 3, stats) == 1.0
    assert ReduceOnPlateau(1.0, patience=1, monitor="validation:misclassification").at(3.0, 3, stats) == 0.1


def test_a_history_that_is_not_kept_is_refused_with_those_that_are() -> None:
    with pytest.raises(OptionError, match="'validation:loss' is not recorded; recorded: loss, training:loss"):
        ReduceOnPlateau(1.0, monitor="validation:loss").at(1.0, 1, after([1.0]))


def test_what_it_found_out_is_not_part_of_its_value() -> None:
    schedule = ReduceOnPlateau(1.0, patience=0)
    schedule.at(3.0, 3, after([1.0] * 3))
    twin = pickle.loads(pickle.dumps(schedule))

    assert twin == schedule == ReduceOnPlateau(1.0, patience=0)
    assert twin.at(2.0, 2, after([1.0] * 2)) == schedule.at(2.0, 2, after([1.0] * 2)) == 0.1
