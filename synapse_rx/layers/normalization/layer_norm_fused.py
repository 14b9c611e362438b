"""Layer normalisation along the last axes by kernels of a device."""

from __future__ import annotations

import math

from ...backends.cuda import LayerNormKernels
from ...scratch import Scratch
from ...typing import Array
from ..contiguous import contiguous


class LayerNormFused:
    """
    The two passes over rows of ``width`` numbers, in as many rows for each sample as there are.

    Args:
        kernels: What computes.
        width: Numbers that are normalised together.
    """

    __slots__ = ("_kernels", "_width")

    def __init__(self, kernels: LayerNormKernels, width: int) -> None:
        self._kernels, self._width = kernels, width

    def forward(self, x: Array, epsilon: float, s: Scratch) -> Array:
        """Return y, in the memory of the layer."""
        y = s.array("y", x.shape[1:])
        affine = (s.params["scale"], s.params["shift"]) if "scale" in s.params else (None, None)
        given = self._rows(contiguous(x, "x", s))
        self._kernels.forward(given, self._rows(y), *self._statistics(x, s), *affine, epsilon)
        return y

    def backward(self, x: Array, dy: Array, s: Scratch) -> Array | None:
        """Write the gradients of scale and shift; return dL/dx if it is wanted."""
        given, gradient = self._rows(contiguous(x, "x", s)), self._rows(contiguous(dy, "dy", s))
        statistics = self._statistics(x, s)
        if s.learns:
            most = s.capacity * math.prod(x.shape[1:]) // self._width
            sums = s.fixed("sums", (self._kernels.parts(most), 2, self._width))
            grads = s.grads["scale"], s.grads["shift"]
            self._kernels.to_parameters(given, gradient, *statistics, sums, *grads)
        if not s.needs_dx:
            return None
        dx = s.array("dx", x.shape[1:])
        self._kernels.backward(given, gradient, self._rows(dx), *statistics, s.params.get("scale"))
        return dx

    def _rows(self, x: Array) -> Array:
        return x.reshape(-1, self._width)

    def _statistics(self, x: Array, s: Scratch) -> tuple[Array, Array]:
        """Return where the mean and the deviation of each row are."""
        rows = math.prod(x.shape[1:]) // self._width
        return s.array("means", (rows,)), s.array("deviations", (rows,))
