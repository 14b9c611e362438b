"""Maximum pooling and rectification in one, on a device."""

from __future__ import annotations

from ...backends.cuda import MaxPoolKernels
from ...backends.cuda.max_pool import Geometry
from ...scratch import Scratch
from ...typing import Array, Shape
from ..contiguous import contiguous


class RectifiedMaxPool:
    """
    The largest number of each window, or 0 if that is larger (`Step`).

    Args:
        kernels: What computes.
        geometry: Where windows lie.
        shape: The shape of a sample of the outputs.
    """

    def __init__(self, kernels: MaxPoolKernels, geometry: Geometry, shape: Shape) -> None:
        self._kernels, self._geometry, self._shape = kernels, geometry, shape

    def forward(self, x: Array, s: Scratch) -> Array:
        """Return the outputs for ``x`` (N, channels, *sizes), in a buffer."""
        y, marks = s.array("y", self._shape), s.array("marks", self._shape, "uint8")
        self._kernels.forward(contiguous(x, "x", s), y, marks, self._geometry, rectified=True)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        """Return the gradient of ``x``, in a buffer."""
        if not s.needs_dx:
            return None
        dx, marks = s.array("dx", x.shape[1:]), s.array("marks", self._shape, "uint8")
        self._kernels.backward(contiguous(dy, "dy", s), marks, dx, self._geometry)
        return dx
