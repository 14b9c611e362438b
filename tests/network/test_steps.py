"""Outputs and targets of several axes: one for every step of a sequence, images, and what only looks alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import LabelError, ShapeError
from tests.nets import trained

X = np.random.default_rng(0).integers(0, 2, (60, 5, 1)).astype(float)
PARITY = (X.cumsum(1)[:, :, 0] % 2).astype(int)
WORDS = np.where(PARITY == 1, "odd", "even")
ONE_HOT = np.eye(2)[PARITY]


def reader(**options: Any) -> Any:
    how = sx.training("adam", learning_rate=0.05, **options)
    layers = [sx.GRU(8, returns="sequence"), sx.TimeDistributed(sx.Dense(2, "softmax"))]
    return sx.neural_net([sx.Input((5, 1)), *layers], how).value


@pytest.fixture(scope="module")
def data() -> sx.TrainingSet:
    return sx.training_set(X, WORDS, targets="steps", batch=10, nvalid=10)


@pytest.fixture(scope="module")
def net(data: sx.TrainingSet) -> Any:
    return trained(reader(), data, 60)


def test_a_class_at_every_step_is_learnt(net: Any, data: sx.TrainingSet) -> None:
    assert net.labels == data.classes == ("even", "odd")
    assert net.training.stats.validation["misclassification"][-1] == 0
    np.testing.assert_array_equal(sx.estimate(net, X), WORDS)


def test_every_step_counts_in_an_evaluation(net: Any) -> None:
    found = sx.evaluate(net, sx.test_set(X, WORDS, targets="steps", known_labels=net.labels))

    assert found.accuracy == 1
    assert found.confusion is not None
    np.testing.assert_array_equal(found.confusion, np.diag(np.bincount(PARITY.ravel())))
    assert found.targets.shape == found.outputs.shape == (60, 5, 2)
    assert found.auc == 1
    assert found.report["odd"].recall == 1


def test_classes_of_steps_are_kept_in_files(data: sx.TrainingSet, tmp_path: Path) -> None:
    sx.save_training_set(data, tmp_path / "steps.safetensors")
    found = sx.load_training_set(tmp_path / "steps.safetensors")

    assert found == data
    assert found.classes == ("even", "odd")


def test_targets_of_steps_say_the_same_as_rows() -> None:
    of_steps = trained(reader(), sx.training_set(X, ONE_HOT, batch=10), 2)
    in_rows = trained(reader(), sx.training_set(X, ONE_HOT.reshape(60, 10), batch=10), 2)

    assert of_steps.params == in_rows.params


def test_steps_without_a_target_do_not_count() -> None:
    lengths = np.random.default_rng(1).integers(1, 6, 60)
    behind = np.arange(5) >= lengths[:, None]
    missing = np.where(behind[:, :, None], np.nan, ONE_HOT)
    net = reader(loss=sx.losses.Censored("cross_entropy"))

    net = trained(net, sx.training_set(X, missing, censored=True, batch=10), 60)

    assert (sx.outputs(net, X).argmax(axis=2) == PARITY)[~behind].all()


def test_targets_of_another_number_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"5 x 2\) as output, but there are 15 targets a sample"):
        sx.train(sx.atom(reader()), sx.training_set(X, np.zeros((60, 5, 3))), 1)


def test_targets_of_the_same_number_in_other_axes_are_refused() -> None:
    net = sx.neural_net([sx.Input((3, 4)), sx.TimeDistributed(sx.Dense(4))])

    with pytest.raises(ShapeError, match=r"each sample's targets have shape \(4 x 3\); put their axes"):
        sx.train(net, sx.training_set(np.zeros((2, 3, 4)), np.zeros((2, 4, 3))), 1)


@pytest.mark.parametrize("layers", [[sx.TimeDistributed(sx.Dense(4, "softmax"))], [sx.Reshape((3, 4, 1))]])
def test_as_many_classes_as_numbers_in_several_axes_are_refused(layers: list[Any]) -> None:
    net = sx.neural_net([sx.Input((3, 4)), *layers], sx.training(loss="squared_error"))
    data = sx.training_set(np.zeros((12, 3, 4)), np.arange(12))

    with pytest.raises(ShapeError, match="each sample is of one class; give it outputs of one axis"):
        sx.train(net, data, 1)


def test_classes_of_steps_are_refused_by_a_network_of_other_steps() -> None:
    net = sx.neural_net([sx.Input((5, 1)), sx.Dense(10, "softmax")])

    with pytest.raises(ShapeError, match="targets have shape"):
        sx.train(net, sx.training_set(X, WORDS, targets="steps"), 1)


@pytest.mark.parametrize(
    ("labels", "options", "words"),
    [
        (WORDS, {}, "targets='steps' for a class at every step"),
        (ONE_HOT, {"targets": "classes"}, "those of every step are"),
        (ONE_HOT, {"targets": "steps"}, r"a class for every step, \(N, steps\), not \(60, 5, 2\)"),
        (PARITY[:, 0], {"targets": "steps"}, r"\(N, steps\), not \(60,\)"),
        (PARITY, {"targets": "steps", "censored": True}, "classes cannot be censored"),
        ((PARITY, PARITY), {"targets": "steps"}, "about one output"),
        (WORDS, {"targets": "steps", "valid": sx.test_set(X, ONE_HOT)}, "validation has 10 targets of shape"),
        (ONE_HOT, {"valid": sx.test_set(X, ONE_HOT.reshape(60, 10))}, "validation has 10 targets with"),
    ],
)
def test_labels_that_are_no_steps_are_refused(labels: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(LabelError, match=words):
        sx.training_set(X, labels, **options)


@pytest.mark.parametrize("shape", [(10, 1, 1), (5, 1, 2), (2, 3, 4)])
@pytest.mark.parametrize("axis", [0, -1])
def test_a_softmax_over_any_axis_of_an_image_has_the_gradient_of_its_loss(shape: Any, axis: int) -> None:
    layers = [sx.Conv2D(shape[0], 1), sx.Activation(sx.activations.Softmax(axis))]
    net = sx.neural_net([sx.Input((2, *shape[1:])), *layers], "adam")
    rng = np.random.default_rng(3)
    data = sx.training_set(rng.random((4, 2, *shape[1:])), rng.random((4, *shape)))

    assert sx.check_gradients(net, data).ok
