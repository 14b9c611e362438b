"""A loss given by functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ..autodiff.gradient import traced_call, vjp
from ..errors import OptionError, ShapeError
from ..functions import function, name_of, shown
from ..scratch import Scratch
from ..typing import Array, Data
from .base import Loss


def _callable(instance: Any, attribute: Any, value: Any) -> None:
    if not callable(value):
        raise OptionError(
            f"{attribute.alias} of custom_loss must be a function of outputs and targets, not {value!r}"
        )


def _callable_or_none(instance: Any, attribute: Any, value: Any) -> None:
    if value is not None:
        _callable(instance, attribute, value)


@frozen
class CustomLoss(Loss):
    """
    A loss given by functions of arrays: its value, and its gradient if you know it.

    A function given in place of a loss becomes one: ``loss=lambda y, t: np.abs(y - t).sum(axis=1)``. Without a
    gradient of its own it is numpy code that is differentiated by `vjp`, and gets traced arrays. With one, both get
    plain arrays, and that they belong together is the caller's part (`check_gradient` tells).

    Functions get outputs and targets of a batch where the program computes (numpy or cupy), must not write to them nor
    mix samples, and may allocate. A value function that stands in a module can be written down (`Lambda` says when);
    with a gradient beside it, it cannot.

    Args:
        value: ``value(y, t)`` returns each sample's loss, (N,).
        gradient: ``gradient(y, t)`` returns the derivative of their sum by each output, shaped like y; by default found
            by `vjp`.

    Raises:
        OptionError: If one of them is no function.
        ShapeError: In a pass, if one returns another shape.
    """

    function_field: ClassVar[str | None] = "value"

    value: Callable[[Array, Array], Array] = field(converter=function, validator=_callable, repr=shown)
    gradient_of: Callable[[Array, Array], Array] | None = field(
        default=None, validator=_callable_or_none, alias="gradient", repr=lambda f: repr(f and shown(f))
    )

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        found = traced_call(self.value, y, t) if self.gradient_of is None else self.value(y, t)
        values[...] = _shaped(found, values.shape, "value", "one number a sample")

    def gradient(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        if self.gradient_of is None:
            _, pullback = vjp(lambda y: self.value(y, t), y)
            dy[...] = pullback(s.xp.full(len(y), scale, y.dtype))[0]
            return
        found = _shaped(self.gradient_of(y, t), y.shape, "gradient", "one number an output")
        s.xp.multiply(found, scale, out=dy)

    def to_data(self) -> dict[str, Data]:
        if self.gradient_of is None:
            return {"kind": self.kind, "value": name_of(self.value, self.kind)}
        raise OptionError(
            "custom_loss holds functions, which cannot be written down; give the network a loss with a name before "
            "(with_loss), and this one again after loading"
        )


def _shaped(result: Any, shape: tuple[int, ...], what: str, wanted: str) -> Any:
    if np.shape(result) != shape:
        raise ShapeError(
            f"{what} of custom_loss must return {wanted}, {shape} here, but it returned shape {np.shape(result)}"
        )
    return result
