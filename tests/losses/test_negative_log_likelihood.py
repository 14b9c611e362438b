from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.activations import LogSoftmax, ReLU, Softmax
from synapse_rx.errors import LabelError, LossError
from synapse_rx.losses import CategoricalCrossEntropy, Censored, CrossEntropy, Loss, NegativeLogLikelihood
from tests.losses.judged import judged, linked
from tests.scratches import central_differences

OPTIONS: list[dict[str, Any]] = [
    {},
    {"label_smoothing": 0.2},
    {"class_weights": (1, 0.5, 2, 0, 3)},
    {"label_smoothing": 0.2, "class_weights": (1, 0.5, 2, 0, 3)},
]


def log_softmax(z: Any) -> Any:
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_behind_its_link_it_is_the_categorical_cross_entropy_of_the_same_logits(
    options: dict[str, Any], rng: np.random.Generator
) -> None:
    z, t = 20 * rng.standard_normal((16, 5)), rng.dirichlet(np.ones(5), 16)

    y, values, dz = linked(NegativeLogLikelihood(**options), z, t, 1 / 16)

    probabilities, expected, gradient = linked(CategoricalCrossEntropy(**options), z, t, 1 / 16)
    np.testing.assert_allclose(np.exp(y), probabilities, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(values, expected, rtol=1e-12)
    np.testing.assert_allclose(dz, gradient, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_away_from_its_link_the_value_is_the_same(options: dict[str, Any], rng: np.random.Generator) -> None:
    z, t = 5 * rng.standard_normal((7, 5)), rng.dirichlet(np.ones(5), 7)
    loss = NegativeLogLikelihood(**options)

    values, dy = judged(loss, log_softmax(z), t)

    np.testing.assert_allclose(values, linked(loss, z, t)[1], rtol=1e-12)
    expected = central_differences(lambda y: float(judged(loss, y, t)[0].sum()), log_softmax(z))
    np.testing.assert_allclose(dy, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.peer("torch")
def test_it_is_that_of_pytorch(rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    z, classes = 20 * rng.standard_normal((16, 5)), rng.integers(0, 5, 16)
    y, values, dz = linked(NegativeLogLikelihood(), z, np.eye(5)[classes])

    x = torch.tensor(z, requires_grad=True)
    outputs = torch.nn.functional.log_softmax(x, 1)
    expected = torch.nn.functional.nll_loss(outputs, torch.tensor(classes), reduction="none")
    expected.sum().backward()

    np.testing.assert_allclose(y, outputs.detach().numpy(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(values, expected.detach().numpy(), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(dz, x.grad.numpy(), rtol=1e-12, atol=1e-12)


def test_a_certain_and_wrong_output_costs_what_its_logits_say() -> None:
    y, values, dz = linked(NegativeLogLikelihood(), [[1000.0, 0.0]], [[0.0, 1.0]])

    np.testing.assert_array_equal(y, [[0, -1000]])
    np.testing.assert_array_equal(values, [1000])
    np.testing.assert_array_equal(dz, [[1, -1]])


def test_the_logarithm_of_zero_costs_nothing_where_it_is_not_the_target() -> None:
    values, dy = judged(NegativeLogLikelihood(), [[0.0, -np.inf]], [[1.0, 0.0]])

    np.testing.assert_array_equal(values, [0])
    np.testing.assert_array_equal(dy, [[-1, 0]])


def test_missing_targets_are_left_out() -> None:
    z, t = np.array([[1.0, 2.0, 0.5]]), np.array([[0.0, np.nan, 1.0]])

    _, values, _ = linked(Censored(NegativeLogLikelihood()), z, t)

    np.testing.assert_allclose(values, [-log_softmax(z)[0, 2]])


def test_cross_entropy_behind_a_log_softmax_is_this_loss_with_its_options() -> None:
    chosen = CrossEntropy(label_smoothing=0.1).for_output(LogSoftmax())

    assert chosen == NegativeLogLikelihood(label_smoothing=0.1)
    assert Loss.of("nll").for_output(LogSoftmax()) == NegativeLogLikelihood()


@pytest.mark.parametrize("output", [Softmax(), ReLU()], ids=str)
def test_outputs_that_are_no_logarithms_are_refused(output: Any) -> None:
    with pytest.raises(LossError, match=rf"logarithms of probabilities.*{output.kind}.*log_softmax"):
        NegativeLogLikelihood().for_output(output)


@pytest.mark.parametrize("loss", [NegativeLogLikelihood(), CategoricalCrossEntropy()], ids=str)
def test_only_the_last_axis_is_linked(loss: Loss) -> None:
    link = LogSoftmax if isinstance(loss, NegativeLogLikelihood) else Softmax

    assert loss.links(link())
    assert not loss.links(link(axis=0))


def test_targets_must_be_probabilities() -> None:
    with pytest.raises(LabelError, match=r"targets must be in \[0, 1\]"):
        NegativeLogLikelihood().check_targets(np.array([[2.0, 0.0]]))
