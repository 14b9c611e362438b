"""The architecture of a network as boxes, and arrows between them."""

from __future__ import annotations

import math

from attrs import Factory, define, frozen

from ..atoms import Atom
from ..described import brief
from ..snapshot import Net
from .arch import Arch
from .compiled import layered
from .places import Path, Place
from .summary import shape_text


@frozen
class Box:
    """
    A layer as it was described, or an end of the network.

    Attributes:
        label: What it is, in a few words.
        path: Where its parameters are found; None for an end.
        parameters: Its own numbers that learn, those of the layers inside it not among them.
    """

    label: str
    path: Path | None = None
    parameters: int = 0


@define
class Flow:
    """
    Boxes, and arrows between them with the shape of what they carry.

    What is inside a layer stands between its inputs and its box.

    Attributes:
        boxes: The ends and the layers.
        arrows: Which box an arrow comes from, which one it goes to, and the shape of one sample.
    """

    boxes: list[Box] = Factory(list)
    arrows: list[tuple[int, int, str]] = Factory(list)

    def box(self, box: Box) -> int:
        """Add a box; return its number."""
        self.boxes.append(box)
        return len(self.boxes) - 1

    def draw(self, row: tuple[Place, ...], start: int) -> int:
        """Draw places in a row behind the box ``start``; return the box of the last."""
        for layer in _layers(row):
            arrive, ends = shape_text(layer[0].in_shape), []
            for place in layer:
                inside = zip(place.branches, _inputs(place), strict=True)
                ends += [(self.draw(branch, start), branch, shape) for branch, shape in inside]
            box = self.box(Box(_label(layer[0]), layer[0].path, sum(map(_parameters, layer))))
            if not ends or any(place.layer.bypass for place in layer):
                self.arrows.append((start, box, arrive))
            for end, branch, shape in ends:
                self.arrows.append((end, box, shape_text(branch[-1].out_shape if branch else shape)))
            start = box
        return start


def flow(net: Atom[Net] | Net | Arch) -> Flow:
    """Return what flows where in a cell, a snapshot or an architecture, from its input to its output."""
    arch: Arch = net if isinstance(net, Arch) else layered(net).arch
    drawn = Flow()
    end = drawn.draw(arch.places, drawn.box(Box("input")))
    drawn.arrows.append((end, drawn.box(Box("output")), shape_text(arch.out_shape)))
    return drawn


def _layers(row: tuple[Place, ...]) -> list[list[Place]]:
    """Return places that were described as one layer together."""
    groups: list[list[Place]] = []
    for place in row:
        if groups and groups[-1][-1].described is place.described and groups[-1][-1].path == place.path:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _inputs(place: Place) -> tuple[object, ...]:
    return tuple(place.layer.child_shapes(place.in_shape))


def _parameters(place: Place) -> int:
    return sum(math.prod(spec.shape) for spec in place.specs)


def _label(place: Place) -> str:
    named = ".".join(str(part) for part in place.path if isinstance(part, str))
    # Layers that hold others are described by these; the picture shows them anyway.
    what = type(place.described).__name__ if place.branches else brief(place.described)
    return f"{named}: {what}" if named else what
