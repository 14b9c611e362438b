"""Half the sum of squares."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from .squares import Squares


@frozen
class SquaredError(Squares):
    """
    Half the squared distance, ``1/2 sum_k (y_k - t_k)^2``, with gradient ``y - t``; also known as "sum_of_squares".

    A sum over the outputs, not a mean: `MeanSquaredError` is what other libraries call MSE. Defined behind every
    activation; the canonical link is the identity.
    """

    aliases: ClassVar[tuple[str, ...]] = ("sum_of_squares",)

    def factor(self, outputs: int) -> float:
        return 0.5
