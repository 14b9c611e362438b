"""One layer for every step of a sequence."""

from __future__ import annotations

from attrs import evolve, field, frozen

from ...errors import ShapeError
from ...scratch import Scratch
from ...typing import Array, Shape
from ..activation import Activation
from ..base import Layer
from ..contiguous import contiguous
from ..several import one_each
from .chain import Chain


@frozen
class TimeDistributed(Layer):
    """
    A layer that does the same to every step of a sequence, ``y[:, t] = f(x[:, t])``, to all of them at once.

    Args:
        layer: f; a list means a `Chain`. Its parameters are found in the place of this layer: ``params[1]["W"]``.

    Shapes:
        x (N, T, *step_shape), y (N, T, *out_shape of f)

    Raises:
        ShapeError: If there are no steps, or f does not fit one or ends in several values.
    """

    layer: Layer = field(converter=Layer.of)

    @property
    def differentiable(self) -> bool:
        return self.layer.differentiable

    def children(self) -> tuple[tuple[int | str | None, Layer], ...]:
        return ((None, self.layer),)

    def child_shapes(self, in_shape: Shape) -> tuple[Shape, ...]:
        if len(in_shape) < 2:
            raise ShapeError(f"it takes sequences (steps, features) or of more axes, not {in_shape}")
        return (in_shape[1:],)

    def child_factor(self, in_shape: Shape) -> int:
        return in_shape[0]

    def out_shape(self, in_shape: Shape) -> Shape:
        (step,) = one_each([self.layer.out_shape(shape) for shape in self.child_shapes(in_shape)])
        return (in_shape[0], *step)

    def expand(self) -> tuple[Layer, ...]:
        # An activation at the end may as well stand outside, where a loss finds it, unless it counts axes from the
        # first, which there is another.
        *before, last = self.layer.expand() or (None,)
        if not before or not isinstance(last, Activation) or getattr(last.function, "axis", -1) >= 0:
            return (self,)
        return (evolve(self, layer=before[0] if len(before) == 1 else Chain(before)), last)

    def forward(self, x: Array, s: Scratch) -> Array:
        steps = contiguous(x, "x", s).reshape(-1, *x.shape[2:])
        y = s.children[0].forward(steps)
        return y.reshape(*x.shape[:2], *y.shape[1:])

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        dx = s.children[0].backward(contiguous(dy, "dy", s).reshape(-1, *dy.shape[2:]))
        return dx.reshape(x.shape) if s.needs_dx and dx is not None else None
