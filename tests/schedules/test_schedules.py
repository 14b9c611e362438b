"""Schedules: their values, what they refuse, and that they are values themselves."""

from __future__ import annotations

import copy
import json
import math
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.errors import OptionError
from synapse_rx.schedules import (
    Callable,
    Constant,
    Cosine,
    Exponential,
    Linear,
    OneCycle,
    Piecewise,
    Ramp,
    ReduceOnPlateau,
    Schedule,
    Step,
)
from synapse_rx.snapshot import Stats

EVERY = [
    Constant(0.1),
    Linear(0.1, 0.01, 10),
    Exponential(0.1, 0.9, end=0.01),
    Step(0.1, 0.5, every=3),
    Step(0.1, at=[2, 5]),
    Cosine(0.1, 10, end=0.01, warmup=2, first=0.001),
    OneCycle(0.1, 10),
    OneCycle(0.85, 10, start=0.95, end=0.95, rise=0.5),
    Ramp(0.5, 0.01, 0.9),
    ReduceOnPlateau(0.1, patience=2),
    Piecewise([(2, 0.1), (3, Linear(0.1, 0.0, 3)), (1, {"kind": "constant", "value": 0.5})]),
]

VALUES: list[tuple[Schedule, dict[float, float]]] = [
    (Constant(0.1), {0: 0.1, 1000.5: 0.1}),
    (Linear(1.0, 0.0, 4), {0: 1.0, 1: 0.75, 3.5: 0.125, 4: 0.0, 9: 0.0}),
    (Linear(0.0, 1.0, 0.5), {0: 0.0, 0.25: 0.5, 0.5: 1.0}),
    (Exponential(1.0, 0.25), {0: 1.0, 0.5: 0.5, 1: 0.25, 2: 0.0625}),
    (Exponential(1.0, 0.25, end=0.1), {1: 0.25, 2: 0.1}),
    (Step(1.0, 0.5, every=2), {0: 1.0, 1.99: 1.0, 2: 0.5, 3.9: 0.5, 4: 0.25}),
    (Step(1.0, 0.5, at=[1, 4]), {0.99: 1.0, 1: 0.5, 3.9: 0.5, 4: 0.25, 100: 0.25}),
    (Cosine(1.0, 4), {0: 1.0, 1: (1 + math.sqrt(0.5)) / 2, 2: 0.5, 4: 0.0, 5: 0.0}),
    (Cosine(1.0, 6, end=0.2, warmup=2), {0: 0.0, 1: 0.5, 2: 1.0, 4: 0.6, 6: 0.2}),
    (Cosine(1.0, 6, warmup=2, first=0.5), {0: 0.5, 1: 0.75}),
    (OneCycle(1.0, 10, start=0.2, end=0.0, rise=0.4), {0: 0.2, 2: 0.6, 4: 1.0, 7: 0.5, 10: 0.0, 11: 0.0}),
    (OneCycle(1.0, 10), {0: 0.04, 3: 1.0, 10: 0.04e-4}),
    (
        Piecewise([(2, 0.1), (3, Linear(1.0, 0.0, 2)), (1, 0.5)]),
        {0: 0.1, 2: 1.0, 3: 0.5, 4.5: 0.0, 5: 0.5, 99: 0.5},
    ),
]


