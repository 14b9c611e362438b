"""Minimum probability flow."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from .energy_loss import EnergyLoss


@frozen
class ProbabilityFlow(EnergyLoss):
    """
    Minimum probability flow: ``sum_i exp((E(x) - E(x with unit i flipped)) / 2)`` of every pattern is made small.

    It is convex, any algorithm goes down it, and where it is below 1 the pattern is a memory: every flip costs energy
    (Hillar, Sohl-Dickstein & Koepsell, 2012, equation 3). Weights stay symmetric and without self-couplings.
    """

    learners: ClassVar[str] = "Hopfield networks"
