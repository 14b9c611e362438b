"""The contract of a layer."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..described import Described
from ..params import ParameterSpec
from ..scratch import Scratch
from ..typing import Array, Shape


class Layer(Described, ABC):
    """
    One step from inputs to outputs: a frozen description that is the layer itself.

    Shapes never contain the batch axis; arrays always have it first. Passes write into buffers of their scratch and
    allocate nothing. A layer checks what it is given when it is placed (`out_shape`), and trusts it afterwards.
    """

    __slots__ = ()

    @abstractmethod
    def out_shape(self, in_shape: Shape) -> Shape:
        """
        Return the shape of one output sample.

        Raises:
            ShapeError: If inputs of ``in_shape`` do not fit.
        """

    def specs(self, in_shape: Shape) -> tuple[ParameterSpec, ...]:
        """Return the parameters it needs for inputs of ``in_shape``."""
        return ()

    def expand(self) -> tuple[Layer, ...]:
        """Return the primitive layers it stands for, which do the work; itself if it is one."""
        return (self,)

    @abstractmethod
    def forward(self, x: Array, s: Scratch) -> Array:
        """Return the outputs for inputs ``x`` (N, *in_shape) in a buffer of ``s``."""

    @abstractmethod
    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        """
        Pass the gradient back: write every parameter's gradient into ``s.grads``, return dL/dx.

        ``x`` and ``y`` are those of the forward pass, ``dy`` is dL/dy. Where ``s.needs_dx`` is false dL/dx is not
        computed and None is returned; where ``s.learns`` is false no parameter's gradient is.
        """
