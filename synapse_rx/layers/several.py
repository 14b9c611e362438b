"""Shapes of several values that travel together."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..errors import ShapeError
from ..typing import Shape, Shapes


def is_several(shape: Shapes) -> bool:
    """Return whether ``shape`` is that of several values."""
    return bool(shape) and isinstance(shape[0], tuple)


def each(shape: Shapes) -> tuple[Shape, ...]:
    """Return the shapes of the values that ``shape`` is about, of one as well as of several."""
    return shape if is_several(shape) else (shape,)


def sizes(shape: Shapes) -> tuple[int, ...]:
    """Return how many numbers each value has."""
    return tuple(math.prod(one) for one in each(shape))


def shown(shape: Shapes) -> str:
    """Return ``shape`` in words: "(3,)", "2 values of (3,) and (4, 4)"."""
    if not is_several(shape):
        return str(shape)
    return f"{len(shape)} values of {listed(shape)}"


def listed(items: Sequence[object]) -> str:
    """Return items as in a sentence: "a", "a and b", "a, b and c"."""
    words = [str(item) for item in items]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def check_takes(takes: str, shape: Shapes) -> None:
    """
    Check that a layer that takes "one" value, "several" or "either" can be given values of ``shape``.

    Raises:
        ShapeError: If not, saying what makes one of several, or several of one.
    """
    if takes == "one" and is_several(shape):
        raise ShapeError(
            f"it takes one value, but {shown(shape)} arrive; Concatenate, Add, Multiply and Average make one of "
            "them, and Parallel gives each to a layer of its own"
        )
    if takes == "several" and not is_several(shape):
        raise ShapeError(
            f"it takes several values, but one of {shape} arrives; Fork and Branch make several of one"
        )


def check_alike(shape: Shapes) -> Shape:
    """
    Return the one shape that all values have.

    Raises:
        ShapeError: If they differ.
    """
    if any(one != shape[0] for one in shape):
        raise ShapeError(f"it takes values of one shape, but those that arrive are of {listed(shape)}")
    return shape[0]


def one_each(shapes: Sequence[Shapes]) -> tuple[Shape, ...]:
    """
    Return ``shapes``, those of what the layers inside another end in.

    Raises:
        ShapeError: If one of them ends in several values.
    """
    for index, shape in enumerate(shapes):
        if is_several(shape):
            raise ShapeError(
                f"layer {index} inside it ends in {shown(shape)} where one is wanted; make one of them, for example "
                "by Concatenate"
            )
    return tuple(shapes)
