"""Of boxes that overlap, the one that is surest."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..typing import Array
from .overlap import overlaps


def non_maximum_suppression(boxes: Any, scores: Any, overlap: float = 0.5, classes: Any = None) -> Array:
    """
    Return which boxes stay if those go that overlap one with a higher score.

    Args:
        boxes: (k, 4): x and y of the centre, width and height.
        scores: (k,).
        overlap: Intersection over union from which on two boxes are of one object.
        classes: (k,); boxes of different classes leave each other alone then.

    Returns:
        Their numbers, by falling score.
    """
    order = np.argsort(-np.asarray(scores, float), kind="stable")
    alike = overlaps(boxes, boxes) >= overlap
    if classes is not None:
        kinds = np.asarray(classes)
        alike &= kinds[:, None] == kinds[None]
    kept: list[int] = []
    gone = np.zeros(len(order), bool)
    for index in order.tolist():
        if not gone[index]:
            kept.append(index)
            gone |= alike[index]
    return np.array(kept, int)
