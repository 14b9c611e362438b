"""The multi-class hinge loss: the right output above all others by a margin."""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen

from ..activations.rows import row_max, row_sum
from ..options import flag, number, positive
from ..scratch import Scratch
from ..typing import Array
from .base import Loss
from .sides import check_sides


@frozen
class MultiClassHinge(Loss):
    """
    The right output above every other by a margin, ``max(0, margin + max_{j != c} y_j - y_c)`` for class c.

    Crammer & Singer, 2001, equation 5; also known as "crammer_singer". The class is where the target is > 0. Where
    there are several such targets, the least of their outputs is compared; where all or none are, the loss is 0. The
    gradient is 1 by the largest other output and -1 by the class's; equals share it. Defined behind every activation.

    Args:
        margin: How far above is far enough, > 0.
        squared: Square the value (not halved).
    """

    aliases: ClassVar[tuple[str, ...]] = ("crammer_singer",)

    margin: float = field(default=1.0, converter=number, validator=positive)
    squared: bool = field(default=False, validator=flag)

    def check_targets(self, t: Array) -> None:
        check_sides(self, t)

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        self._compare(y, t, values, s)
        if self.squared:
            s.xp.multiply(values, values, out=values)

    def gradient(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        xp, force = s.xp, s.array("loss_force")
        largest, least = s.array("loss_largest"), s.array("loss_least")
        others, own = self._compare(y, t, force, s)
        if self.squared:
            xp.multiply(force, 2.0, out=force)
        else:
            xp.sign(force, out=force)
        xp.multiply(force, scale, out=force)
        self._share(others, largest, force, s)
        self._share(own, least, force, s)
        xp.subtract(others, own, out=dy)

    def _compare(self, y: Array, t: Array, violation: Array, s: Scratch) -> tuple[Array, Array]:
        """
        Write each sample's violation of the margin, its largest other output and its least own output.

        Returns:
            The outputs of the other classes and, negated, those of its own; -inf elsewhere.
        """
        xp, shape = s.xp, y.shape[1:]
        others, own, is_own = (
            s.array("loss_others", shape),
            s.array("loss_own", shape),
            s.array("loss_is", shape, bool),
        )
        largest, least = s.array("loss_largest"), s.array("loss_least")
        xp.greater(t, 0.0, out=is_own)
        xp.copyto(others, y)
        xp.copyto(others, -xp.inf, where=is_own)
        xp.logical_not(is_own, out=is_own)
        xp.negative(y, out=own)
        xp.copyto(own, -xp.inf, where=is_own)
        row_max(others, largest, s)
        row_max(own, least, s)
        xp.add(largest, least, out=violation)
        xp.add(violation, self.margin, out=violation)
        xp.maximum(violation, 0.0, out=violation)
        return others, own

    def _share(self, x: Array, largest: Array, force: Array, s: Scratch) -> None:
        """Write the force where a row of ``x`` is largest, shared by equals, and 0 elsewhere."""
        equals = s.array("loss_equals")
        s.xp.equal(x, largest[:, None], out=x)
        row_sum(x, equals, s)
        # Where the largest is NaN nothing equals it; the force is NaN there.
        s.xp.maximum(equals, 1.0, out=equals)
        s.xp.divide(force, equals, out=equals)
        s.xp.multiply(x, equals[:, None], out=x)
