"""An activation given by a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ..autodiff.gradient import traced_call, vjp
from ..errors import OptionError, ShapeError
from ..functions import function, is_function, is_function_or_none, name_of, shown
from ..initializers import Glorot, Initializer
from ..options import number
from ..scratch import Scratch
from ..typing import Array, Data
from .base import Activation


def _bound(value: Any) -> Any:
    return None if value is None else number(value)


def _number_or_none(instance: Any, attribute: Any, value: Any) -> None:
    if value is not None and not (isinstance(value, float) and np.isfinite(value)):
        raise OptionError(f"{attribute.alias} of custom_activation must be a number or None, not {value!r}")


@frozen
class CustomActivation(Activation):
    """
    An activation given by a function, ``y = f(z)``: numpy code on a batch, whose gradient is found by `vjp`.

    A function given in place of an activation becomes one: ``Dense(10, lambda z: z / (1 + np.abs(z)))``. It gets the
    logits of a batch where the program computes (numpy or cupy) as a traced array, must not mix samples, and may
    allocate. A function that stands in a module can be written down (`Lambda` says when), one with a derivative of
    your own beside it cannot.

    Args:
        function: ``f(z)`` returns the outputs, shaped like z.
        derivative: ``f'(z)`` for a function of each logit alone, on plain arrays; by default found by `vjp`.
        low: Outputs are at least this; None for no bound. Losses ask for the range of the outputs.
        high: Outputs are at most this; None for no bound.
        initializer: How the weights before it are drawn, unless they are told otherwise.

    Shapes:
        z and y (N, *shape)

    Raises:
        OptionError: If ``function`` is none, or a bound is no number.
        ShapeError: In a pass, if what the function returns is not shaped like z.
    """

    function_field: ClassVar[str | None] = "function"

    function: Callable[[Array], Array] = field(converter=function, validator=is_function, repr=shown)
    derivative: Callable[[Array], Array] | None = field(default=None, validator=is_function_or_none)
    low: float | None = field(default=None, converter=_bound, validator=_number_or_none)
    high: float | None = field(default=None, converter=_bound, validator=_number_or_none)
    initializer: Initializer = field(default=Glorot(), converter=Initializer.of)  # type: ignore[assignment]

    @property
    def range(self) -> tuple[float, float]:  # type: ignore[override]
        """The interval outputs lie in."""
        return (-np.inf if self.low is None else self.low, np.inf if self.high is None else self.high)

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        call = self.function if self.derivative is not None else _traced(self.function)
        y[...] = _shaped(call(z), z, "function")

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        if self.derivative is not None:
            s.xp.multiply(_shaped(self.derivative(z), z, "derivative"), dy, out=dz)
            return
        dz[...] = vjp(self.function, z)[1](dy)[0]

    def to_data(self) -> dict[str, Data]:
        if self.derivative is not None:
            raise OptionError(
                "custom_activation holds a derivative, which cannot be written down; leave it to be found, or make a "
                "class of its own of this activation"
            )
        return {
            "kind": self.kind,
            "function": name_of(self.function, self.kind),
            "low": self.low,
            "high": self.high,
            "initializer": self.initializer.to_data(),
        }


def _traced(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    return lambda z: traced_call(function, z)


def _shaped(result: Any, z: Array, what: str) -> Any:
    if np.shape(result) != z.shape:
        raise ShapeError(
            f"{what} of custom_activation must return the shape it is given, {z.shape} here, but it returned "
            f"{np.shape(result)}"
        )
    return result
