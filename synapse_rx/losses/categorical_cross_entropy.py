"""Cross-entropy of one class among several."""

from __future__ import annotations

from attrs import frozen

from ..activations.base import Activation
from ..activations.rows import row_max, row_sum
from ..activations.softmax import Softmax
from ..scratch import Scratch
from ..typing import Array
from .base import Loss
from .probabilities import require_probabilities


@frozen
class CategoricalCrossEntropy(Loss):
    """
    Cross-entropy of one class among several, ``-sum_k t_k ln y_k``, with gradient ``-t / y``.

    Targets are one-hot or soft labels; their sum T need not be 1. The canonical link is the softmax, where value and
    gradient come from the logits, ``T logsumexp(z) - sum_k t_k z_k`` and ``T y - t``, and nothing can overflow.

    Away from the link, y is at least the smallest normal number of its type, so that a certain and wrong output costs
    a finite amount: 87.3 in float32, 708.4 in float64.
    """

    def for_output(self, activation: Activation) -> Loss:
        require_probabilities(self, activation)
        return self

    def links(self, activation: Activation) -> bool:
        return isinstance(activation, Softmax)

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        loss = s.array("loss_terms", y.shape[1:])
        s.xp.maximum(y, float(s.xp.finfo(y.dtype).tiny), out=loss)
        s.xp.log(loss, out=loss)
        s.xp.multiply(loss, t, out=loss)
        row_sum(loss, values, s)
        s.xp.negative(values, out=values)

    def gradient(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        inside = s.array("loss_terms", y.shape[1:])
        s.xp.maximum(y, float(s.xp.finfo(y.dtype).tiny), out=inside)
        s.xp.multiply(t, -scale, out=dy)
        s.xp.divide(dy, inside, out=dy)

    def linked(
        self, z: Array, y: Array, t: Array, values: Array, dz: Array, scale: float, s: Scratch
    ) -> None:
        xp = s.xp
        row, total = s.array("loss_row"), s.array("loss_total")
        # y holds z - max, then its exponential, then the outputs.
        row_max(z, row, s)
        xp.subtract(z, row[:, None], out=y)
        xp.multiply(y, t, out=dz)
        row_sum(dz, values, s)
        xp.exp(y, out=y)
        row_sum(y, row, s)
        xp.divide(y, row[:, None], out=y)
        row_sum(t, total, s)
        xp.multiply(y, total[:, None], out=dz)
        xp.subtract(dz, t, out=dz)
        xp.multiply(dz, scale, out=dz)
        xp.log(row, out=row)
        xp.multiply(row, total, out=row)
        xp.subtract(row, values, out=values)
