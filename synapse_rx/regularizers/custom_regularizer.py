"""A penalty given by a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ..autodiff.gradient import traced_call, value_and_grad
from ..errors import OptionError
from ..functions import function, is_function, name_of, shown
from ..options import non_negative, number
from ..typing import Array, Data
from .base import Regularizer


@frozen
class CustomRegularizer(Regularizer):
    """
    A penalty given by a function, ``strength * f(w)``: numpy code, whose derivative is found by `grad`.

    A function given in place of a regulariser becomes one: ``regularization=lambda w: 0.01 * np.sum(np.log1p(w * w))``.
    It gets vectors of weights, one after the other (those of one layer, or of neighbours), and the penalties add up: so
    it should be a sum over weights. It may allocate. A function that stands in a module can be written down (`Lambda`
    says when).

    Args:
        function: ``f(w)`` returns one number for a vector of weights.
        strength: What it is multiplied by, >= 0.

    Raises:
        OptionError: If ``function`` is none, or the strength is negative or not finite.
        GradientError: In training, if the function cannot be differentiated, or does not return one number.
    """

    function_field: ClassVar[str | None] = "function"

    function: Callable[[Array], Any] = field(converter=function, validator=is_function, repr=shown)
    strength: float = field(default=1.0, converter=number, validator=non_negative)

    def penalty(self, weights: Array, xp: Any) -> float:
        found = traced_call(self.function, weights)
        if np.shape(found) != ():
            raise OptionError(
                f"function of custom_regularizer must return one number, but it returned shape {np.shape(found)}; "
                "take its sum"
            )
        return self.strength * (found.item() if hasattr(found, "item") else float(found))

    def add_derivative(self, weights: Array, grad: Array, scratch: Array, xp: Any) -> None:
        _, derivative = value_and_grad(self.function)(weights)
        xp.multiply(derivative, self.strength, out=scratch)
        xp.add(grad, scratch, out=grad)

    def to_data(self) -> dict[str, Data]:
        return {"kind": self.kind, "function": name_of(self.function, self.kind), "strength": self.strength}
