"""Conditions as values: when each is met, how they combine, and what they refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError
from synapse_rx.stopping import Condition, Course, epochs, error_below, plateau, seconds


def course(*losses: float, since: int = 0, took: float = 1.0) -> Course:
    stats = sx.Stats()
    for loss in losses:
        stats = stats.with_epoch(
            steps=1,
            loss=loss,
            training={"misclassification": loss / 10},
            validation={},
            seconds=1.0,
            samples=1,
        )
    return Course(epochs=len(losses) - since, seconds=took, stats=stats, since=since)


@pytest.mark.parametrize(
    ("condition", "at", "met"),
    [
        (epochs(3), course(1, 1), False),
        (epochs(3), course(1, 1, 1), True),
        (epochs(3), course(1, 1, 1, since=1), False),
        (seconds(5), course(1, took=4.9), False),
        (seconds(5), course(1, took=5.0), True),
        (error_below(0.5), course(1, 0.5), False),
        (error_below(0.5), course(1, 0.49), True),
        (error_below(0.5), course(), False),
        (error_below(0.05, "training:misclassification"), course(0.4), True),
        (plateau(2), course(3, 2, 2), False),
        (plateau(2), course(3, 2, 2, 2), True),
        (plateau(2), course(3, 2, 2, 1), False),
        (plateau(2, min_delta=0.5), course(3, 2.9, 2.8), True),
        (plateau(2), course(3, 2, 2, 2, since=2), False),
        (epochs(9) | error_below(0.5), course(0.4), True),
        (epochs(1) & error_below(0.5), course(0.6), False),
        (epochs(1) & error_below(0.5), course(0.4), True),
        (epochs(9) | seconds(9) & epochs(1), course(1, took=9), True),
    ],
    ids=str,
)
def test_a_condition_is_met_when_it_says(condition: Condition, at: Course, met: bool) -> None:
    assert condition.met(at) is met


@pytest.mark.parametrize(
    ("condition", "total"),
    [
        (epochs(3), 3),
        (seconds(3), None),
        (epochs(3) | seconds(3), 3),
        (epochs(3) & epochs(5), 5),
        (epochs(3) & seconds(1), None),
    ],
    ids=str,
)
def test_the_epochs_it_takes_at_most_are_known_where_they_can_be(
    condition: Condition, total: int | None
) -> None:
    assert condition.total() == total


def test_conditions_survive_being_written_down() -> None:
    condition = (
        epochs(50)
        | error_below(0.01, "validation:misclassification") & plateau(10, min_delta=1e-3)
        | seconds(60)
    )

    assert Condition.of(json.loads(json.dumps(condition.to_data()))) == condition


@pytest.mark.parametrize(
    "bad",
    [
        lambda: epochs(0),
        lambda: epochs(1.5),  # type: ignore[arg-type]
        lambda: seconds(0),
        lambda: seconds(float("nan")),
        lambda: plateau(0),
        lambda: plateau(3, min_delta=-1),
        lambda: error_below(float("inf")),
        lambda: error_below(0.1, "misclassification"),
        lambda: error_below(0.1, "testing:loss"),
    ],
)
def test_bad_numbers_and_monitors_are_refused(bad: Any) -> None:
    with pytest.raises(OptionError):
        bad()


def test_a_monitor_that_is_not_recorded_is_named_with_those_that_are() -> None:
    with pytest.raises(OptionError, match="recorded: loss, training:misclassification"):
        error_below(0.1, "validation:misclassification").met(course(1))
