"""From the objects of images to targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import LabelError
from ..typing import Array
from .boxes import Boxes
from .overlap import overlaps
from .yolo_loss import YoloLoss


def box_targets(loss: YoloLoss, objects: Sequence[Any]) -> Array:
    """
    Return the targets of `YoloLoss` for the objects of some images.

    Of objects that one box would have to stand for the largest counts; it is one to a cell, or to each anchor of a cell
    where the loss makes anchors responsible.

    Args:
        loss: The loss they are for.
        objects: For every image an array (k, 5) of its objects: the number of the class, x and y of the centre, width
            and height, these four as shares of the image.

    Returns:
        Targets (N, outputs), float32.

    Raises:
        LabelError: If an object is no such row, or lies outside the image.
    """
    boxes = loss.boxes
    targets = np.zeros((len(objects), *boxes.shape), np.float32)
    for image, given in enumerate(objects):
        for item in _largest_last(_checked(given, image, boxes)):
            _put(item, targets[image], loss)
    return targets.reshape(len(objects), -1)


def _put(item: Array, target: Array, loss: YoloLoss) -> None:
    (rows, columns), (x, y, width, height) = loss.boxes.grid, item[1:]
    row, column = min(int(y * rows), rows - 1), min(int(x * columns), columns - 1)
    label = np.zeros(loss.boxes.numbers)
    label[:5] = x * columns - column, y * rows - row, np.sqrt(width), np.sqrt(height), 1
    label[5 + int(item[0])] = 1
    # Every box of the cell may turn out to be responsible, or one is from the beginning.
    chosen = (
        slice(None)
        if loss.responsible == "prediction"
        else _nearest(width * columns, height * rows, loss.boxes)
    )
    target[row, column, chosen] = label


def _nearest(width: float, height: float, boxes: Boxes) -> int:
    """Return the anchor that overlaps a box of this size most, both with their centres in one place."""
    anchors = [[0, 0, *anchor] for anchor in boxes.anchors]
    return int(overlaps([[0, 0, width, height]], anchors).argmax())


def _largest_last(items: Array) -> Array:
    return items[np.argsort(items[:, 3] * items[:, 4], kind="stable")]


def _checked(given: Any, image: int, boxes: Boxes) -> Array:
    array = np.asarray(given, float)
    array = array.reshape(-1, 5) if not array.size else array
    if array.ndim != 2 or array.shape[1] != 5:
        raise LabelError(
            f"objects of image {image} are wanted as rows (class, x, y, width, height), not {array.shape}"
        )
    classes, places = array[:, 0], array[:, 1:]
    good = (classes >= 0) & (classes < boxes.classes) & (classes == np.floor(classes))
    good &= ((places[:, :2] >= 0) & (places[:, :2] <= 1) & (places[:, 2:] > 0) & (places[:, 2:] <= 1)).all(
        axis=1
    )
    if not good.all():
        raise LabelError(
            f"an object is a class of 0 to {boxes.classes - 1} and shares of the image, x and y in [0, 1], width and "
            f"height in (0, 1]; but in image {image} there is {array[int(np.argmin(good))].tolist()}"
        )
    return array
