"""What an evaluation works out when asked: the report on each class and the area under the ROC curve."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import DataError, LabelError
from synapse_rx.metrics import auc, classification_report
from synapse_rx.network import Evaluation
from synapse_rx.snapshot import Net
from tests.nets import blobs, small_net, trained


@cache
def learnt() -> Net:
    """
    Return a network that has learnt; trained when first asked, so that collecting tests compiles nothing.
    """
    return trained(small_net(), blobs(), 5)


def test_the_report_is_that_of_the_estimates() -> None:
    data = blobs().data
    assert data.y is not None and data.labels is not None
    wanted = [data.labels[i] for i in data.y.argmax(axis=1)]

    report = sx.evaluate(learnt(), data).report

    assert report == classification_report(wanted, sx.estimate(learnt(), data), data.labels)


def test_the_report_and_the_evaluation_agree_on_the_accuracy() -> None:
    evaluation = sx.evaluate(learnt(), blobs())

    assert evaluation.report.accuracy == pytest.approx(evaluation.accuracy)


def test_the_area_is_that_of_outputs_and_targets() -> None:
    data = blobs().data
    assert data.y is not None

    evaluation = sx.evaluate(learnt(), data)

    assert evaluation.auc == auc(data.y, sx.outputs(learnt(), data))
    assert 0.5 < evaluation.auc <= 1


def test_one_output_for_yes_and_no_has_an_area() -> None:
    x = np.linspace(-1, 1, 20)[:, None]
    data = sx.training_set(x, (x > 0.2).astype(int), targets="values")
    net = sx.mlp([1, 1], ["sigmoid"])

    evaluation = sx.evaluate(net, data)

    assert evaluation.auc in (0, 1)  # one weight can but keep the order or turn it round
    with pytest.raises(DataError, match="a report is for classes; these targets are values"):
        _ = evaluation.report


def test_values_have_no_area() -> None:
    x = np.linspace(-1, 1, 20)[:, None]

    evaluation = sx.evaluate(sx.mlp([1, 1], ["linear"]), sx.training_set(x, x, targets="values"))

    with pytest.raises(LabelError, match="these targets have other values"):
        _ = evaluation.auc


def test_outputs_and_targets_are_kept_and_cannot_be_written_to() -> None:
    data = blobs().data

    evaluation = sx.evaluate(learnt(), data)

    np.testing.assert_array_equal(evaluation.outputs, sx.outputs(learnt(), data))
    assert evaluation.targets is data.y
    with pytest.raises(ValueError, match="read-only"):
        evaluation.outputs[0] = 0  # type: ignore[index]


def test_without_them_there_is_no_area() -> None:
    with pytest.raises(DataError, match="needs outputs and targets"):
        _ = Evaluation(1, {"misclassification": 0.0}).auc
