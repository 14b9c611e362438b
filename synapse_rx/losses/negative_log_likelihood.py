"""The negative log-likelihood of log-probabilities."""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen

from ..activations.base import Activation
from ..activations.log_softmax import LogSoftmax
from ..activations.rows import row_max, row_sum
from ..errors import LossError
from ..options import number
from ..scratch import Scratch
from ..typing import Array
from .base import Loss
from .options import check_weights, class_weights, smoothed_and_weighted, smoothing, weights
from .probabilities import check_probabilities
from .separable import Separable, clear


@frozen
class NegativeLogLikelihood(Separable):
    """
    Negative log-likelihood of one class among several, ``-sum_k w_k t_k y_k`` for log-probabilities y; "nll".

    Its gradient is ``-w t``. It is the `CategoricalCrossEntropy` of ``exp(y)`` without an exponential to underflow: a
    certain and wrong output costs what its logits say. The canonical link is the log-softmax along the last axis,
    where the gradient by the logits is ``T softmax(z) - w t`` with ``T = sum_k w_k t_k``.

    Args:
        label_smoothing: Share of every target that is given to all outputs alike; see `CategoricalCrossEntropy`.
        class_weights: The weights w, one number >= 0 for each output in the order of the labels; None for 1.
    """

    aliases: ClassVar[tuple[str, ...]] = ("nll",)

    label_smoothing: float = field(default=0.0, converter=number, validator=smoothing)
    class_weights: tuple[float, ...] | None = field(default=None, converter=weights, validator=class_weights)

    def for_output(self, activation: Activation) -> Loss:
        if activation.range[1] > 0:
            raise LossError(
                f"{self.kind} takes logarithms of probabilities, and those of {activation.kind} are none; "
                'end the network in "log_softmax", or use the loss "cross_entropy" behind a "softmax"'
            )
        return self

    def check_targets(self, t: Array) -> None:
        check_probabilities(self, t)
        check_weights(self, self.class_weights, t)

    def links(self, activation: Activation) -> bool:
        return isinstance(activation, LogSoftmax) and activation.axis == -1

    def factor(self, outputs: int) -> float:
        return -1.0

    def terms(self, y: Array, t: Array, terms: Array, s: Scratch) -> None:
        # The logarithm of 0 times a target of 0 is 0, not NaN.
        s.xp.maximum(y, float(s.xp.finfo(y.dtype).min), out=terms)
        s.xp.multiply(terms, self._effective(t, s), out=terms)

    def slopes(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        s.xp.multiply(self._effective(t, s), -scale, out=dy)

    def linked(
        self,
        z: Array,
        y: Array,
        t: Array,
        values: Array,
        dz: Array,
        scale: float,
        s: Scratch,
        missing: Array | None = None,
    ) -> None:
        xp = s.xp
        row, total, terms = s.array("loss_row"), s.array("loss_total"), s.array("loss_terms", z.shape[1:])
        t = self._effective(t, s)
        clear(t, missing, s)  # as in CategoricalCrossEntropy: a copy, and every logit moves every output
        row_max(z, row, s)
        xp.subtract(z, row[:, None], out=y)
        xp.exp(y, out=dz)
        row_sum(dz, row, s)
        xp.divide(dz, row[:, None], out=dz)
        xp.log(row, out=row)
        xp.subtract(y, row[:, None], out=y)
        row_sum(t, total, s)
        xp.multiply(dz, total[:, None], out=dz)
        xp.subtract(dz, t, out=dz)
        xp.multiply(dz, scale, out=dz)
        xp.maximum(y, float(xp.finfo(y.dtype).min), out=terms)
        xp.multiply(terms, t, out=terms)
        row_sum(terms, values, s)
        xp.negative(values, out=values)

    def _effective(self, t: Array, s: Scratch) -> Array:
        return smoothed_and_weighted(t, self.label_smoothing, self.class_weights, s)
