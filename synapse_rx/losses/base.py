"""The contract of a loss."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from ..activations.base import Activation
from ..described import Described
from ..errors import LabelError
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

    @property
    def name(self) -> str:
        """What this loss is recorded as among the error kinds."""
        return self.kind

    def for_output(self, activation: Activation) -> Loss:
        """
        Return the loss to use behind ``activation``: itself, or a more special one chosen by the output.

        Raises:
            LossError: If this loss is not defined on the range of the activation, naming what to use instead.
        """
        return self

    def check_targets(self, t: Array) -> None:
        """
        Check once, before training, that this loss can compare with targets; they lie on the host.

        By default every finite number will do.

        Raises:
            LabelError: If one is out of range, naming its row, its column and what is wanted.
            OptionError: If an option does not fit the number of outputs.
        """
        refuse(self, t, ~np.isfinite(t), "compares finite numbers", "Censored(loss) leaves out what is nan")

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


def refuse(loss: Loss, t: Array, bad: Array, wanted: str, repair: str) -> None:
    """
    Refuse targets where any is ``bad``.

    Args:
        loss: Who refuses.
        t: The targets, (N, outputs).
        bad: Where they are, (N, outputs) of bool.
        wanted: Such as "compares probabilities, so targets must be in [0, 1]".
        repair: What to do.

    Raises:
        LabelError: Naming the first of them.
    """
    if not bad.any():
        return
    row, column = map(int, np.argwhere(bad)[0])
    raise LabelError(
        f"{loss.kind} {wanted}, but target {column} of sample {row} is {t[row, column]:.4g}; {repair}"
    )
