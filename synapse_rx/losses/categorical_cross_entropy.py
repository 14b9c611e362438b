"""Cross-entropy of one class among several."""

from __future__ import annotations

from attrs import field, frozen

from ..activations.base import Activation
from ..activations.rows import row_max, row_sum
from ..activations.softmax import Softmax
from ..backends.cuda import SoftmaxCrossEntropy
from ..fast import compiled
from ..machine_code import suits, writable
from ..options import number
from ..scratch import Scratch
from ..typing import Array
from .base import Loss
from .options import check_weights, class_weights, smoothed_and_weighted, smoothing, weights
from .probabilities import check_probabilities, require_probabilities
from .separable import Separable, clear
from .softmax_kernel import softmax_kernel


@frozen
class CategoricalCrossEntropy(Separable):
    """
    Cross-entropy of one class among several, ``-sum_k w_k t_k ln y_k``, with gradient ``-w t / y``.

    Targets are one-hot or soft labels; their sum need not be 1. The canonical link is the softmax, where value and
    gradient come from the logits, ``T logsumexp(z) - sum_k w_k t_k z_k`` and ``T y - w t`` with ``T = sum_k w_k t_k``,
    and nothing can overflow.

    Away from the link, y is at least the smallest normal number of its type, so that a certain and wrong output costs
    a finite amount: 87.3 in float32, 708.4 in float64.

    Args:
        label_smoothing: Share e of every target that is taken away and given to all K outputs alike,
            ``t <- (1 - e) t + e / K`` (Szegedy et al., 2016, section 7).
        class_weights: The weights w, one number >= 0 for each output in the order of the labels; None for 1.
    """

    label_smoothing: float = field(default=0.0, converter=number, validator=smoothing)
    class_weights: tuple[float, ...] | None = field(default=None, converter=weights, validator=class_weights)

    def for_output(self, activation: Activation) -> Loss:
        require_probabilities(self, activation)
        return self

    def check_targets(self, t: Array) -> None:
        check_probabilities(self, t)
        check_weights(self, self.class_weights, t)

    def links(self, activation: Activation) -> bool:
        return isinstance(activation, Softmax) and activation.axis == -1

    def factor(self, outputs: int) -> float:
        return -1.0

    def terms(self, y: Array, t: Array, terms: Array, s: Scratch) -> None:
        s.xp.maximum(y, float(s.xp.finfo(y.dtype).tiny), out=terms)
        s.xp.log(terms, out=terms)
        s.xp.multiply(terms, self._effective(t, s), out=terms)

    def slopes(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        inside = s.array("loss_inside", y.shape[1:])
        s.xp.maximum(y, float(s.xp.finfo(y.dtype).tiny), out=inside)
        s.xp.multiply(self._effective(t, s), -scale, out=dy)
        s.xp.divide(dy, inside, out=dy)

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
        row, total = s.array("loss_row"), s.array("loss_total")
        t = self._effective(t, s)
        # Every logit moves every output, so what is missing is left out of the targets, not of the gradient; these
        # targets are a copy then, made by Censored if not here.
        clear(t, missing, s)
        fused = s.fused(SoftmaxCrossEntropy)
        if fused is not None and all(array.flags.c_contiguous for array in (z, t, y, values, dz)):
            fused(z, t, y, values, dz, scale)
            return
        if suits(s) and z.ndim == 2 and (kernel := compiled(softmax_kernel)) is not None:
            kernel(z, writable(t, "loss_targets", s), y, values, dz, scale, 0.0)
            return
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

    def _effective(self, t: Array, s: Scratch) -> Array:
        return smoothed_and_weighted(t, self.label_smoothing, self.class_weights, s)
