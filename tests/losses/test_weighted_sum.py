from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.activations import Activation, Linear, Sigmoid, Softmax
from synapse_rx.errors import LossError
from synapse_rx.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    CrossEntropy,
    Huber,
    Loss,
    MeanAbsoluteError,
    SquaredError,
    WeightedSum,
)
from tests.losses.judged import judged, linked

MIXED = WeightedSum(losses=((0.3, "squared_error"), (0.7, "cross_entropy")))

weights = st.floats(0.01, 100)


@given(weights, weights)
def test_value_and_gradient_are_linear_in_the_weights(a: float, b: float) -> None:
    rng = np.random.default_rng(2)
    y, t = rng.standard_normal((4, 3)), rng.standard_normal((4, 3))

    both = judged(WeightedSum([(a, Huber()), (b, "mae")]), y, t, scale=0.25)

    for whole, first, second in zip(
        both, judged(Huber(), y, t, 0.25), judged(MeanAbsoluteError(), y, t, 0.25), strict=True
    ):
        np.testing.assert_allclose(whole, a * first + b * second, rtol=1e-12, atol=1e-14)


def test_a_sum_of_one_is_that_loss() -> None:
    y, t = [[1, 2], [3, 4]], [[0, 0], [1, 1]]

    for ours, plain in zip(
        judged(WeightedSum([(1, "mse")]), y, t), judged(Loss.of("mse"), y, t), strict=True
    ):
        np.testing.assert_array_equal(ours, plain)


@pytest.mark.parametrize("f", [Softmax(), Sigmoid(), Linear()], ids=str)
def test_it_is_linked_where_any_term_is(f: Activation) -> None:
    mixed = MIXED if not isinstance(f, Linear) else WeightedSum([(1, "mae"), (1, "mse")])

    assert mixed.for_output(f).links(f)
    assert not mixed.links(f)
    assert not WeightedSum([(1, "mae")]).for_output(f).links(f)


def test_linked_it_keeps_its_force_where_the_output_is_certain_and_wrong() -> None:
    loss = MIXED.for_output(Softmax())

    y, values, dz = linked(loss, [[1000, -1000]], [[0, 1]])

    np.testing.assert_array_equal(y, [[1, 0]])
    np.testing.assert_allclose(values, 0.3 * 1 + 0.7 * 2000)
    np.testing.assert_allclose(dz, [[0.7, -0.7]])


def test_each_term_is_chosen_by_the_output() -> None:
    chosen = MIXED.for_output(Softmax())

    assert isinstance(chosen, WeightedSum)
    assert set(chosen.losses) == {(0.3, SquaredError()), (0.7, CategoricalCrossEntropy())}
    assert MIXED.losses == ((0.3, SquaredError()), (0.7, CrossEntropy()))


def test_a_term_that_is_refused_refuses_the_sum() -> None:
    with pytest.raises(LossError, match="cross_entropy takes outputs in"):
        MIXED.for_output(Linear())


def test_a_sum_within_a_sum_is_taken_apart() -> None:
    nested = WeightedSum([(0.5, WeightedSum([(2, "mae"), (4, "mse")])), (1, "huber")])

    assert nested == WeightedSum([(1, "mae"), (2, "mse"), (1, "huber")])


@pytest.mark.parametrize("way", [copy.deepcopy, lambda loss: pickle.loads(pickle.dumps(loss))])
def test_it_survives_copies_and_pickles(way: Any) -> None:
    chosen = WeightedSum([(1, "binary_cross_entropy"), (1, Huber(2))]).for_output(Sigmoid())

    assert way(chosen) == chosen
    assert way(chosen).links(Sigmoid())


def test_it_survives_the_way_to_plain_data_and_back() -> None:
    loss = WeightedSum([(0.5, BinaryCrossEntropy(0.1, (1, 2))), (2, Huber(2))])
    data = loss.to_data()

    assert data["losses"][1] == [2.0, {"kind": "huber", "delta": 2.0}]  # type: ignore[index]
    assert Loss.of(data) == loss
    assert hash(Loss.of(data)) == hash(loss)
