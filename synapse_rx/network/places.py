"""Where every layer of a network stands: the tree of primitives that descriptions come down to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from attrs import frozen

from ..described import brief
from ..errors import ShapeError
from ..layers import Layer
from ..layers.several import check_takes
from ..params import ParameterSpec
from ..typing import Shapes

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
        described: The layer as it was described, of which this is a part.
        branches: For each of its children, the primitives it comes down to.
        shared: Whether others may have their parameters at the same path.
    """

    layer: Layer
    path: Path
    in_shape: Shapes
    out_shape: Shapes
    described: Layer
    branches: tuple[tuple[Place, ...], ...] = ()
    shared: bool = False

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


def places(layer: Layer, in_shape: Shapes, path: Path, shared: bool = False) -> tuple[Place, ...]:
    """
    Return the primitives ``layer`` comes down to where inputs of ``in_shape`` meet it at ``path``, in order.

    Raises:
        ShapeError: If it does not fit, or a layer inside it; the message names that one and its position.
    """
    path, shared = layer.place(path), shared or layer.shares
    found: list[Place] = []
    shape = in_shape
    for primitive in layer.expand():
        if primitive.sequential:
            for key, child in primitive.children():
                found += places(child, shape, below(path, key), shared)
                shape = found[-1].out_shape if found else shape
        else:
            found.append(_place(layer, primitive, shape, path, shared))
            shape = found[-1].out_shape
    return tuple(found)


def below(path: Path, key: int | str | None) -> Path:
    """Return the path of what is found under ``key`` at ``path``, which is in the place itself for None."""
    return path if key is None else (*path, key)


def word(path: Path) -> str:
    """Spell a path: ``encoder.0``."""
    return ".".join(map(str, path))


def _place(layer: Layer, primitive: Layer, shape: Shapes, path: Path, shared: bool) -> Place:
    _asked(layer, path, shape, partial(check_takes, primitive.takes))
    # Children first, so that an error is about the innermost layer that does not fit.
    child_shapes = _asked(layer, path, shape, primitive.child_shapes)
    branches = tuple(
        places(child, child_shape, below(path, key), shared)
        for (key, child), child_shape in zip(primitive.children(), child_shapes, strict=True)
    )
    out_shape = _asked(layer, path, shape, primitive.out_shape)
    _asked(layer, path, shape, primitive.specs)
    return Place(primitive, path, shape, out_shape, layer, branches, shared)


def _asked(layer: Layer, path: Path, shape: Shapes, question: Callable[[Shapes], T]) -> T:
    try:
        return question(shape)
    except ShapeError as error:
        raise ShapeError(f"layer {word(path)} ({brief(layer)}) cannot take {shape}: {error}") from error