@pytest.mark.parametrize(("schedule", "values"), VALUES, ids=str)
def test_the_values_are_those_of_the_formula(schedule: Schedule, values: dict[float, float]) -> None:
    given = {epoch: schedule.at(float(epoch), 0) for epoch in values}

    assert given == pytest.approx(values, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("schedule", EVERY, ids=str)
class TestEverySchedule:
    def test_it_is_a_value(self, schedule: Schedule) -> None:
        schedule.at(0.5, 5)

        for twin in (copy.deepcopy(schedule), pickle.loads(pickle.dumps(schedule))):
            assert twin == schedule
            assert hash(twin) == hash(schedule)
            assert twin.at(1.5, 15) == schedule.at(1.5, 15)

    def test_it_survives_the_way_to_plain_data_and_back(self, schedule: Schedule) -> None:
        data = json.loads(json.dumps(sx.to_data(schedule)))

        assert sx.from_data(Schedule, data) == schedule

    def test_what_it_gives_follows_from_the_arguments_alone(self, schedule: Schedule) -> None:
        forth = [schedule.at(step / 4, step) for step in range(50)]
        back = [schedule.at(step / 4, step) for step in reversed(range(50))]

        assert forth == back[::-1]
        assert all(isinstance(value, float) and math.isfinite(value) for value in forth)

    def test_half_the_steps_in_an_epoch_change_nothing_at_its_end(self, schedule: Schedule) -> None:
        if isinstance(schedule, Ramp):
            pytest.skip("the one that counts updates")

        assert schedule.at(3.0, 30) == schedule.at(3.0, 60)


@given(st.floats(0, 1e6), st.floats(-10, 10), st.floats(-10, 10), st.floats(0.1, 1000))
def test_lines_cosines_and_cycles_stay_between_their_ends(
    epoch: float, a: float, b: float, epochs: float
) -> None:
    low, high = min(a, b) - 1e-9, max(a, b) + 1e-9

    for schedule in (
        Linear(a, b, epochs),
        Cosine(a, epochs, end=b),
        Cosine(b, epochs, end=b, warmup=epochs / 3, first=a),
        OneCycle(a, epochs, start=b, end=b),
    ):
        assert low <= schedule.at(epoch, 0) <= high


@pytest.mark.parametrize(
    ("ramp", "values"),
    [
        (Ramp(0.5, 0.1, 0.75), [0.5, 0.6, 0.7, 0.75, 0.75]),
        (Ramp(0.9, -0.2, 0.5), [0.9, 0.7, 0.5, 0.5, 0.5]),
        (Ramp(0.9, 0.0, 0.9), [0.9, 0.9, 0.9, 0.9, 0.9]),
    ],
    ids=str,
)
def test_a_ramp_counts_updates(ramp: Ramp, values: list[float]) -> None:
    assert [ramp.at(0.0, step) for step in range(5)] == pytest.approx(values)


def test_a_function_is_given_epoch_step_and_statistics() -> None:
    stats = Stats()

    assert Callable(lambda *given: 0.5 if given == (1.5, 7, stats) else 0.0).at(1.5, 7, stats) == 0.5


def test_a_function_has_no_plain_form() -> None:
    with pytest.raises(OptionError, match="no plain form"):
        sx.to_data(Piecewise([(1, Callable(lambda *_: 0.1))]))


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Constant(float("nan")), "value of constant must be a finite number, not nan"),
        (lambda: Constant("0.1"), "value of constant"),
        (lambda: Linear(0.1, 0.0, 0), "epochs of linear must be a number > 0"),
        (lambda: Linear(float("inf"), 0.0, 1), "start of linear"),
        (lambda: Exponential(0.1, 0.0), "factor of exponential"),
        (lambda: Step(0.1), "either every=EPOCHS or at="),
        (lambda: Step(0.1, every=2, at=[3]), "either every=EPOCHS or at="),
        (lambda: Step(0.1, every=0), "every of step"),
        (lambda: Step(0.1, at=[3, 2]), "at of step must be epochs > 0 in rising order"),
        (lambda: Step(0.1, at=[0]), "at of step"),
        (lambda: Step(0.1, at=["soon"]), "at of step"),
        (lambda: Step(0.1, at=3), "at of step"),
        (lambda: Step(0.1, -1, every=2), "factor of step"),
        (lambda: Cosine(0.1, 5, warmup=5), "warm-up of 5 epochs must be shorter than all 5"),
        (lambda: Cosine(0.1, 5, warmup=-1), "warmup of cosine"),
        (lambda: OneCycle(0.1, 5, rise=1.0), "rise of one_cycle"),
        (lambda: OneCycle(0.1, 5, start="low"), "start of one_cycle"),
        (lambda: Ramp(0.5, -0.1, 0.9), "never lead from 0.5 to 0.9"),
        (lambda: Ramp(0.5, 0.0, 0.9), "never lead"),
        (lambda: ReduceOnPlateau(0.1, factor=1.0), "factor of reduce_on_plateau"),
        (lambda: ReduceOnPlateau(0.1, patience=-1), "patience of reduce_on_plateau"),
        (lambda: ReduceOnPlateau(0.1, patience=1.5), "patience of reduce_on_plateau"),
        (lambda: ReduceOnPlateau(0.1, monitor="accuracy"), "monitor"),
        (lambda: Piecewise([]), "list of"),
        (lambda: Piecewise(0.1), "list of"),
        (lambda: Piecewise([0.1]), "pairs"),
        (lambda: Piecewise([(0, 0.1)]), "epochs of a piece"),
        (lambda: Piecewise([(1, "slow")]), "value of a piece"),
        (lambda: Piecewise([(1, {"kind": "lineal"})]), "linear"),
        (lambda: Callable(0.1), "a function of"),
        (lambda: Schedule.of("cosine"), "cosine needs start, epochs"),
        (lambda: Schedule.of("cosine", start=0.1, epochs=3, until=0), "no option 'until'"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Any, match: str) -> None:
    with pytest.raises(OptionError, match=match):
        make()
