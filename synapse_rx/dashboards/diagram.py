"""The architecture of a network as plain data, to be drawn by a page."""

from __future__ import annotations

from ..network import Arch
from ..network.flow import flow
from ..snapshot import Net
from ..typing import Data

MOST_BOXES = 500
"""Of a larger network no diagram is sent."""


def diagram(net: Net) -> dict[str, Data]:
    """
    Return boxes, each with its ``label``, ``path`` and ``parameters``, and arrows: from, to, and the shape of a sample.

    Both are empty where there are no layers to draw, or too many.
    """
    drawn = flow(net) if isinstance(net.arch, Arch) else None
    if drawn is None or len(drawn.boxes) > MOST_BOXES:
        return {"boxes": [], "arrows": []}
    boxes: list[Data] = [
        {
            "label": box.label,
            "path": None if box.path is None else ".".join(map(str, box.path)),
            "parameters": box.parameters,
        }
        for box in drawn.boxes
    ]
    return {"boxes": boxes, "arrows": [[*arrow] for arrow in drawn.arrows]}
