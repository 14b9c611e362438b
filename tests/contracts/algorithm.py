"""
The contract that every training algorithm keeps.

    @pytest.mark.parametrize("algorithm", [Mine(), Mine(momentum=0.9)], ids=str)
    class TestMine(AlgorithmContract): ...

Members of the family are covered without that, with the options they have by default (`tests/algorithms`).
"""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import attrs
import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.algorithms import Algorithm, FullBatchAlgorithm
from synapse_rx.errors import LossError, OptionError
from synapse_rx.fast import why_not
from synapse_rx.snapshot import Net, Slots
from tests.nets import SECONDS, learner, trained
from tests.problems import TinyProblem, bowl, drive, minimise, round_bowl
from tests.scratches import growth, peak_allocation

START = np.array([0.5, -1.0, 2.0, 7.0, -3.0, 0.1, 4.0])
STEPS = 4


class AlgorithmContract:
    """What holds for every algorithm; tests take it as the parameter ``algorithm``."""

    def test_it_is_a_frozen_value(self, algorithm: Algorithm) -> None:
        twin = copy.deepcopy(algorithm)

        assert twin == algorithm
        assert hash(twin) == hash(algorithm)
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            algorithm.learning_rate = 1.0  # type: ignore[attr-defined]

    def test_it_survives_the_way_to_plain_data_and_back(self, algorithm: Algorithm) -> None:
        data = json.loads(json.dumps(sx.to_data(algorithm)))

        assert sx.from_data(Algorithm, data) == algorithm

    def test_it_goes_downhill(self, algorithm: Algorithm) -> None:
        problem = TinyProblem(bowl, START)

        theta = minimise(algorithm, problem, 10 * STEPS)

        assert np.isfinite(theta).all()
        assert bowl(theta)[0] < bowl(START)[0]

    def test_it_is_deterministic(self, algorithm: Algorithm) -> None:
        thetas = [minimise(algorithm, TinyProblem(bowl, START), STEPS) for _ in range(2)]

        np.testing.assert_array_equal(*thetas)

    def test_resuming_from_its_state_is_going_on(self, algorithm: Algorithm) -> None:
        straight = minimise(algorithm, TinyProblem(bowl, START), 2 * STEPS)

        first = TinyProblem(bowl, START)
        state = algorithm.init(first)
        drive(algorithm, first, state, STEPS)
        kept = pickle.loads(pickle.dumps(Slots({name: _copied(value) for name, value in state.items()})))
        second = TinyProblem(bowl, first.theta)
        drive(algorithm, second, {name: _copied(value) for name, value in kept.items()}, STEPS)

        np.testing.assert_array_equal(second.theta, straight)

    def test_its_state_is_made_of_arrays_and_numbers(self, algorithm: Algorithm) -> None:
        problem = TinyProblem(bowl, START)
        state = algorithm.init(problem)

        drive(algorithm, problem, state, STEPS)

        assert all(isinstance(value, np.ndarray | int | float) for value in state.values())
        assert state.keys() == algorithm.init(problem).keys()

    def test_an_edit_that_changes_nothing_changes_nothing(self, algorithm: Algorithm) -> None:
        straight = minimise(algorithm, TinyProblem(bowl, START), STEPS)

        problem = TinyProblem(bowl, START)
        state = algorithm.init(problem)
        for _ in range(STEPS):
            drive(evolve(algorithm), problem, state, 1)

        np.testing.assert_array_equal(problem.theta, straight)

    def test_blocks_give_what_the_whole_vector_gives(self, algorithm: Algorithm) -> None:
        whole = minimise(algorithm, TinyProblem(bowl, START), STEPS)

        blocked = minimise(algorithm, TinyProblem(bowl, START, block=3), STEPS)

        np.testing.assert_array_equal(blocked, whole)

    @pytest.mark.skipif(why_not() is not None, reason=f"kernels are not compiled: {why_not()}")
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_compiled_it_takes_the_very_same_steps(self, algorithm: Algorithm, dtype: Any) -> None:
        start = np.tile(START, 20).astype(dtype)
        plain, fast = TinyProblem(bowl, start), TinyProblem(bowl, start, fast=True)
        states = [algorithm.init(plain), algorithm.init(fast)]

        for problem, state in zip((plain, fast), states, strict=True):
            drive(algorithm, problem, state, 3 * STEPS)

        np.testing.assert_array_equal(fast.theta, plain.theta)
        assert Slots(states[0]) == Slots(states[1])
        assert fast.theta.dtype == dtype

    def test_float32_stays_float32(self, algorithm: Algorithm) -> None:
        problem = TinyProblem(bowl, START.astype(np.float32))
        state = algorithm.init(problem)
        types = {name: value.dtype for name, value in state.items() if isinstance(value, np.ndarray)}

        drive(algorithm, problem, state, STEPS)

        assert problem.theta.dtype == problem.grad.dtype == np.float32
        assert {name: state[name].dtype for name in types} == types
        assert np.float64 not in types.values()

    def test_many_blocks_of_a_large_vector_give_what_one_gives(self, algorithm: Algorithm) -> None:
        start = np.tile(START, 20_000).astype(np.float32)
        whole = minimise(algorithm, TinyProblem(round_bowl, start), STEPS)

        blocked = minimise(algorithm, TinyProblem(round_bowl, start, block=1 << 16), STEPS)

        np.testing.assert_array_equal(blocked, whole)

    def test_no_parameters_are_no_trouble(self, algorithm: Algorithm) -> None:
        problem = TinyProblem(bowl, np.zeros(0), block=1)

        assert minimise(algorithm, problem, STEPS).shape == (0,)

    def test_a_step_allocates_nothing_that_grows_with_the_parameters(self, algorithm: Algorithm) -> None:
        problem = TinyProblem(round_bowl, np.tile(START, 20_000).astype(np.float32), block=1 << 12)
        state = algorithm.init(problem)
        drive(algorithm, problem, state, STEPS)

        assert peak_allocation(lambda: drive(algorithm, problem, state, 1)) < problem.theta.nbytes / 4

    def test_many_steps_leave_memory_as_it_was(self, algorithm: Algorithm) -> None:
        problem = TinyProblem(round_bowl, START)
        state = algorithm.init(problem)

        assert growth(lambda: drive(algorithm, problem, state, 200)) < 400  # two bytes a step

    def test_a_network_trained_in_pieces_is_the_network_trained_at_once(self, algorithm: Algorithm) -> None:
        net, data = _task(algorithm)
        straight = trained(net, data, 2)
        # An iteration of a full-batch algorithm is begun anew after resuming, so its pieces are iterations.
        batches = None if isinstance(algorithm, FullBatchAlgorithm) else 1

        piecewise = net
        while piecewise.training.stats.epochs < 2:
            learning = learner(piecewise, data)
            learning.learn(SECONDS, batches)
            piecewise = pickle.loads(pickle.dumps(learning.merge(piecewise)))

        np.testing.assert_array_equal(piecewise.params.flat, straight.params.flat)
        assert piecewise.training.state.slots == straight.training.state.slots
        assert piecewise.training.stats.loss == straight.training.stats.loss

    def test_a_network_of_float32_stays_so(self, algorithm: Algorithm) -> None:
        net, data = _task(algorithm)

        after = trained(net, data)

        slots = after.training.state.slots.values()
        arrays = [slot for slot in slots if isinstance(slot, np.ndarray)]
        assert {array.dtype for array in (after.params.flat, *arrays)} & {np.dtype(np.float64)} == set()
        assert not np.array_equal(after.params.flat, net.params.flat)
        assert np.isfinite(after.params.flat).all()


def _task(algorithm: Algorithm) -> tuple[Net, sx.TrainingSet]:
    """Return a network that ``algorithm`` can train, with batches of 4, 4 and 3 samples."""
    rng = np.random.default_rng(5)
    data = sx.training_set(rng.standard_normal((11, 3)), [0, 1] * 5 + [1], batch=4, seed=1)
    shapes: list[Any] = [([3, 4, 2], ["tanh", "softmax"]), ([3, 2], "binary_threshold")]
    for units, activations in shapes:
        try:
            net = sx.mlp(units, activations, sx.training(algorithm)).value
            learner(net, data)
        except (LossError, OptionError):
            continue
        return net, data
    pytest.skip(f"{algorithm!r} trains neither of the networks of this test")


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value
