"""Layer normalisation."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from attrs import field, frozen

from ...backends.cuda import LayerNormKernels
from ...errors import OptionError, ShapeError
from ...initializers import Constant, Zeros
from ...options import flag, number, positive
from ...params import ParameterSpec
from ...scratch import Scratch
from ...typing import Array, Shape
from ..base import Layer
from ..totals import totals
from .layer_norm_fused import LayerNormFused


def _axes(value: Any) -> Any:
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else value


def _some_axes(instance: Any, attribute: Any, value: Any) -> None:
    axes = value if isinstance(value, tuple) else (value,)
    whole = all(isinstance(axis, int) and not isinstance(axis, bool) for axis in axes)
    if value is not None and not (axes and whole and len(set(axes)) == len(axes)):
        raise OptionError(
            f"axes of {instance.kind} must be a whole number, several different ones, or None for all axes of a "
            f"sample, not {value!r}"
        )


@frozen
class LayerNorm(Layer):
    """
    Layer normalisation, ``y = scale (x - mean) / sqrt(variance + epsilon) + shift`` (Ba et al., 2016).

    Mean and variance are those of each sample along the axes, in training and in use alike. With the last axes it is
    PyTorch's.

    Args:
        axes: Which axes of a sample, without the batch: by default the last, several, or None for all of them.
        epsilon: Added to the variance, > 0.
        affine: Learn scale and shift, one for each place along the axes; otherwise they are 1 and 0.

    Shapes:
        x and y (N, *in_shape); scale and shift the sizes of the axes

    Raises:
        ShapeError: If samples do not have these axes.
    """

    axes: int | tuple[int, ...] | None = field(default=-1, converter=_axes, validator=_some_axes)
    epsilon: float = field(default=1e-5, converter=number, validator=positive)
    affine: bool = field(default=True, validator=flag)

    def out_shape(self, in_shape: Shape) -> Shape:
        self._along(in_shape)
        return in_shape

    def specs(self, in_shape: Shape) -> tuple[ParameterSpec, ...]:
        if not self.affine:
            return ()
        shape = tuple(in_shape[axis] for axis in self._along(in_shape))
        return (
            ParameterSpec("scale", shape, Constant(1.0), regularized=False),
            ParameterSpec("shift", shape, Zeros(), regularized=False),
        )

    def multiply_adds(self, in_shape: Shape) -> int:
        return math.prod(in_shape)

    def forward(self, x: Array, s: Scratch) -> Array:
        fused = self._fused(x, s)
        if fused is not None:
            return fused.forward(x, self.epsilon, s)
        xp, shape = s.xp, x.shape[1:]
        axes, values = self._of_array(x)
        row, deviation = s.array("row", self._rows(shape)), s.array("deviation", self._rows(shape))
        normal, y = s.array("normal", shape), s.array("y", shape)
        totals(x, axes, row, s)
        xp.divide(row, values, out=row)
        xp.subtract(x, row, out=normal)
        xp.multiply(normal, normal, out=y)
        totals(y, axes, deviation, s)
        xp.divide(deviation, values, out=deviation)
        xp.add(deviation, self.epsilon, out=deviation)
        xp.sqrt(deviation, out=deviation)
        xp.reciprocal(deviation, out=deviation)
        xp.multiply(normal, deviation, out=normal)
        if not self.affine:
            return normal
        xp.multiply(normal, s.params["scale"].reshape(self._broad(shape)), out=y)
        xp.add(y, s.params["shift"].reshape(self._broad(shape)), out=y)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        fused = self._fused(x, s)
        if fused is not None:
            return fused.backward(x, dy, s)
        xp, shape = s.xp, x.shape[1:]
        normal, product = s.array("normal", shape), s.array("product", shape)
        if s.learns:
            others = tuple(axis for axis in range(x.ndim) if axis not in self._of_array(x)[0])
            broad = (1, *self._broad(shape))
            xp.multiply(dy, normal, out=product)
            totals(product, others, s.grads["scale"].reshape(broad), s)
            totals(dy, others, s.grads["shift"].reshape(broad), s)
        if not s.needs_dx:
            return None
        # Mean and variance move with x, so what the gradient has in common with 1 and with the normalised x drops out.
        axes, values = self._of_array(x)
        row, dx = s.array("row", self._rows(shape)), s.array("dx", shape)
        if self.affine:
            dy = xp.multiply(dy, s.params["scale"].reshape(self._broad(shape)), out=dx)
        xp.multiply(dy, normal, out=product)
        totals(product, axes, row, s)
        xp.divide(row, values, out=row)
        xp.multiply(normal, row, out=product)
        totals(dy, axes, row, s)
        xp.divide(row, values, out=row)
        xp.subtract(dy, product, out=dx)
        xp.subtract(dx, row, out=dx)
        xp.multiply(dx, s.array("deviation", self._rows(shape)), out=dx)
        return dx

    def _fused(self, x: Array, s: Scratch) -> LayerNormFused | None:
        """Return what computes by kernels of a device; None where there are none, or axes are not the last ones."""
        axes, values = self._of_array(x)
        if axes != tuple(range(x.ndim - len(axes), x.ndim)):
            return None
        kernels = s.fused(LayerNormKernels)
        return None if kernels is None else LayerNormFused(kernels, values)

    def _along(self, in_shape: Shape) -> tuple[int, ...]:
        """Return the axes of a sample in rising order, counted from 0."""
        count = len(in_shape)
        if self.axes is None:
            return tuple(range(count))
        asked = self.axes if isinstance(self.axes, tuple) else (self.axes,)
        axes = sorted({axis % count for axis in asked if -count <= axis < count})
        if len(axes) != len(asked):
            raise ShapeError(
                f"layer_norm along axes {self.axes} needs as many different axes, but those of a sample of shape "
                f"{in_shape} are 0 to {count - 1}, or -1 for the last"
            )
        return tuple(axes)

    def _of_array(self, x: Array) -> tuple[tuple[int, ...], int]:
        """Return the axes of a batch, and how many values lie along them."""
        axes = tuple(axis + 1 for axis in self._along(x.shape[1:]))
        return axes, math.prod(x.shape[axis] for axis in axes)

    def _rows(self, in_shape: Shape) -> Shape:
        """Return the shape of what there is one of for each row that is normalised."""
        along = self._along(in_shape)
        return tuple(1 if axis in along else size for axis, size in enumerate(in_shape))

    def _broad(self, in_shape: Shape) -> Shape:
        """Return the shape of what there is one of for each place along the axes."""
        along = self._along(in_shape)
        return tuple(size if axis in along else 1 for axis, size in enumerate(in_shape))
