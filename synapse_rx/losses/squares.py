"""Losses that are a multiple of the sum of squares."""

from __future__ import annotations

from abc import abstractmethod

from ..activations.base import Activation
from ..activations.linear import Linear
from ..backends.cuda import SquaredErrors
from ..scratch import Scratch
from ..typing import Array
from .separable import Separable


class Squares(Separable):
    """``factor * sum_k (y_k - t_k)^2``, with gradient ``2 factor (y - t)``; the canonical link is the identity."""

    @abstractmethod
    def factor(self, outputs: int) -> float: ...

    def links(self, activation: Activation) -> bool:
        return isinstance(activation, Linear)

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
        factor = self.factor(y.shape[-1])
        kernel(z, y, t, values, dy, factor, 2 * factor * scale)
        return True

    def terms(self, y: Array, t: Array, terms: Array, s: Scratch) -> None:
        s.xp.subtract(y, t, out=terms)
        s.xp.multiply(terms, terms, out=terms)

    def slopes(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        s.xp.subtract(y, t, out=dy)
        s.xp.multiply(dy, 2 * self.factor(y.shape[-1]) * scale, out=dy)

    def linked_terms(
        self, z: Array, y: Array, t: Array, terms: Array, dz: Array, scale: float, s: Scratch
    ) -> None:
        s.xp.copyto(y, z)
        self.terms(y, t, terms, s)
        self.slopes(y, t, dz, scale, s)
