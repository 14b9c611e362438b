"""Hebb's rule."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from .energy_loss import EnergyLoss


@frozen
class Hebbian(EnergyLoss):
    """
    Hebb's rule: ``W += x x / units`` for every pattern, without self-couplings (Hopfield, 1982, equation 2).

    Every time a pattern is seen it counts once more, so one epoch is what is usually wanted. About 0.138 patterns a
    unit can be told apart if they are random.
    """

    stores: ClassVar[bool] = True
    learners: ClassVar[str] = "Hopfield networks"
