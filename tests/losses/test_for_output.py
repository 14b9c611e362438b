from __future__ import annotations

import numpy as np
import pytest

from synapse_rx.activations import Activation, Sigmoid, Softmax
from synapse_rx.errors import LossError
from synapse_rx.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    CrossEntropy,
    Loss,
    MeanSquaredError,
    SquaredError,
)

PROBABILITIES = ["sigmoid", "softmax", "binary_threshold", "binary_stochastic", "binary_probability"]
OTHERS = ["linear", "tanh", "relu", "leaky_relu", "elu", "gelu", "softplus", "swish", "bipolar_threshold"]


def test_cross_entropy_behind_a_softmax_is_categorical() -> None:
    assert CrossEntropy().for_output(Softmax()) == CategoricalCrossEntropy()


@pytest.mark.parametrize("name", [name for name in PROBABILITIES if name != "softmax"])
def test_cross_entropy_behind_other_probabilities_is_binary(name: str) -> None:
    assert CrossEntropy().for_output(Activation.of(name)) == BinaryCrossEntropy()


@pytest.mark.parametrize("loss", [CrossEntropy(), BinaryCrossEntropy(), CategoricalCrossEntropy()], ids=str)
@pytest.mark.parametrize("name", OTHERS)
def test_cross_entropy_is_refused_where_outputs_are_no_probabilities(loss: Loss, name: str) -> None:
    with pytest.raises(LossError, match=rf'{loss.kind} takes outputs in \[0, 1\].*{name}.*"squared_error"'):
        loss.for_output(Activation.of(name))


@pytest.mark.parametrize("loss", [BinaryCrossEntropy(), CategoricalCrossEntropy()], ids=str)
@pytest.mark.parametrize("name", PROBABILITIES)
def test_a_cross_entropy_asked_for_by_name_is_taken_behind_any_probability(loss: Loss, name: str) -> None:
    assert loss.for_output(Activation.of(name)) is loss


@pytest.mark.parametrize("loss", [SquaredError(), MeanSquaredError()], ids=str)
@pytest.mark.parametrize("name", PROBABILITIES + OTHERS)
def test_squared_errors_are_taken_behind_everything(loss: Loss, name: str) -> None:
    assert loss.for_output(Activation.of(name)) is loss


@pytest.mark.parametrize(
    ("loss", "link"),
    [
        ("squared_error", "linear"),
        ("mean_squared_error", "linear"),
        ("binary_cross_entropy", "sigmoid"),
        ("categorical_cross_entropy", "softmax"),
    ],
)
def test_each_loss_has_one_canonical_link(loss: str, link: str) -> None:
    named = [member for member in Activation.members() if member.function_field is None]
    linked = {member.kind for member in named if Loss.of(loss).links(member())}

    assert linked == {link}


def test_the_choice_itself_judges_nothing() -> None:
    y = np.ones((1, 1))

    assert not CrossEntropy().links(Sigmoid())
    with pytest.raises(AssertionError, match="ask for_output"):
        CrossEntropy().values(y, y, y, None)  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match="ask for_output"):
        CrossEntropy().gradient(y, y, y, 1.0, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "loss"),
    [("sum-of-squares", SquaredError()), ("mse", MeanSquaredError()), ("cross-entropy", CrossEntropy())],
)
def test_other_names_are_understood(name: str, loss: Loss) -> None:
    assert Loss.of(name) == loss
