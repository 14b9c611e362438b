"""The mean of squares."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from .squares import Squares


@frozen
class MeanSquaredError(Squares):
    """
    The mean of the K squared errors, ``1/K sum_k (y_k - t_k)^2``, with gradient ``2/K (y - t)``; also known as "mse".

    That is `SquaredError` times 2/K. Defined behind every activation; the canonical link is the identity.
    """

    aliases: ClassVar[tuple[str, ...]] = ("mse",)

    def factor(self, outputs: int) -> float:
        return 1 / outputs
