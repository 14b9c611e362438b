"""A loss that leaves missing targets out."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..activations.base import Activation
from ..errors import OptionError
from ..scratch import Scratch
from ..typing import Array
from .base import Loss
from .separable import Separable, clear
from .weighted_sum import WeightedSum


def _loss(value: Any) -> Loss:
    loss = Loss.of(value)
    return loss.loss if isinstance(loss, Censored) else loss


def _not_a_sum(instance: Any, attribute: Any, value: Loss) -> None:
    if isinstance(value, WeightedSum):
        raise OptionError(
            "censored takes one loss, not a weighted sum; censor its terms instead: "
            "WeightedSum(((0.7, Censored('squared_error')), (0.3, Censored('huber'))))"
        )


@frozen
class Censored(Loss):
    """
    Another loss that leaves missing targets out: where a target is NaN, nothing is added to value or gradient.

    What is missing is left out output by output, as in Cortex's censor-loss. Of losses that compare the outputs of a
    sample with each other (`MultiClassHinge`) and of custom ones, a sample with any target missing is left out whole.
    Nothing is divided by the number of targets there are: the loss of a batch stays the mean over all its samples.

    Args:
        loss: The loss that compares the others, by name or description.
    """

    loss: Loss = field(converter=_loss, validator=_not_a_sum)

    def for_output(self, activation: Activation) -> Loss:
        chosen = self.loss.for_output(activation)
        return self if chosen is self.loss else evolve(self, loss=chosen)

    def check_targets(self, t: Array) -> None:
        # Every loss can be compared with 0.
        self.loss.check_targets(np.where(np.isnan(t), 0, t))

    def links(self, activation: Activation) -> bool:
        return isinstance(self.loss, Separable) and self.loss.links(activation)

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        present, missing = _split(t, s)
        if isinstance(self.loss, Separable):
            self.loss.values(y, present, values, s, missing)
        else:
            self.loss.values(y, present, values, s)
            clear(values, _incomplete(missing, s), s)

    def gradient(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        present, missing = _split(t, s)
        if isinstance(self.loss, Separable):
            self.loss.gradient(y, present, dy, scale, s, missing)
        else:
            self.loss.gradient(y, present, dy, scale, s)
            clear(dy, _incomplete(missing, s)[:, None], s)

    def linked(
        self, z: Array, y: Array, t: Array, values: Array, dz: Array, scale: float, s: Scratch
    ) -> None:
        assert isinstance(self.loss, Separable)
        present, missing = _split(t, s)
        self.loss.linked(z, y, present, values, dz, scale, s, missing)


def _split(t: Array, s: Scratch) -> tuple[Array, Array]:
    """Return the targets with 0 for the missing ones, and where those are."""
    present, missing = s.array("loss_present", t.shape[1:]), s.array("loss_missing", t.shape[1:], bool)
    s.xp.isnan(t, out=missing)
    s.xp.copyto(present, t)
    clear(present, missing, s)
    return present, missing


def _incomplete(missing: Array, s: Scratch) -> Array:
    """Return which samples have a missing target."""
    rows = s.array("loss_incomplete", (), bool)
    s.xp.any(missing, axis=1, out=rows)
    return rows
