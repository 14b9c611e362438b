"""Where every layer of a network stands: the tree of primitives that descriptions come down to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from attrs import frozen

from ..errors import ShapeError
from ..layers import Layer
from ..params import ParameterSpec
from ..typing import Shape

Path = tuple[int | str, ...]
T = TypeVar("T")


@frozen
class Place:
    """
    A primitive layer in its place.

    Attributes:
        layer: The layer, which does its own passes.
        path: Where its parameters are found.
        in_shape: The shape of one input sample.
        out_shape: The shape of one output sample.
        branches: For each of its children, the primitives it comes down to.
    """

    layer: Layer
    path: Path
    in_shape: Shape
    out_shape: Shape
    branches: tuple[tuple[Place, ...], ...] = ()

    @property
    def specs(self) -> tuple[ParameterSpec, ...]:
        """Its own parameters."""
        return self.layer.specs(self.in_shape)

    @property
    def keeps(self) -> tuple[ParameterSpec, ...]:
        """What it keeps itself from batch to batch."""
        return self.layer.keeps(self.in_shape)

    def walk(self) -> Iterator[Place]:
        """Yield this place and all below it."""
        yield self
        for branch in self.branches:
            for place in branch:
                yield from place.walk()


def places(layer: Layer, in_shape: Shape, path: Path) -> tuple[Place, ...]:
    """
    Return the primitives ``layer`` comes down to where inputs of ``in_shape`` meet it at ``path``, in order.

    Raises:
        ShapeError: If it does not fit, or a layer inside it; the message names that one and its position.
    """
    path = layer.place(path)
    found: list[Place] = []
    shape = in_shape
    for primitive in layer.expand():
        if primitive.sequential:
            for key, child in primitive.children():
                found += places(child, shape, _below(path, key))
                shape = found[-1].out_shape if found else shape
        else:
            found.append(_place(layer, primitive, shape, path))
            shape = found[-1].out_shape
    return tuple(found)


def _place(layer: Layer, primitive: Layer, shape: Shape, path: Path) -> Place:
    # Children first, so that an error is about the innermost layer that does not fit.
    child_shapes = _asked(layer, path, shape, primitive.child_shapes)
    branches = tuple(
        places(child, child_shape, _below(path, key))
        for (key, child), child_shape in zip(primitive.children(), child_shapes, strict=True)
    )
    out_shape = _asked(layer, path, shape, primitive.out_shape)
    _asked(layer, path, shape, primitive.specs)
    return Place(primitive, path, shape, out_shape, branches)


def _asked(layer: Layer, path: Path, shape: Shape, question: Callable[[Shape], T]) -> T:
    try:
        return question(shape)
    except ShapeError as error:
        where = ".".join(map(str, path))
        raise ShapeError(f"layer {where} ({layer!r}) cannot take {shape}: {error}") from error


def _below(path: Path, key: int | str | None) -> Path:
    return path if key is None else (*path, key)
