"""Cut values along an axis of a sample, and join them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from ...errors import OptionError, ShapeError
from ...scratch import Scratch
from ...typing import Array, Shape


def whole(instance: Any, attribute: Any, value: Any) -> None:
    """Require a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise OptionError(f"{attribute.alias} of {instance.kind} must be a whole number, not {value!r}")


def check_axis(axis: int, shape: Shape) -> int:
    """
    Return ``axis`` of samples of ``shape`` counted from the first.

    Raises:
        ShapeError: If there is none such.
    """
    if not -len(shape) <= axis < len(shape):
        raise ShapeError(
            f"samples of {shape} have no axis {axis}; theirs are 0 to {len(shape) - 1}, -1 for the last"
        )
    return axis % len(shape)


def resized(shape: Shape, axis: int, size: int) -> Shape:
    """Return ``shape`` with another size along ``axis``."""
    return (*shape[:axis], size, *shape[axis + 1 :])


def spans(array: Array, axis: int, sizes: Sequence[int]) -> list[Array]:
    """Return views of ``array`` (N, *shape), of so many numbers each along ``axis`` of a sample."""
    before = (slice(None),) * (axis + 1)
    ends = list(accumulate(sizes))
    return [array[(*before, slice(end - size, end))] for end, size in zip(ends, sizes, strict=True)]


def cut(whole: Array, axis: int, sizes: Sequence[int], name: str, s: Scratch) -> tuple[Array, ...]:
    """Return copies of the parts of ``whole``, in buffers that begin with ``name``."""
    parts = []
    for index, view in enumerate(spans(whole, axis, sizes)):
        part = s.array(f"{name}{index}", view.shape[1:])
        s.xp.copyto(part, view)
        parts.append(part)
    return tuple(parts)


def join(parts: Sequence[Array], axis: int, out: Array, s: Scratch) -> Array:
    """Write ``parts`` one behind the other into ``out`` and return it."""
    sizes = [part.shape[axis + 1] for part in parts]
    for view, part in zip(spans(out, axis, sizes), parts, strict=True):
        s.xp.copyto(view, part)
    return out
