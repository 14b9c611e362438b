"""Activations along one axis of a sample, such as the softmax."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ..backends.cuda import RowSoftmax
from ..errors import OptionError, ShapeError
from ..scratch import Scratch
from ..typing import Array, Shape
from .base import Activation
from .rows import row_max, row_sum


def _whole(instance: Any, attribute: Any, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise OptionError(f"axis of {instance.kind} must be a whole number, not {value!r}")


@frozen
class AlongAxis(Activation):
    """
    What activations along an axis share: the axis, maxima and sums along it.

    Args:
        axis: Which axis of a sample, without the batch: 0 for the channels of (C, H, W), -1 for the last.
    """

    axis: int = field(default=-1, validator=_whole)

    def check(self, shape: Shape) -> None:
        if not -len(shape) <= self.axis < len(shape):
            raise ShapeError(
                f"{self.kind} along axis {self.axis} needs samples with more axes than {shape} has; "
                f"its axes are 0 to {len(shape) - 1}, or -1 for the last"
            )

    def fused(self, s: Scratch, *arrays: Array) -> RowSoftmax | None:
        """Return a kernel of the device for rows, if they are what the axis goes along and lie in one piece."""
        rows = self._axis(arrays[0]) == arrays[0].ndim - 1 and all(one.flags.c_contiguous for one in arrays)
        return s.fused(RowSoftmax) if rows else None

    def totals(self, name: str, z: Array, s: Scratch) -> Array:
        """Return the buffer ``name`` for one number along the axis: z's shape with 1 there."""
        shape = list(z.shape[1:])
        shape[self.axis] = 1
        return s.array(name, tuple(shape))

    def maximum(self, z: Array, out: Array, s: Scratch) -> None:
        """Write the largest numbers along the axis into ``out``, made by `totals`."""
        axis = self._axis(z)
        if axis == z.ndim - 1:
            row_max(z, out[..., 0], s)
        else:
            z.max(axis=axis, keepdims=True, out=out)

    def sum(self, z: Array, out: Array, s: Scratch) -> None:
        """Write the sums along the axis into ``out``, made by `totals`."""
        axis = self._axis(z)
        if axis == z.ndim - 1:
            row_sum(z, out[..., 0], s)
        else:
            z.sum(axis=axis, keepdims=True, out=out)

    def _axis(self, z: Array) -> int:
        return self.axis + (1 if self.axis >= 0 else z.ndim)
