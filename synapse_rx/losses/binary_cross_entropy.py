"""Cross-entropy of independent yes-or-no outputs."""

from __future__ import annotations

from attrs import field, frozen

from ..activations.base import Activation
from ..activations.sigmoid import Sigmoid, logistic
from ..activations.softplus import softplus
from ..backends.cuda import SigmoidCrossEntropy
from ..options import number
from ..scratch import Scratch
from ..typing import Array
from .base import Loss
from .options import check_weights, class_weights, smoothing, weights, weights_array
from .probabilities import check_probabilities, require_probabilities
from .separable import Separable


@frozen
class BinaryCrossEntropy(Separable):
    """
    Cross-entropy of independent yes-or-no outputs, ``-sum_k w_k [t_k ln y_k + (1 - t_k) ln(1 - y_k)]``.

    The gradient is ``w (y - t) / (y (1 - y))``; targets may lie anywhere in [0, 1]. The canonical link is the sigmoid,
    where both come from the logits (``w (softplus(z) - t z)`` and ``w (y - t)``) and nothing can overflow.

    Away from the link, y is moved to the nearest numbers of its type inside (0, 1), so that a certain and wrong
    output costs a finite amount: in float32 87.3 at y = 0 and 16.6 at y = 1, in float64 708.4 and 36.7.

    Args:
        label_smoothing: Share e of every target that is taken away and given to yes and no alike,
            ``t <- (1 - e) t + e / 2`` (Szegedy et al., 2016, section 7, for two classes).
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
        return isinstance(activation, Sigmoid)

    def by_kernel(
        self,
        y: Array,
        t: Array,
        s: Scratch,
        *,
        z: Array | None = None,
        values: Array | None = None,
        dy: Array | None = None,
        scale: float = 1.0,
    ) -> bool:
        if z is None or values is None or dy is None or z.ndim != 2:
            return False
        kernel = s.fused(SigmoidCrossEntropy)
        if kernel is None:
            return False
        given = None if self.class_weights is None else weights_array(self.class_weights, s)
        kernel(z, t, given, y, values, dy, self.label_smoothing, scale)
        return True

    def terms(self, y: Array, t: Array, terms: Array, s: Scratch) -> None:
        xp, t = s.xp, self._smoothed(t, s)
        rest = s.array("loss_rest", y.shape[1:])
        _clip(y, terms, s)
        xp.subtract(1.0, terms, out=rest)
        xp.log(rest, out=rest)
        xp.log(terms, out=terms)
        xp.subtract(rest, terms, out=terms)
        xp.multiply(terms, t, out=terms)
        xp.subtract(terms, rest, out=terms)
        self._weigh(terms, s)

    def slopes(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        xp, t = s.xp, self._smoothed(t, s)
        inside, rest = s.array("loss_inside", y.shape[1:]), s.array("loss_rest", y.shape[1:])
        _clip(y, inside, s)
        xp.subtract(1.0, inside, out=rest)
        xp.multiply(rest, inside, out=rest)
        xp.subtract(inside, t, out=dy)
        xp.multiply(dy, scale, out=dy)
        xp.divide(dy, rest, out=dy)
        self._weigh(dy, s)

    def linked_terms(
        self, z: Array, y: Array, t: Array, terms: Array, dz: Array, scale: float, s: Scratch
    ) -> None:
        xp, t = s.xp, self._smoothed(t, s)
        softplus(z, terms, dz, s)
        xp.multiply(z, t, out=dz)
        xp.subtract(terms, dz, out=terms)
        logistic(z, y, s)
        xp.subtract(y, t, out=dz)
        xp.multiply(dz, scale, out=dz)
        self._weigh(terms, s)
        self._weigh(dz, s)

    def _smoothed(self, t: Array, s: Scratch) -> Array:
        if not self.label_smoothing:
            return t
        smooth = s.array("loss_targets", t.shape[1:])
        s.xp.multiply(t, 1 - self.label_smoothing, out=smooth)
        return s.xp.add(smooth, self.label_smoothing / 2, out=smooth)

    def _weigh(self, x: Array, s: Scratch) -> None:
        if self.class_weights is not None:
            s.xp.multiply(x, weights_array(self.class_weights, s), out=x)


def _clip(y: Array, out: Array, s: Scratch) -> None:
    limits = s.xp.finfo(y.dtype)
    s.xp.maximum(y, float(limits.tiny), out=out)
    s.xp.minimum(out, 1 - float(limits.epsneg), out=out)
