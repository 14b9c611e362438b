"""An algorithm at one moment: its schedules replaced by numbers."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.algorithms import Adam, Algorithm, Backprop, RMSprop, RProp
from synapse_rx.errors import OptionError
from synapse_rx.schedules import Constant, Exponential, Linear, Piecewise, Ramp, Step
from tests.problems import TinyProblem, bowl, drive


def test_without_schedules_it_is_the_algorithm_itself() -> None:
    algorithm = Adam()

    assert algorithm.at(3.5, 100) is algorithm


def test_schedules_are_replaced_by_their_values() -> None:
    algorithm = RMSprop(learning_rate=Linear(0.1, 0.0, 10), momentum=Ramp(0.5, 0.1, 0.9), epsilon=1e-3)

    assert algorithm.at(5.0, 2) == RMSprop(learning_rate=0.05, momentum=0.7, epsilon=1e-3)
    assert isinstance(algorithm.learning_rate, Linear)


def test_as_long_as_the_values_stay_it_is_the_same_object() -> None:
    algorithm = Backprop(Step(0.1, every=2))

    first = algorithm.at(0.0, 0)

    assert algorithm.at(1.9, 19) is first
    assert algorithm.at(2.0, 20) == Backprop(0.1 * 0.1)
    assert algorithm.at(0.0, 0) == first


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"kind": "constant", "value": 0.2}, Constant(0.2)),
        ([(2, 0.1), (3, 0.01)], Piecewise([(2, 0.1), (3, 0.01)])),
        (Exponential(0.1, 0.5), Exponential(0.1, 0.5)),
    ],
    ids=["plain data", "list", "schedule"],
)
def test_a_learning_rate_may_be_said_in_several_ways(given: Any, meant: Any) -> None:
    assert Adam(learning_rate=given).learning_rate == meant


def test_a_function_may_be_a_learning_rate() -> None:
    algorithm = Adam(learning_rate=lambda epoch, step, stats: 0.1 / (1 + epoch))

    assert algorithm.at(4.0, 0).learning_rate == 0.02


def test_a_function_has_no_plain_form() -> None:
    with pytest.raises(OptionError, match=r"no plain form.*Piecewise"):
        Adam(learning_rate=lambda epoch, step, stats: 0.1).to_data()


@pytest.mark.parametrize(
    ("algorithm", "match"),
    [
        (Adam(learning_rate=lambda *_: float("nan")), "learning_rate of adam must be a number >= 0, not nan"),
        (Adam(learning_rate=lambda *_: -1.0), "learning_rate of adam must be a number >= 0, not -1.0"),
        (Adam(learning_rate=lambda *_: "fast"), "returned 'fast', which is no number"),
        (Adam(learning_rate=Linear(0.1, -0.1, 2)), "learning_rate of adam .* at epoch 1.5"),
        (Backprop(momentum=Ramp(0.5, 0.1, 1.2)), "momentum of backprop must be a number in "),
        (RProp(variant="synaptic", momentum=Constant(1.0)), "momentum of rprop"),
    ],
    ids=["nan", "negative", "text", "linear", "ramp", "constant"],
)
def test_a_value_out_of_range_is_refused_with_its_schedule(algorithm: Algorithm, match: str) -> None:
    with pytest.raises(OptionError, match=match):
        algorithm.at(1.5, 10)


def test_it_survives_copies_pickles_and_plain_data() -> None:
    algorithm = Adam(learning_rate=Piecewise([(1, Linear(0.0, 0.1, 1)), (9, 0.1)]))
    algorithm.at(0.5, 1)

    for twin in (
        copy.deepcopy(algorithm),
        pickle.loads(pickle.dumps(algorithm)),
        sx.from_data(Algorithm, json.loads(json.dumps(sx.to_data(algorithm)))),
        evolve(algorithm),
    ):
        assert twin == algorithm
        assert hash(twin) == hash(algorithm)
        assert twin.at(0.5, 1) == Adam(learning_rate=0.05)


@pytest.mark.parametrize("nesterov", [False, True])
def test_a_momentum_that_falls_to_0_and_rises_again_keeps_no_old_velocity(nesterov: bool) -> None:
    momentum = Piecewise([(1, 0.9), (1, 0.0), (1, 0.9)])
    algorithm = Backprop(0.1, momentum=momentum, nesterov=nesterov)
    problem = TinyProblem(bowl, [5.0, -5.0])
    state = algorithm.init(problem)

    drive(algorithm.at(0.0, 0), problem, state, 3)
    drive(algorithm.at(1.0, 3), problem, state, 1)
    before, after = problem.theta.copy(), problem.theta - 0.1 * bowl(problem.theta)[1]
    drive(algorithm.at(1.5, 4), problem, state, 1)

    np.testing.assert_allclose(problem.theta, after)
    np.testing.assert_allclose(state["velocity"], after - before)
