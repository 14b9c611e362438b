"""Receiver operating characteristics: how hits are paid for with false alarms."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import cmp_using, field, frozen

from ..errors import DataError, LabelError, ShapeError, UnknownNameError
from ..typing import Array

AVERAGES = ("macro", "weighted")


def _read_only(values: Any) -> Array:
    array = np.array(values, np.float64)
    array.setflags(write=False)
    return array


@frozen(repr=False, hash=False)
class RocCurve:
    """
    How hits are paid for with false alarms, from the threshold that nothing reaches to the one that everything does.

    Attributes:
        fpr: False positive rate: the share of the negative samples whose score reaches the threshold.
        tpr: True positive rate: the share of the positive samples whose score does.
        thresholds: Falling, one for each distinct score, the first infinite.
    """

    fpr: Array = field(converter=_read_only, eq=cmp_using(eq=np.array_equal))
    tpr: Array = field(converter=_read_only, eq=cmp_using(eq=np.array_equal))
    thresholds: Array = field(converter=_read_only, eq=cmp_using(eq=np.array_equal))

    @property
    def auc(self) -> float:
        """The area under the curve: the chance that a positive sample scores higher than a negative one."""
        return float(np.sum(np.diff(self.fpr) * (self.tpr[1:] + self.tpr[:-1])) / 2)

    @property
    def equal_error_rate(self) -> float:
        """The rate at which misses (1 - tpr) and false alarms (fpr) are equally frequent, between two thresholds."""
        gap = self.fpr + self.tpr - 1  # rises from -1 to 1
        after = int(np.searchsorted(gap, 0.0))
        before = after - 1
        share = -gap[before] / (gap[after] - gap[before])
        return float(self.fpr[before] + share * (self.fpr[after] - self.fpr[before]))

    def __repr__(self) -> str:
        return f"<RocCurve of {len(self.thresholds) - 1} thresholds, auc {self.auc:.4f}>"


def roc_curve(targets: Any, scores: Any) -> RocCurve:
    """
    Measure how hits are paid for with false alarms as the threshold falls.

    Args:
        targets: What is positive: 1, 0 or True, False or 1, -1.
        scores: The higher, the more positive. Equal scores are passed by one threshold together.

    Shapes:
        targets and scores (N,) or (N, 1)

    Raises:
        ShapeError: If the two are not equally long vectors.
        LabelError: If a target is something else.
        DataError: If a score is NaN, or all samples are of one kind.
    """
    positive, score = _sides(_column(targets, "targets")), _column(scores, "scores")
    _check_scores(score, len(positive))
    score = score.astype(np.float64)
    n_positive = int(positive.sum())
    if n_positive in (0, len(positive)):
        raise DataError(
            f"a ROC curve needs positive and negative samples, but {n_positive} of {len(positive)} are positive"
        )
    order = np.argsort(-score, kind="stable")
    falling = score[order]
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))  # the last sample of each score
    hits = np.cumsum(positive[order])[last]
    alarms = last + 1 - hits
    return RocCurve(
        fpr=np.append(0, alarms / (len(positive) - n_positive)),
        tpr=np.append(0, hits / n_positive),
        thresholds=np.append(np.inf, falling[last]),
    )


def auc(targets: Any, scores: Any, average: str | None = "macro") -> Any:
    """
    Return the area under the ROC curve: the chance that a positive sample scores higher than a negative one.

    Equal scores count half. Several classes are each measured against the rest.

    Args:
        targets: What is positive, (N,) or (N, 1), beside one score a sample (see `roc_curve`). Beside K scores the
            classes as indexes (N,), or what is positive for each of them, (N, K).
        scores: One score a sample, (N,) or (N, 1), or one for each class, (N, K).
        average: Over the classes: "macro" (each counts alike), "weighted" (by its positive samples), or None for an
            array (K,) of them. A class without positive or without negative samples has NaN and is left out.

    Raises:
        ShapeError: If targets and scores do not belong together.
        LabelError: If a target is something else.
        DataError: If a score is NaN, or no class has positive and negative samples.
        UnknownNameError: If ``average`` is none of these.
    """
    if average is not None and average not in AVERAGES:
        raise UnknownNameError.of("average", average, AVERAGES)
    table = np.asarray(scores)
    if table.ndim < 2 or table.shape[1] == 1:
        return roc_curve(targets, scores).auc
    positive = _one_versus_rest(targets, table)
    areas = np.array([_area(*column) for column in zip(positive.T, table.T, strict=True)])
    if average is None:
        return areas
    known = ~np.isnan(areas)
    if not known.any():
        raise DataError(
            "the area under a ROC curve needs positive and negative samples of at least one class"
        )
    weights = positive.sum(axis=0)[known] if average == "weighted" else None
    return float(np.average(areas[known], weights=weights))


def _one_versus_rest(targets: Any, scores: Array) -> Array:
    """Return what is positive for each class, (N, K) of bool."""
    array = np.asarray(targets)
    if scores.ndim != 2 or array.ndim not in (1, 2) or len(array) != len(scores):
        raise ShapeError(f"scores {scores.shape} have targets (N,) or (N, K), not {array.shape}")
    _check_scores(scores, len(array))
    if array.ndim == 2:
        if array.shape != scores.shape:
            raise ShapeError(f"scores {scores.shape} have as many targets a sample, not {array.shape[1]}")
        return _sides(array)
    if array.dtype.kind not in "iu" or not ((array >= 0) & (array < scores.shape[1])).all():
        raise LabelError(f"classes beside scores {scores.shape} are indexes from 0 to {scores.shape[1] - 1}")
    return array[:, None] == np.arange(scores.shape[1])


def _area(positive: Array, score: Array) -> float:
    return float("nan") if positive.all() or not positive.any() else roc_curve(positive, score).auc


def _column(values: Any, what: str) -> Array:
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ShapeError(f"a ROC curve takes {what} as a vector, not {array.shape}")
    return array


def _sides(targets: Array) -> Array:
    if targets.dtype.kind not in "biuf":
        raise LabelError(f"what is positive is said by 1 and 0, not by {targets.dtype}")
    negative = -1 if (targets == -1).any() else 0
    if not ((targets == 1) | (targets == negative)).all():
        raise LabelError("what is positive is said by 1 and 0, or 1 and -1; these targets have other values")
    return targets == 1


def _check_scores(scores: Array, n: int) -> None:
    if len(scores) != n:
        raise ShapeError(f"a ROC curve takes one score a target, not {len(scores)} for {n}")
    if scores.dtype.kind not in "biuf" or np.isnan(scores).any():
        raise DataError("scores are wanted as numbers, and these are not, or have a NaN among them")
