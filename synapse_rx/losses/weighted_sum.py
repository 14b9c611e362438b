"""Several losses at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import evolve, field, frozen

from ..activations.base import Activation
from ..errors import OptionError
from ..options import number
from ..scratch import Scratch
from ..typing import Array
from .base import Loss


def _pairs(value: Any) -> tuple[tuple[float, Loss], ...]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise _refusal(value)
    return tuple(pair for item in value for pair in _flat(item))


def _flat(item: Any) -> Iterator[tuple[float, Loss]]:
    if isinstance(item, (str, bytes)) or not isinstance(item, Iterable) or len(pair := tuple(item)) != 2:
        raise _refusal(item)
    weight = number(pair[0])
    if not isinstance(weight, float):
        raise _refusal(item)
    loss = Loss.of(pair[1])
    if not (math.isfinite(weight) and weight > 0):
        raise OptionError(
            f"the weight of {loss.kind} in a weighted_sum must be a number > 0, not {pair[0]!r}"
        )
    if isinstance(loss, WeightedSum):
        yield from ((weight * other, term) for other, term in loss.losses)
    else:
        yield weight, loss


def _refusal(value: Any) -> OptionError:
    return OptionError(
        "losses of weighted_sum must be pairs of a weight and a loss, such as "
        f"((0.7, 'cross_entropy'), (0.3, 'squared_error')), not {value!r}"
    )


def _some(instance: Any, attribute: Any, value: tuple[Any, ...]) -> None:
    if not value:
        raise OptionError("losses of weighted_sum must be at least one pair of a weight and a loss")


@frozen
class WeightedSum(Loss):
    """
    Several losses at once, ``sum_i w_i L_i``; a sum within a sum is taken apart.

    Behind the canonical link of any of them, that one is computed from the logits, so that it keeps its full force
    where the output is certain and wrong.

    Args:
        losses: Pairs of a weight > 0 and a loss, by name or description.
    """

    losses: tuple[tuple[float, Loss], ...] = field(converter=_pairs, validator=_some)
    behind: Activation | None = field(default=None, init=False, eq=False, repr=False)
    """The activation that the losses were chosen for (`for_output`)."""

    def for_output(self, activation: Activation) -> Loss:
        losses = [(weight, loss.for_output(activation)) for weight, loss in self.losses]
        # Those that are linked come first: they write the outputs.
        chosen = evolve(self, losses=sorted(losses, key=lambda pair: not pair[1].links(activation)))
        object.__setattr__(chosen, "behind", activation)
        return chosen

    def check_targets(self, t: Array) -> None:
        for _, loss in self.losses:
            loss.check_targets(t)

    def links(self, activation: Activation) -> bool:
        return activation == self.behind and any(loss.links(activation) for _, loss in self.losses)

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        part = s.array("loss_part_values")
        values.fill(0)
        for weight, loss in self.losses:
            loss.values(y, t, part, s)
            _add(part, weight, values, s)

    def gradient(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        part = s.array("loss_part_dy", y.shape[1:])
        dy.fill(0)
        for weight, loss in self.losses:
            loss.gradient(y, t, part, weight * scale, s)
            s.xp.add(dy, part, out=dy)

    def linked(
        self, z: Array, y: Array, t: Array, values: Array, dz: Array, scale: float, s: Scratch
    ) -> None:
        behind = self.behind
        assert behind is not None
        part, shape = s.array("loss_part_values"), y.shape[1:]
        part_dy, part_dz = s.array("loss_part_dy", shape), s.array("loss_part_dz", shape)
        values.fill(0)
        dz.fill(0)
        for weight, loss in self.losses:
            if loss.links(behind):
                loss.linked(z, y, t, part, part_dz, weight * scale, s)
            else:
                loss.values(y, t, part, s)
                loss.gradient(y, t, part_dy, weight * scale, s)
                behind.backward(z, y, part_dy, part_dz, s)
            _add(part, weight, values, s)
            s.xp.add(dz, part_dz, out=dz)


def _add(part: Array, weight: float, values: Array, s: Scratch) -> None:
    s.xp.multiply(part, weight, out=part)
    s.xp.add(values, part, out=values)
