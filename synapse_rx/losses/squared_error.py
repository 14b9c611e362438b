"""Half the sum of squares."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..activations.base import Activation
from ..activations.linear import Linear
from ..backends.cuda import SquaredErrors
from ..scratch import Scratch
from ..typing import Array
from .separable import Separable


@frozen
class SquaredError(Separable):
    """
    Half the squared distance, ``1/2 sum_k (y_k - t_k)^2``, with gradient ``y - t``; also known as "sum_of_squares".

    A sum over the outputs, not a mean: `MeanSquaredError` is what other libraries call MSE. Defined behind every
    activation; the canonical link is the identity.
    """

    aliases: ClassVar[tuple[str, ...]] = ("sum_of_squares",)

    def links(self, activation: Activation) -> bool:
        return isinstance(activation, Linear)

    def factor(self, outputs: int) -> float:
        return 0.5

    def by_kernel(
        self,
        y: Array,
        t: Array,
        s: Scratch,
        *,
        z: Array | None = None,
        values: Array | None = None,
        dy: Array | None = None,
        scale: float = 1.0,
    ) -> bool:
        kernel = s.fused(SquaredErrors)
        if kernel is None or y.ndim != 2:
            return False
        kernel(z, y, t, values, dy, 0.5, scale)
        return True

    def terms(self, y: Array, t: Array, terms: Array, s: Scratch) -> None:
        s.xp.subtract(y, t, out=terms)
        s.xp.multiply(terms, terms, out=terms)

    def slopes(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        s.xp.subtract(y, t, out=dy)
        s.xp.multiply(dy, scale, out=dy)

    def linked_terms(
        self, z: Array, y: Array, t: Array, terms: Array, dz: Array, scale: float, s: Scratch
    ) -> None:
        s.xp.copyto(y, z)
        self.terms(y, t, terms, s)
        self.slopes(y, t, dz, scale, s)
