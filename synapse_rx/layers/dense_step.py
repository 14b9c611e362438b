"""A dense layer and the activation behind it, on a device."""

from __future__ import annotations

from collections.abc import Sequence

from ..activations import ReLU, Sigmoid, Tanh
from ..backends.cuda import BiasActivation
from ..scratch import Scratch
from ..typing import Array
from .activation import Activation
from .base import Layer
from .contiguous import contiguous


class DenseStep:
    """
    ``y = f(x W + b)`` as a product of matrices and one kernel; back as one kernel and two products (`Step`).

    Args:
        kernels: What is done behind and before the products.
        function: The name of f.
        units: Outputs.
    """

    def __init__(self, kernels: BiasActivation, function: str, units: int) -> None:
        self._kernels, self._function, self._units = kernels, function, units

    def forward(self, x: Array, s: Scratch) -> Array:
        """Return the outputs for ``x`` (N, ...), in a buffer."""
        y = s.array("z", (self._units,))
        s.xp.matmul(_rows(x), s.params["W"], out=y)
        self._kernels.forward(y, s.params["b"], self._function)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        """Write the gradients that are wanted, given that of the outputs; return that of ``x``."""
        dz = s.array("dz", (self._units,))
        sums = s.fixed("sums of parts", (self._kernels.parts(s.capacity), self._units))
        db = s.grads["b"] if s.learns else None
        self._kernels.backward(y, contiguous(dy, "dy", s), dz, sums, db, self._function)
        if s.learns:
            s.xp.matmul(_rows(x).T, dz, out=s.grads["W"])
        if not s.needs_dx:
            return None
        dx = s.array("dx", x.shape[1:])
        s.xp.matmul(dz, s.params["W"].T, out=_rows(dx))
        return dx


def dense_step(behind: Sequence[Layer], units: int, s: Scratch) -> DenseStep | None:
    """Return what does the work of a dense layer and the first of those behind it; None where that is not known."""
    first = behind[0] if behind else None
    if not (isinstance(first, Activation) and type(first.function) in (ReLU, Sigmoid, Tanh)):
        return None
    kernels = s.fused(BiasActivation)
    return None if kernels is None else DenseStep(kernels, first.function.kind, units)


def _rows(x: Array) -> Array:
    return x if x.ndim == 2 else x.reshape(len(x), -1)
