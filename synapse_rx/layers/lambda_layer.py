"""A layer given by a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ..autodiff.gradient import traced_call, vjp
from ..errors import GradientError, OptionError, ShapeError
from ..functions import function, is_function, name_of, shown
from ..scratch import Scratch
from ..typing import Array, Data, Shapes
from .base import Layer, Takes
from .several import is_several


def _shapes(value: Any) -> Any:
    """Convert to a shape or a tuple of shapes; what is neither stays as it is, for the validator to refuse."""
    if isinstance(value, (tuple, list)):
        nested = any(isinstance(size, (tuple, list)) for size in value)
        return tuple(_shapes(shape) for shape in value) if nested else tuple(map(_whole, value))
    size = _whole(value)
    return (size,) if type(size) is int else value


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, np.integer) else value


def _shapes_or_none(instance: Any, attribute: Any, value: Any) -> None:
    parts = value if isinstance(value, tuple) and is_several(value) else (value,)
    if value is not None and not all(map(_is_shape, parts)):
        raise OptionError(
            "out_shape of lambda is the shape of one output, such as 10 or (5, 3), a tuple of shapes for several, or "
            f"None to find it, not {value!r}"
        )


def _is_shape(value: Any) -> bool:
    sizes = value if isinstance(value, tuple) else ()
    return all(isinstance(n, int) and not isinstance(n, bool) and n >= 1 for n in sizes) and value == sizes


@frozen(repr=False)
class Lambda(Layer):
    """
    Apply a function, ``y = f(x)``: ordinary numpy code, whose gradient is found by `vjp`.

    A function given in place of a layer becomes one: ``neural_net([Input(4), Dense(8), lambda x: x / (1 + abs(x))])``.
    It gets a batch where the program computes (numpy or cupy) as a traced array, or a tuple of them for several
    values, and returns an array or a tuple of arrays; samples must not be mixed. It has no parameters. Unlike other
    layers it allocates, in every pass, whatever the function does, and what it computed is held until the next one.

    A function that stands under its own name at the top of an imported module is written down as that name,
    "my_models.layers:scale", and found again by looking it up, without importing or executing anything (`load` also
    wants to be told which functions a file may name); others have no plain form, and a network with one cannot be
    saved.

    Args:
        function: ``f(x)`` for a batch.
        out_shape: The shape of one output sample, a tuple of shapes for several values; by default found by trying the
            function on batches of one and two made-up samples.

    Shapes:
        x (N, *in_shape), y (N, *out_shape)

    Raises:
        OptionError: If ``function`` is none, or ``out_shape`` no shape.
        GradientError: If the function uses what has no gradient rule.
        ShapeError: If it fails on samples of the shape that arrives, mixes samples or returns another shape than
            ``out_shape``.
    """

    takes: ClassVar[Takes] = "either"
    function_field: ClassVar[str | None] = "function"

    function: Callable[[Any], Any] = field(converter=function, validator=is_function)
    _out_shape: Shapes | None = field(default=None, converter=_shapes, validator=_shapes_or_none)

    def out_shape(self, in_shape: Shapes) -> Shapes:
        if self._out_shape is not None:
            return self._out_shape
        one, two = self._tried(in_shape, 1), self._tried(in_shape, 2)
        if one != two:
            raise ShapeError(
                f"{shown(self.function)} gives outputs of {one} for a batch of one sample and of {two} for two; a "
                "layer must treat samples alike"
            )
        return one

    def forward(self, x: Array, s: Scratch) -> Array:
        if s.training and s.needs_dx:
            y, s.once("lambda_held", dict)["pullback"] = vjp(self.function, x)
        else:
            y = traced_call(self.function, x)
        wanted = s.once("lambda_shape", lambda: self.out_shape(_shape_of(x)))
        if not _fits(y, wanted, s.n):
            raise ShapeError(
                f"{shown(self.function)} must return {wanted} for every sample, but for a batch of {s.n} it returned "
                f"{_described(y)}"
            )
        return _written(y, "y", s)

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        if not s.needs_dx:
            return None
        (dx,) = s.once("lambda_held", dict)["pullback"](dy)
        return _written(dx, "dx", s)

    def to_data(self) -> dict[str, Data]:
        shape = self._out_shape
        plain = [list(part) for part in shape] if shape is not None and is_several(shape) else shape
        name = name_of(self.function, self.kind)
        return {"kind": self.kind, "function": name, "out_shape": None if plain is None else list(plain)}

    def __repr__(self) -> str:
        given = "" if self._out_shape is None else f", out_shape={self._out_shape}"
        return f"Lambda({shown(self.function)}{given})"

    def _tried(self, in_shape: Shapes, n: int) -> Shapes:
        """Return the shape of what the function makes of each of ``n`` samples."""
        rng = np.random.default_rng(0)
        shapes = in_shape if is_several(in_shape) else (in_shape,)
        made = tuple(rng.uniform(0.1, 0.9, (n, *shape)).astype(np.float32) for shape in shapes)
        try:
            with np.errstate(all="ignore"):
                y = traced_call(self.function, made if is_several(in_shape) else made[0])
        except GradientError:
            raise
        except Exception as error:
            raise ShapeError(
                f"{shown(self.function)} fails on {n} samples of {in_shape} ({type(error).__name__}: {error}); if it "
                "is right and only cannot be tried on the host, give its out_shape"
            ) from error
        parts = y if isinstance(y, (tuple, list)) else (y,)
        if not parts or any(np.ndim(part) < 2 or len(part) != n for part in parts):
            raise ShapeError(
                f"{shown(self.function)} must return an array with a row for each sample, or a tuple of such, but for "
                f"a batch of {n} it returned {_described(y)}; keep the first axis"
            )
        found = tuple(np.shape(part)[1:] for part in parts)
        return found if isinstance(y, (tuple, list)) else found[0]


def _shape_of(x: Any) -> Shapes:
    return tuple(part.shape[1:] for part in x) if isinstance(x, tuple) else x.shape[1:]


def _fits(y: Any, shape: Shapes, n: int) -> bool:
    if not is_several(shape):
        return np.shape(y) == (n, *shape) if not isinstance(y, (tuple, list)) else False
    return isinstance(y, (tuple, list)) and [np.shape(part) for part in y] == [(n, *one) for one in shape]


def _described(y: Any) -> str:
    if isinstance(y, (tuple, list)):
        return f"{len(y)} values of shapes {', '.join(str(np.shape(part)) for part in y)}"
    return f"shape {np.shape(y)}" if hasattr(y, "shape") or isinstance(y, (int, float)) else repr(y)


def _written(y: Any, name: str, s: Scratch) -> Any:
    """Return arrays in buffers of the layer, which have the network's type and stay where they are."""
    if isinstance(y, (tuple, list)):
        return tuple(_written(part, f"{name}{k}", s) for k, part in enumerate(y))
    out = s.array(name, y.shape[1:])
    out[...] = y
    return out
