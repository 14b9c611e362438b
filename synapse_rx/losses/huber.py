"""The Huber loss."""

from __future__ import annotations

from attrs import field, frozen

from ..options import number, positive
from ..scratch import Scratch
from ..typing import Array
from .separable import Separable


@frozen
class Huber(Separable):
    """
    Squared near the target and absolute far from it, so that outliers pull with bounded force (Huber, 1964).

    With the residual d = y - t, a term is ``d^2 / 2`` where |d| <= delta and ``delta (|d| - delta / 2)`` beyond; the
    gradient is d clipped to [-delta, delta]. Summed over the outputs: `SquaredError` for large delta. Defined behind
    every activation.

    Args:
        delta: Where the square ends, > 0.
    """

    delta: float = field(default=1.0, converter=number, validator=positive)

    def terms(self, y: Array, t: Array, terms: Array, s: Scratch) -> None:
        # With c = d clipped, both branches are c (d - c / 2).
        xp, clipped = s.xp, s.array("loss_clipped", y.shape[1:])
        xp.subtract(y, t, out=terms)
        self._clip(terms, clipped, s)
        xp.multiply(terms, clipped, out=terms)
        xp.multiply(clipped, clipped, out=clipped)
        xp.multiply(clipped, 0.5, out=clipped)
        xp.subtract(terms, clipped, out=terms)

    def slopes(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        s.xp.subtract(y, t, out=dy)
        self._clip(dy, dy, s)
        s.xp.multiply(dy, scale, out=dy)

    def _clip(self, x: Array, out: Array, s: Scratch) -> None:
        s.xp.maximum(x, -self.delta, out=out)
        s.xp.minimum(out, self.delta, out=out)
