from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.errors import OptionError, UnknownNameError
from synapse_rx.losses import CrossEntropy, SquaredError
from synapse_rx.snapshot import State, Stats, Training, training
from synapse_rx.snapshot.training import STATUSES


def test_an_algorithm_is_meant_by_name_or_as_it_is() -> None:
    by_name = training("backprop", learning_rate=0.2, momentum=0.9, nesterov=True)

    assert by_name == training(sx.Backprop(0.2, 0.9, nesterov=True))
    assert by_name.algorithm == sx.Backprop(learning_rate=0.2, momentum=0.9, nesterov=True)


def test_it_starts_idle_and_without_a_past() -> None:
    how = training()

    assert how.algorithm == sx.Backprop()
    assert how.loss is None
    assert how.state == State()
    assert how.stats == Stats()
    assert how.status == "idle"


def test_losses_are_meant_by_name_or_as_they_are() -> None:
    assert training(loss="cross-entropy").loss == CrossEntropy()
    assert training(loss=SquaredError()).loss == SquaredError()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"algorithm": "backprob"}, "unknown algorithm 'backprob'; did you mean 'backprop'"),
        ({"loss": "cros_entropy"}, "unknown loss 'cros_entropy'; did you mean 'cross_entropy'"),
        ({"learning_rat": 0.1}, "'learning_rat'; did you mean 'learning_rate'"),
        ({"sed": 3}, "'sed'; did you mean 'seed'"),
        ({"learning_rate": -1}, "learning_rate of backprop must be"),
        ({"momentum": 1}, "momentum of backprop must be"),
        ({"seed": -1}, "seed= takes a whole number of at least 0, not -1"),
        ({"seed": 1.5}, "seed= takes a whole number"),
        ({"algorithm": sx.Backprop(), "learning_rate": 0.1}, "is complete"),
        ({"algorithm": 7}, "not 7"),
    ],
    ids=str,
)
def test_what_it_cannot_be_is_refused_with_its_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        training(**options)


def test_a_seed_may_be_an_integer_of_numpy() -> None:
    assert training(seed=np.int64(3)) == training(seed=3)


def test_every_status_is_taken() -> None:
    assert {evolve(training(), status=status).status for status in STATUSES} == set(STATUSES)


def test_an_unknown_status_is_answered_by_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'stopped'"):
        Training("backprop", status="stoped")


def test_the_live_ones_are_those_with_a_trainer() -> None:
    assert set(Training.LIVE) == {"training", "paused", "stopping"}


def test_it_is_a_frozen_value() -> None:
    how = training(seed=3)

    assert hash(how) == hash(training(seed=3))
    assert not hasattr(how, "__dict__")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        how.seed = 4  # type: ignore[misc]


def test_it_shows_what_it_is() -> None:
    assert "Backprop(" in repr(training())
    assert "idle" in repr(training())


@pytest.mark.parametrize("name", ["gradient_norm", "gradient-norm", "update_ratio", "Update Ratio"])
def test_lengths_may_be_spelled_like_error_kinds(name: str) -> None:
    recorded = sx.training(stats=[name]).recorded

    assert recorded in (("gradient_norm",), ("update_ratio",))
