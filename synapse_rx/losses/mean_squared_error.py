"""The mean of squares."""

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
class MeanSquaredError(Separable):
    """
    The mean of the K squared errors, ``1/K sum_k (y_k - t_k)^2``, with gradient ``2/K (y - t)``; also known as "mse".

    That is `SquaredError` times 2/K. Defined behind every activation; the canonical link is the identity.
    """

    aliases: ClassVar[tuple[str, ...]] = ("mse",)

    def links(self, activation: Activation) -> bool:
        return isinstance(activation, Linear)

    def factor(self, outputs: int) -> float:
        return 1 / outputs

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
        outputs = y.shape[-1]
        kernel(z, y, t, values, dy, 1 / outputs, 2 * scale / outputs)
        return True

    def terms(self, y: Array, t: Array, terms: Array, s: Scratch) -> None:
        s.xp.subtract(y, t, out=terms)
        s.xp.multiply(terms, terms, out=terms)

    def slopes(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        s.xp.subtract(y, t, out=dy)
        s.xp.multiply(dy, 2 * scale / y.shape[-1], out=dy)

    def linked_terms(
        self, z: Array, y: Array, t: Array, terms: Array, dz: Array, scale: float, s: Scratch
    ) -> None:
        s.xp.copyto(y, z)
        self.terms(y, t, terms, s)
        self.slopes(y, t, dz, scale, s)
