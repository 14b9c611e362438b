"""How well each class is told from the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from ..errors import LabelError, ShapeError, UnknownNameError
from ..typing import Array
from .classes import all_labels, indexes
from .confusion import confusion_matrix


@frozen
class Scores:
    """
    Precision, recall and their harmonic mean F1, of one class or averaged over several.

    Attributes:
        precision: The share of what was taken for the class that belongs to it; 0 if nothing was.
        recall: The share of what belongs to the class that was taken for it; 0 if nothing does.
        f1: ``2 precision recall / (precision + recall)``; of an average, the average of the classes' F1.
        support: Samples that belong to the class, or to all of them.
    """

    precision: float
    recall: float
    f1: float
    support: int


@frozen(repr=False)
class ClassificationReport:
    """
    How well each class is told from the others; ``report["cat"]`` are the scores of one class.

    Attributes:
        labels: The classes in order.
        classes: The scores of each.
        macro: The mean over the classes.
        weighted: The mean over the classes, weighted by their support.
        micro: All decisions counted together; with one class a sample, its three numbers are the accuracy.
        accuracy: The share of samples that were taken for what they are; 0 if there are none.
    """

    labels: tuple[Any, ...]
    classes: tuple[Scores, ...]
    macro: Scores
    weighted: Scores
    micro: Scores
    accuracy: float

    @classmethod
    def of(cls, confusion: Any, labels: Sequence[Any] | None = None) -> ClassificationReport:
        """
        Return the report on a confusion matrix (`confusion_matrix`).

        Args:
            confusion: Counts, a row for each true class, a column for each predicted one.
            labels: The classes; by default 0, 1, 2, ...

        Raises:
            ShapeError: If the matrix is not square.
            LabelError: If there are more or fewer labels than classes.
        """
        counts = np.asarray(confusion)
        if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
            raise ShapeError(f"a confusion matrix has as many rows as columns, not {counts.shape}")
        names = tuple(range(len(counts)) if labels is None else labels)
        if len(names) != len(counts):
            raise LabelError(f"a confusion matrix of {len(counts)} classes has {len(names)} labels: {names}")
        right, wanted, taken = np.diagonal(counts), counts.sum(axis=1), counts.sum(axis=0)
        table = np.stack(
            [_ratio(right, taken), _ratio(right, wanted), _ratio(2 * right, wanted + taken)], axis=1
        )
        n = int(counts.sum())
        accuracy = float(right.sum() / max(n, 1))
        return cls(
            labels=names,
            classes=tuple(_scores(row, support) for row, support in zip(table, wanted, strict=True)),
            macro=_scores(table.sum(axis=0) / max(len(names), 1), n),
            weighted=_scores(wanted @ table / max(n, 1), n),
            micro=Scores(accuracy, accuracy, accuracy, n),
            accuracy=accuracy,
        )

    def __getitem__(self, label: Any) -> Scores:
        if label not in self.labels:
            raise UnknownNameError(
                f"there is no class {label!r}; there are {', '.join(map(repr, self.labels))}"
            )
        return self.classes[self.labels.index(label)]

    def __repr__(self) -> str:
        averages = {"macro": self.macro, "weighted": self.weighted}
        rows = [(repr(label), scores) for label, scores in zip(self.labels, self.classes, strict=True)]
        rows += [(f"{name} average", scores) for name, scores in averages.items()]
        width = max(len(name) for name, _ in rows)
        lines = [f"{'':{width}}  precision  recall     F1  support"]
        lines += [f"{name:>{width}}  {_row(scores)}" for name, scores in rows]
        lines.insert(len(self.labels) + 1, "")
        lines.append(f"{'accuracy':>{width}}  {'':9}  {'':6}  {self.accuracy:.3f}  {self.micro.support:7d}")
        return "\n".join(lines)


def classification_report(
    targets: Iterable[Any], predictions: Iterable[Any], labels: Sequence[Any] | None = None
) -> ClassificationReport:
    """
    Measure how well each class is told from the others.

    Args:
        targets: The true labels, (N,).
        predictions: The predicted labels, (N,), such as `estimate` gives.
        labels: All classes in order; by default those that occur, sorted.

    Raises:
        ShapeError: If the two are not equally long vectors.
        LabelError: If one is not among the labels.
    """
    names = all_labels(targets, predictions) if labels is None else tuple(labels)
    true, taken = indexes(targets, names, "targets"), indexes(predictions, names, "predictions")
    return ClassificationReport.of(confusion_matrix(true, taken, len(names)), names)


def _ratio(part: Array, whole: Array) -> Array:
    return part / np.maximum(whole, 1)


def _scores(row: Array, support: Any) -> Scores:
    precision, recall, f1 = map(float, row)
    return Scores(precision, recall, f1, int(support))


def _row(scores: Scores) -> str:
    return f"{scores.precision:9.3f}  {scores.recall:6.3f}  {scores.f1:5.3f}  {scores.support:7d}"
