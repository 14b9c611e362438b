"""Ask a network for the objects in images."""

from __future__ import annotations

from typing import Any

from ..atoms import Atom
from ..errors import ShapeError
from ..network import outputs
from ..snapshot import Net
from .boxes import Boxes
from .decoding import Detections, decode_boxes


def detect(
    net: Atom[Net] | Net,
    images: Any,
    *,
    threshold: float = 0.5,
    overlap: float = 0.5,
    across_classes: bool = False,
) -> list[Detections]:
    """
    Return the objects that a network finds in images.

    Args:
        net: A cell or a snapshot of a network that ends in `Boxes`.
        images: Samples as for `outputs`.
        threshold: Scores below this are no object.
        overlap: Intersection over union from which on two boxes are of one object.
        across_classes: Whether a box suppresses those of other classes too.

    Raises:
        ShapeError: If the network does not end in `Boxes`, or the images do not fit it.
        OptionError: If a threshold is not in [0, 1].
    """
    answer = outputs(net, images)
    snapshot = net if isinstance(net, Net) else net.value
    last = snapshot.arch.places[-1].layer
    if not isinstance(last, Boxes):
        raise ShapeError(
            f"detect asks networks that end in Boxes, but the last layer of this one is {last!r}"
        )
    return decode_boxes(last, answer, threshold=threshold, overlap=overlap, across_classes=across_classes)
