"""The contract of a loss."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..activations.base import Activation
from ..described import Described
from ..scratch import Scratch
from ..typing import Array


class Loss(Described, ABC):
    """
    How far outputs y are from targets t: one value a sample, summed over the outputs.

    The loss of a batch is the mean of its samples' values; value and gradient always belong together.
    Implementations are frozen attrs classes, write into the arrays they are given and never allocate: temporaries come
    from ``s.array(name, shape)`` (use names starting with "loss_").

    Shapes:
        y, t, z, dy, dz (N, outputs); values (N,)
    """

    def for_output(self, activation: Activation) -> Loss:
        """
        Return the loss to use behind ``activation``: itself, or a more special one chosen by the output.

        Raises:
            LossError: If this loss is not defined on the range of the activation, naming what to use instead.
        """
        return self

    def links(self, activation: Activation) -> bool:
        """Return whether ``activation`` is this loss's canonical link, so that dL/dz = (y - t) * scale."""
        return False

    @abstractmethod
    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        """Write each sample's loss into ``values``."""

    @abstractmethod
    def gradient(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        """Write ``scale`` times the gradient of the sum of all samples' losses with respect to y into ``dy``."""

    def linked(
        self, z: Array, y: Array, t: Array, values: Array, dz: Array, scale: float, s: Scratch
    ) -> None:
        """
        From logits z behind the canonical link: write outputs into y, losses into values, scaled dL/dz into dz.

        Works on logits, so that it survives where the link underflows. Only called where `links` is true.
        """
        raise AssertionError(f"{self.kind} has no canonical link")
