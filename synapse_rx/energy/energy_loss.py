"""What energy models learn by, in the place where networks have a loss."""

from __future__ import annotations

from typing import ClassVar

from ..activations.base import Activation
from ..errors import LossError
from ..losses import Loss
from ..scratch import Scratch
from ..typing import Array


class EnergyLoss(Loss):
    """
    How an energy model learns from samples alone, without targets.

    It stands where networks have their loss, so that it is chosen, edited in training, recorded and written to files
    like one. It compares no outputs with targets: networks refuse it.
    """

    stores: ClassVar[bool] = False
    """Whether batches are stored in one go, once and exactly, and no algorithm takes steps along a gradient."""

    learners: ClassVar[str] = "an energy model"
    """What it trains, for messages."""

    def for_output(self, activation: Activation) -> Loss:
        raise LossError(
            f"{self.kind} trains {self.learners}, not a network that ends in {activation.kind}; take a loss such as "
            "cross_entropy"
        )

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        raise AssertionError(f"{self.kind} compares no outputs with targets")

    def gradient(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        raise AssertionError(f"{self.kind} compares no outputs with targets")
