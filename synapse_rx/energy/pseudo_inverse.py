"""The projection rule."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from .energy_loss import EnergyLoss


@frozen
class PseudoInverse(EnergyLoss):
    """
    The projection rule: W becomes the projection on all patterns seen (Personnaz, Guyon & Dreyfus, 1985).

    ``W x = x`` for each of them exactly, also where they are alike, as long as there are fewer than units. Patterns
    may come in any number of batches: what a batch has that W does not know yet, ``r = x - W x``, is added as
    ``r (r r)^-1 r``. Seen again, they change nothing.
    """

    aliases: ClassVar[tuple[str, ...]] = ("projection",)
    stores: ClassVar[bool] = True
    learners: ClassVar[str] = "Hopfield networks"
