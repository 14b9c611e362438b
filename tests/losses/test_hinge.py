from __future__ import annotations

import numpy as np
import pytest

from synapse_rx.activations import Activation
from synapse_rx.errors import LossError
from synapse_rx.losses import Hinge, Loss, MultiClassHinge
from tests.losses.judged import judged
from tests.scratches import central_differences

Y = [[0.5, -2, 3], [1, 1, -1], [-0.25, 0, 0.75]]


@pytest.mark.parametrize("no", [0, -1])
def test_targets_say_yes_and_no(no: int) -> None:
    values, dy = judged(Hinge(), [[0.25], [0.25], [2], [-2]], [[1], [no], [1], [no]])

    np.testing.assert_array_equal(values, [0.75, 1.25, 0, 0])
    np.testing.assert_array_equal(dy, [[-1], [1], [0], [0]])


def test_several_outputs_are_each_against_the_rest() -> None:
    values, dy = judged(Hinge(), [[0.5, -0.5, 0.5]], [[1, 0, 0]])

    assert values == [0.5 + 0.5 + 1.5]
    np.testing.assert_array_equal(dy, [[-1, 1, 1]])


def test_squared_it_is_smooth_at_the_margin() -> None:
    values, dy = judged(Hinge(margin=2, squared=True), [[0.5, 2.5, 2 - 1e-9]], [[1, 1, 1]])

    np.testing.assert_allclose(values, [2.25])
    np.testing.assert_allclose(dy, [[-3, 0, 0]], atol=1e-8)


def test_the_right_output_is_compared_with_the_best_other() -> None:
    values, dy = judged(MultiClassHinge(), Y, np.eye(3))

    np.testing.assert_array_equal(values, [3.5, 1, 0.25])
    np.testing.assert_array_equal(dy, [[-1, 0, 1], [1, -1, 0], [0, 1, -1]])


def test_squared_it_pulls_twice_the_violation() -> None:
    values, dy = judged(MultiClassHinge(margin=2, squared=True), Y, np.eye(3), scale=0.5)

    np.testing.assert_array_equal(values, [4.5**2, 4, 1.25**2])
    np.testing.assert_array_equal(dy, [[-4.5, 0, 4.5], [2, -2, 0], [0, 1.25, -1.25]])


def test_equal_rivals_share_the_pull() -> None:
    values, dy = judged(MultiClassHinge(), [[0, 0.5, 0.5, 0.5, -1]], [[1, 0, 0, 0, 0]])

    assert values == [1.5]
    np.testing.assert_allclose(dy, [[-1, 1 / 3, 1 / 3, 1 / 3, 0]])


def test_of_several_right_outputs_the_least_is_compared() -> None:
    values, dy = judged(MultiClassHinge(), [[3, 1, 2, 1.5]], [[1, 1, -1, -1]])

    assert values == [2]
    np.testing.assert_array_equal(dy, [[0, -1, 1, 0]])


@pytest.mark.parametrize("t", [[[0, 0]], [[1, 1]], [[-1, -1]]])
def test_a_sample_of_no_class_or_of_all_costs_nothing(t: list[list[int]]) -> None:
    values, dy = judged(MultiClassHinge(), [[5, -5]], t)

    assert values == [0]
    np.testing.assert_array_equal(dy, 0)


def test_a_single_output_of_many_rivals_is_gradient_checked(rng: np.random.Generator) -> None:
    y, t = rng.standard_normal((6, 100)), np.eye(100)[rng.integers(0, 100, 6)]

    for loss in (MultiClassHinge(), MultiClassHinge(0.2, squared=True)):
        expected = central_differences(lambda x, loss=loss: float(judged(loss, x, t)[0].sum()), y)
        np.testing.assert_allclose(judged(loss, y, t)[1], expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", ["sigmoid", "softmax", "relu", "softplus", "binary_threshold"])
def test_one_sided_outputs_have_no_sides(name: str) -> None:
    with pytest.raises(LossError, match=rf'hinge takes outputs of either sign.*{name}.*"linear" or "tanh"'):
        Hinge().for_output(Activation.of(name))


@pytest.mark.parametrize("name", ["linear", "tanh", "leaky_relu", "bipolar_threshold"])
def test_two_sided_outputs_are_taken(name: str) -> None:
    assert Hinge().for_output(Activation.of(name)) == Hinge()


def test_other_names_are_understood() -> None:
    assert Loss.of("crammer-singer", margin=2) == MultiClassHinge(2)
