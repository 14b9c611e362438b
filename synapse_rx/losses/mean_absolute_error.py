"""The mean of absolute errors."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..scratch import Scratch
from ..typing import Array
from .separable import Separable


@frozen
class MeanAbsoluteError(Separable):
    """
    The mean of the K absolute errors, ``1/K sum_k |y_k - t_k|``, with gradient ``sign(y - t) / K``; known as "mae".

    Where an output is exactly right, the gradient is 0. Defined behind every activation.
    """

    aliases: ClassVar[tuple[str, ...]] = ("mae",)

    def factor(self, outputs: int) -> float:
        return 1 / outputs

    def terms(self, y: Array, t: Array, terms: Array, s: Scratch) -> None:
        s.xp.subtract(y, t, out=terms)
        s.xp.absolute(terms, out=terms)

    def slopes(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        s.xp.subtract(y, t, out=dy)
        s.xp.sign(dy, out=dy)
        s.xp.multiply(dy, scale / y.shape[-1], out=dy)
