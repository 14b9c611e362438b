"""A dense layer and the activation behind it, on a device."""

from __future__ import annotations

from collections.abc import Sequence

from ..activations import ReLU, Sigmoid, Tanh
from ..backends.cuda import BiasActivation, Product
from ..backends.cuda.tiles import FUNCTIONS, LINEAR
from ..scratch import Scratch
from ..typing import Array
from .activation import Activation
from .base import Layer, Step
from .contiguous import contiguous

SMALL = 1 << 27
"""Multiplications with addition of a batch up to which launches cost more than products of our own."""


class SmallDenseStep:
    """
    ``y = f(x W + b)`` in one kernel, back in two: a small product is over before more could be launched (`Step`).

    Args:
        kernels: The products.
        function: The number of f.
        inputs: Inputs.
        units: Outputs.
        s: The memory.
    """

    def __init__(self, kernels: Product, function: int, inputs: int, units: int, s: Scratch) -> None:
        self._kernels, self._function, self._units = kernels, function, units
        self._room = max(1, kernels.room(s.capacity, inputs, units))

    def forward(self, x: Array, s: Scratch) -> Array:
        """Return the outputs for ``x`` (N, ...), in a buffer."""
        y, room = s.array("z", (self._units,)), s.fixed("room of products", (self._room,))
        self._kernels.forward(_piece(x, "x", s), s.params["W"], s.params["b"], y, self._function, room)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        """Write the gradients that are wanted, given that of the outputs; return that of ``x``."""
        room, dy = s.fixed("room of products", (self._room,)), contiguous(dy, "dy", s)
        outputs, function = None if self._function == LINEAR else y, self._function
        if s.learns:
            dw, db = s.grads["W"], s.grads["b"]
            self._kernels.to_parameters(_piece(x, "x", s), dy, dw, db, outputs, function, room)
        if not s.needs_dx:
            return None
        dx = s.array("dx", x.shape[1:])
        self._kernels.to_inputs(dy, s.params["W"], None, _rows(dx), LINEAR, outputs, function, room)
        return dx


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


def dense_step(behind: Sequence[Layer], inputs: int, units: int, s: Scratch) -> tuple[Step, int] | None:
    """
    Return what does the work of a dense layer and of the first of those behind it, and of how many: by sizes alone.

    Args:
        behind: The layers behind it.
        inputs: Its inputs.
        units: Its outputs.
        s: The memory.

    Returns:
        None where array functions do it.
    """
    function = _function(behind)
    if s.capacity * inputs * units <= SMALL and (products := s.fused(Product)) is not None:
        number = LINEAR if function is None else FUNCTIONS[function]
        return SmallDenseStep(products, number, inputs, units, s), int(function is not None)
    kernels = None if function is None else s.fused(BiasActivation)
    return None if kernels is None or function is None else (DenseStep(kernels, function, units), 1)


def _function(behind: Sequence[Layer]) -> str | None:
    """Return the activation at once behind a layer, if it is known."""
    first = behind[0] if behind else None
    if isinstance(first, Activation) and type(first.function) in (ReLU, Sigmoid, Tanh):
        return first.function.kind
    return None


def _piece(x: Array, name: str, s: Scratch) -> Array:
    return _rows(contiguous(x, name, s))


def _rows(x: Array) -> Array:
    return x if x.ndim == 2 else x.reshape(len(x), -1)
