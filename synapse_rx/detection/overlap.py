"""How much boxes overlap."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..typing import Array


def overlaps(boxes: Any, others: Any) -> Array:
    """
    Return intersection over union of each of ``boxes`` (k, 4) with each of ``others`` (m, 4), as (k, m).

    A box is x and y of its centre, width and height. Boxes without any area overlap nothing.

    >>> overlaps([[0.5, 0.5, 1, 1]], [[1.0, 0.5, 1, 1]]).round(3).tolist()
    [[0.333]]
    """
    one, other = _corners(boxes)[:, None], _corners(others)[None]
    sides = np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2])
    both = np.prod(np.maximum(sides, 0), axis=-1)
    union = _area(one) + _area(other) - both
    return np.divide(both, union, out=np.zeros_like(both), where=union > 0)


def _corners(boxes: Any) -> Array:
    array = np.asarray(boxes, float).reshape(-1, 4)
    half = array[:, 2:] / 2
    return np.concatenate([array[:, :2] - half, array[:, :2] + half], axis=1)


def _area(corners: Array) -> Array:
    return np.prod(corners[..., 2:] - corners[..., :2], axis=-1)
