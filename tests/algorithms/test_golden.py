"""Updates as worked out number by number from the formulas (tests/golden/algorithms.py), to 1e-12."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from synapse_rx.algorithms import Algorithm, Backprop, Lion, RMSprop, RProp
from synapse_rx.schedules import Ramp
from tests.problems import TinyProblem, parabola

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "algorithms.json").read_text(encoding="utf-8"))
ALGORITHMS: dict[str, Algorithm] = {
    "gains": Backprop(0.4, adaptive=True),
    "gains, momentum": Backprop(0.2, momentum=0.5, adaptive=True),
    "gains, nesterov": Backprop(0.2, momentum=0.5, nesterov=True, adaptive=True),
    "gains, narrow": Backprop(0.4, momentum=0.1, adaptive=True, min_gain=0.9, max_gain=1.1),
    "raised momentum": Backprop(0.1, momentum=Ramp(0.5, 0.15, 0.9)),
    "rprop synaptic": RProp(0.9, variant="synaptic"),
    "rprop synaptic, momentum": RProp(0.5, 0.1, 0.7, variant="synaptic", momentum=0.4),
    "rprop+": RProp(0.9, variant="rprop+"),
    "irprop+": RProp(0.9, variant="irprop+"),
    "rmsprop synaptic": RMSprop(0.01, variant="synaptic"),
    "rmsprop synaptic, momentum": RMSprop(0.5, 0.8, momentum=0.6, variant="synaptic"),
    "rmsprop synaptic, nesterov": RMSprop(0.5, 0.8, momentum=0.6, nesterov=True, variant="synaptic"),
    "rmsprop nesterov": RMSprop(0.3, 0.9, 0.001, momentum=0.7, nesterov=True),
    "lion": Lion(0.3),
    "lion, decay": Lion(0.7, 0.6, 0.8, 0.1),
}


@pytest.mark.parametrize("name", GOLDEN["tables"])
def test_updates_are_those_of_the_table(name: str) -> None:
    algorithm, table = ALGORITHMS[name], np.array(GOLDEN["tables"][name], float)
    problem = TinyProblem(parabola, np.array(GOLDEN["start"], float))
    state = algorithm.init(problem)

    for n, expected in enumerate(table):
        algorithm.at(n / 10, n).step(problem, state)

        np.testing.assert_allclose(problem.theta, expected, rtol=1e-12, atol=1e-12, err_msg=f"step {n + 1}")


def test_signs_turn_in_the_tables_of_rprop() -> None:
    tables = {name: np.array(rows, float) for name, rows in GOLDEN["tables"].items()}

    for name in ("rprop synaptic", "rprop synaptic, momentum", "rprop+", "irprop+"):
        steps = np.sign(np.diff(tables[name], axis=0))
        assert (steps[1:] * steps[:-1] < 0).any(), name
    assert not np.array_equal(tables["rprop+"], tables["irprop+"])
