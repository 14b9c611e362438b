"""From outputs to the objects that were found."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import cmp_using, field, frozen

from ..errors import OptionError, ShapeError
from ..typing import Array
from .boxes import Boxes
from .suppression import non_maximum_suppression


def _read_only(values: Any) -> Array:
    array = np.array(values)
    array.setflags(write=False)
    return array


@frozen(hash=False)
class Detections:
    """
    Objects found in one image, by falling score.

    Attributes:
        boxes: x and y of the centre, width and height of each as shares of the image, (k, 4).
        scores: Confidence times probability of the class, (k,).
        classes: The number of the class, (k,).
    """

    boxes: Array = field(converter=_read_only, eq=cmp_using(eq=np.array_equal))
    scores: Array = field(converter=_read_only, eq=cmp_using(eq=np.array_equal))
    classes: Array = field(converter=_read_only, eq=cmp_using(eq=np.array_equal))

    def __len__(self) -> int:
        return len(self.scores)


def decode_boxes(
    boxes: Boxes, outputs: Any, *, threshold: float = 0.5, overlap: float = 0.5, across_classes: bool = False
) -> list[Detections]:
    """
    Return the objects that outputs of a network speak of, image by image.

    Args:
        boxes: The layer that the network ends in.
        outputs: (N, outputs), or targets made by `box_targets`.
        threshold: Scores below this are no object.
        overlap: Intersection over union from which on two boxes are of one object.
        across_classes: Whether a box suppresses those of other classes too.

    Raises:
        ShapeError: If the outputs are not those of these boxes.
        OptionError: If a threshold is not in [0, 1].
    """
    for name, value in (("threshold", threshold), ("overlap", overlap)):
        if not 0 <= value <= 1:
            raise OptionError(f"{name}= is a number in [0, 1], not {value!r}")
    given = np.asarray(outputs)
    size = int(np.prod(boxes.shape))
    if given.ndim < 2 or given[0].size != size:
        raise ShapeError(f"these boxes are {size} numbers an image, (N, {size}), not {given.shape}")
    return [
        _decoded(boxes, image.reshape(boxes.shape), threshold, overlap, across_classes) for image in given
    ]


def _decoded(boxes: Boxes, image: Array, threshold: float, overlap: float, across: bool) -> Detections:
    scores = (image[..., 4] * image[..., 5:].max(axis=-1)).ravel()
    likely = np.flatnonzero((scores >= threshold) & (scores > 0))
    places, kinds = _places(boxes, image)[likely], image[..., 5:].argmax(axis=-1).ravel()[likely]
    scores = scores[likely]
    kept = non_maximum_suppression(places, scores, overlap, None if across else kinds)
    return Detections(places[kept], scores[kept], kinds[kept])


def _places(boxes: Boxes, image: Array) -> Array:
    """Return centre and size of all boxes as shares of the image, (boxes, 4)."""
    rows, columns = boxes.grid
    places = image[..., :4].astype(float)
    places[..., 0] = (places[..., 0] + np.arange(columns)[None, :, None]) / columns
    places[..., 1] = (places[..., 1] + np.arange(rows)[:, None, None]) / rows
    places[..., 2:] **= 2
    return places.reshape(-1, 4)
