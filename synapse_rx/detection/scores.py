"""How well objects were found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import frozen

from ..errors import DataError
from ..typing import Array
from .decoding import Detections
from .overlap import overlaps


@frozen
class DetectionReport:
    """
    How well objects were found.

    Attributes:
        precision: The share of what was found that is there; NaN if nothing was found.
        recall: The share of what is there that was found; NaN if nothing is there.
        average_precision: Of every class that there are objects of, the area under precision over recall as the
            threshold of the score falls (Everingham et al., 2015, all points); by class.
        found: How many were found.
        objects: How many there are.
    """

    precision: float
    recall: float
    average_precision: dict[int, float]
    found: int
    objects: int

    @property
    def mean_average_precision(self) -> float:
        """The mean over the classes; NaN if there are no objects."""
        return (
            float(np.mean(list(self.average_precision.values()))) if self.average_precision else float("nan")
        )


def detection_report(
    found: Sequence[Detections], objects: Sequence[Any], overlap: float = 0.5
) -> DetectionReport:
    """
    Compare what was found with what is there.

    By falling score, what was found counts as right where it overlaps an object of its class enough that nothing
    before it was counted for; of several the one it overlaps most.

    Args:
        found: What `detect` found in every image; with a low threshold, if average precisions are to say much.
        objects: For every image its objects (k, 5), as for `box_targets`.
        overlap: The least intersection over union.

    Raises:
        DataError: If there are more or fewer images than lists of objects.
    """
    if len(found) != len(objects):
        raise DataError(f"there are detections in {len(found)} images, but objects in {len(objects)}")
    there = [np.asarray(items, float).reshape(-1, 5) for items in objects]
    scores = np.concatenate([np.empty(0), *(image.scores for image in found)])
    classes = np.concatenate([np.empty(0, int), *(image.classes for image in found)])
    right = np.concatenate(
        [np.empty(0, bool), *(_right(*pair, overlap) for pair in zip(found, there, strict=True))]
    )
    wanted = np.concatenate([np.empty(0), *(items[:, 0] for items in there)]).astype(int)
    return DetectionReport(
        precision=float(right.mean()) if len(right) else float("nan"),
        recall=float(right.sum() / len(wanted)) if len(wanted) else float("nan"),
        average_precision={
            int(kind): _area(scores[classes == kind], right[classes == kind], int((wanted == kind).sum()))
            for kind in np.unique(wanted)
        },
        found=len(right),
        objects=len(wanted),
    )


def _right(found: Detections, objects: Array, overlap: float) -> Array:
    """Return which of the detections of one image are right, (k,) of bool."""
    right, taken = np.zeros(len(found), bool), np.zeros(len(objects), bool)
    common = overlaps(found.boxes, objects[:, 1:])
    for index in np.argsort(-found.scores, kind="stable"):
        free = np.where(taken | (objects[:, 0] != found.classes[index]), -1.0, common[index])
        best = int(free.argmax()) if len(free) else 0
        if len(free) and free[best] >= overlap:
            right[index] = taken[best] = True
    return right


def _area(scores: Array, right: Array, objects: int) -> float:
    """Return the area under the highest precision that is reached at a recall or a higher one."""
    hits = np.cumsum(right[np.argsort(-scores, kind="stable")])
    precision = hits / np.arange(1, len(hits) + 1)
    highest = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.diff(hits, prepend=0) / objects
    return float((highest * steps).sum())
