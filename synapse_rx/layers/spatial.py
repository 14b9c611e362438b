"""The options of layers that work along the axes behind the channels: one number for all axes, or one for each."""

from __future__ import annotations

import operator
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import OptionError, ShapeError
from ..typing import Shape
from .base import Layer
from .windows import Pads

ONE: Any = 1
"""The default of options that are 1 along every axis; for how many is known later."""

NONE: Any = 0
"""The default of options that are 0 along every axis."""


class SpatialLayer(Layer):
    """A layer that knows the axes it works along."""

    __slots__ = ()

    @classmethod
    @abstractmethod
    def axes(cls) -> tuple[str, ...]:
        """Return the names of the axes behind the channels."""


def given(value: Any) -> Any:
    """Take an option as it is; it is put in order where the axes are known."""
    return value


def whole(value: Any) -> Any:
    """Convert whole numbers of numpy to int; anything else stays as it is, for the validator to refuse."""
    if isinstance(value, (bool, np.bool_)):
        return value
    try:
        return operator.index(value)
    except TypeError:
        return value


def per_axis(layer: SpatialLayer, name: str, value: Any, least: int) -> Shape:
    """
    Return ``value``, one whole number for all axes or one for each, as one for each.

    Raises:
        OptionError: If it is neither, or a number is less than ``least``.
    """
    axes = layer.axes()
    numbers = [value] * len(axes) if not _is_sequence(value) else list(value)
    sizes = [whole(number) for number in numbers]
    if len(sizes) != len(axes) or not all(_is_whole(size, least) for size in sizes):
        each = f" or one for each of {_listed(axes)}" if len(axes) > 1 else ""
        raise OptionError(f"{name} of {layer.kind} is a whole number >= {least}{each}, not {value!r}")
    return tuple(sizes)


def paddings(layer: SpatialLayer, value: Any) -> str | Pads:
    """
    Return ``value`` as "same", "valid" or the numbers before and behind, by axis; no padding is "valid".

    Raises:
        OptionError: If it is neither a name nor a number for all axes nor a number or a pair for each of them.
    """
    if isinstance(value, str) and value in ("same", "valid"):
        return value
    axes = layer.axes()
    pads = _pairs(value if _is_sequence(value) else [value] * len(axes))
    if pads is None or len(pads) != len(axes):
        raise OptionError(
            f"padding of {layer.kind} is 'same', 'valid', a whole number >= 0, or for each of {_listed(axes)} a number "
            f"or a pair (before, behind), not {value!r}"
        )
    return pads if any(map(any, pads)) else "valid"


def pads_or_number(kind: str, value: Any) -> int | Pads:
    """
    Return ``value``, a whole number or for each axis a number or a pair, as a number or pairs; axes are not known yet.

    Raises:
        OptionError: If it is nothing of this, or a number is less than 0.
    """
    found = _pairs(value if _is_sequence(value) else [value])
    if not found:
        raise OptionError(
            f"padding of {kind} is a whole number >= 0, or for each axis a number or a pair (before, behind), "
            f"not {value!r}"
        )
    return found if _is_sequence(value) else found[0][0]


def channels_and_sizes(layer: SpatialLayer, in_shape: Shape) -> tuple[int, Shape]:
    """
    Return the number of channels of a sample and the sizes behind it.

    Raises:
        ShapeError: If it has not as many axes as the layer asks for.
    """
    axes = layer.axes()
    if len(in_shape) != len(axes) + 1:
        repair = (
            f"Reshape({(1, *in_shape)}) gives it one channel" if len(in_shape) == len(axes) else "Reshape it"
        )
        raise ShapeError(
            f"{layer.kind} takes samples (channels, {', '.join(axes)}), not {in_shape}; {repair}"
        )
    return in_shape[0], in_shape[1:]


def channels_and_any_sizes(kind: str, in_shape: Shape) -> tuple[int, Shape]:
    """
    Return the number of channels of a sample and the sizes behind it, however many there are.

    Raises:
        ShapeError: If there is none.
    """
    if len(in_shape) < 2:
        raise ShapeError(
            f"{kind} takes samples (channels, ...) with an axis behind the channels, not {in_shape}"
        )
    return in_shape[0], in_shape[1:]


def put(layer: SpatialLayer, name: str, value: Any) -> None:
    """Set an option of a frozen layer that needed its axes to be put in order; for `__attrs_post_init__` alone."""
    object.__setattr__(layer, name, value)


def _is_sequence(value: Any) -> bool:
    return isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes))


def _pairs(entries: Any) -> Pads | None:
    """Return a pair for each entry, a number or a pair; None where one is neither."""
    found = [[*map(whole, entry)] if _is_sequence(entry) else [whole(entry)] * 2 for entry in entries]
    fits = all(len(entry) == 2 and all(_is_whole(number, 0) for number in entry) for entry in found)
    return tuple((before, behind) for before, behind in found) if fits else None


def _is_whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _listed(axes: tuple[str, ...]) -> str:
    return f"({', '.join(axes)})"
