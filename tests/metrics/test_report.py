from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.errors import LabelError, ShapeError, UnknownNameError
from synapse_rx.metrics import ClassificationReport, Scores, classification_report

TARGETS = ["cat", "dog", "cat", "bird", "cat"]
PREDICTIONS = ["cat", "dog", "dog", "bird", "cat"]

pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30)


def close(ours: Scores, *numbers: Any) -> bool:
    return (ours.precision, ours.recall, ours.f1) == pytest.approx(numbers, abs=1e-12)


def test_each_class_has_its_scores() -> None:
    report = classification_report(TARGETS, PREDICTIONS)

    assert report.labels == ("bird", "cat", "dog")
    assert report["cat"] == Scores(1.0, 2 / 3, 0.8, 3)
    assert close(report["dog"], 0.5, 1, 2 / 3)
    assert report.accuracy == 0.8


def test_averages_weigh_classes_alike_or_by_their_samples() -> None:
    report = classification_report(TARGETS, PREDICTIONS)

    assert close(report.macro, 2.5 / 3, 8 / 9, (1 + 0.8 + 2 / 3) / 3)
    assert close(report.weighted, (1 + 3 + 0.5) / 5, 0.8, (1 + 3 * 0.8 + 2 / 3) / 5)
    assert report.micro == Scores(0.8, 0.8, 0.8, 5)


@pytest.mark.peer("sklearn")
@given(pairs)
def test_it_is_that_of_scikit_learn(samples: list[tuple[int, int]]) -> None:
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    targets, predictions = map(np.array, zip(*samples, strict=True))
    labels = list(range(5))

    report = classification_report(targets, predictions, labels)

    options: Any = {"labels": labels, "zero_division": 0}
    table = precision_recall_fscore_support(targets, predictions, **options)
    for ours, *theirs, support in zip(report.classes, *table, strict=True):
        assert close(ours, *theirs)
        assert ours.support == support
    for average in ("macro", "micro", "weighted"):
        *theirs, _ = precision_recall_fscore_support(targets, predictions, average=average, **options)
        assert close(getattr(report, average), *theirs)
    assert report.accuracy == pytest.approx(accuracy_score(targets, predictions), abs=1e-12)


@given(pairs)
def test_the_order_of_samples_does_not_matter(samples: list[tuple[int, int]]) -> None:
    forth, back = (
        classification_report(*zip(*some, strict=True), range(5)) for some in (samples, samples[::-1])
    )

    assert forth == back
    assert hash(forth) == hash(back)


def test_classes_that_never_occur_have_scores_of_zero() -> None:
    report = classification_report([0, 0], [0, 0], labels=[0, 1])

    assert report[1] == Scores(0, 0, 0, 0)
    assert report.macro.f1 == 0.5
    assert report.weighted.f1 == 1


def test_labels_keep_the_order_they_are_given_in() -> None:
    assert classification_report(TARGETS, PREDICTIONS, ["dog", "cat", "bird"]).labels == (
        "dog",
        "cat",
        "bird",
    )


@pytest.mark.parametrize("way", [list, tuple, np.array, lambda some: np.array(some, object)])
def test_labels_may_come_in_any_sequence(way: Any) -> None:
    assert classification_report(way(TARGETS), way(PREDICTIONS)) == classification_report(
        TARGETS, PREDICTIONS
    )


def test_labels_of_several_types_are_taken_in_the_order_given() -> None:
    report = classification_report([0, "none", 1], [0, 0, 1], labels=[0, 1, "none"])

    assert report["none"].support == 1


def test_a_report_can_be_made_of_a_confusion_matrix() -> None:
    assert ClassificationReport.of([[2, 1], [0, 3]]).labels == (0, 1)
    assert ClassificationReport.of([[2, 1], [0, 3]], ["a", "b"])["b"].recall == 1


def test_no_samples_are_no_mistake() -> None:
    report = classification_report([], [], labels=["a", "b"])

    assert report.accuracy == 0
    assert report.micro.support == 0
    assert ClassificationReport.of(np.zeros((0, 0), int)).accuracy == 0


def test_it_prints_as_a_table() -> None:
    assert repr(classification_report(TARGETS, PREDICTIONS)).splitlines() == [
        "                  precision  recall     F1  support",
        "          'bird'      1.000   1.000  1.000        1",
        "           'cat'      1.000   0.667  0.800        3",
        "           'dog'      0.500   1.000  0.667        1",
        "",
        "   macro average      0.833   0.889  0.822        5",
        "weighted average      0.900   0.800  0.813        5",
        "        accuracy                     0.800        5",
    ]


@pytest.mark.parametrize(
    ("targets", "predictions", "labels", "error", "message"),
    [
        ([0, 1], [0], None, ShapeError, "one prediction a target, not 1 for 2"),
        (
            [0, 5],
            [0, 1],
            [0, 1],
            LabelError,
            r"targets are wanted as labels, one of \(0, 1\), but number 1 is 5",
        ),
        ([0, 1], ["0", 1], [0, 1], LabelError, "predictions are wanted as labels, .* number 0 is '0'"),
        ([0, 1], [0, 1], [0, 1, 1], LabelError, r"labels= names a class twice: \(0, 1, 1\)"),
        ([0, "a"], [0, 1], None, LabelError, "labels of several types have no order; give labels="),
        (np.eye(2), [0, 1], None, ShapeError, "labels are wanted as a vector of labels"),
        ([[0], [1]], [0, 1], [0, 1], ShapeError, "targets are wanted as a vector of labels"),
    ],
)
def test_what_does_not_fit_is_refused(
    targets: Any, predictions: Any, labels: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        classification_report(targets, predictions, labels)


def test_a_matrix_that_is_none_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"as many rows as columns, not \(1, 2\)"):
        ClassificationReport.of([[1, 2]])
    with pytest.raises(LabelError, match="of 2 classes has 1 labels"):
        ClassificationReport.of(np.eye(2), ["a"])


def test_a_class_that_is_none_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="there is no class 'fish'; there are 'bird', 'cat', 'dog'"):
        classification_report(TARGETS, PREDICTIONS)["fish"]
