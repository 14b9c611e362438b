"""The error that a perceptron learns from."""

from __future__ import annotations

from attrs import evolve, field, frozen

from ..activations.base import Activation
from ..activations.binary_threshold import BinaryThreshold, step
from ..activations.bipolar_threshold import BipolarThreshold
from ..activations.rows import row_max
from ..errors import LossError
from ..options import flag
from ..scratch import Scratch
from ..typing import Array
from .base import Loss


@frozen
class PerceptronError(Loss):
    """
    1 where any output of a sample is on the wrong side, else 0; in place of a gradient there is the delta rule.

    Defined behind threshold units only, where ``dL/dz`` is taken to be ``y - t`` (Rosenblatt, 1958): 1, 0 or -1 for
    either kind of threshold. Targets > 0 want the upper output, all others the lower one, so that bipolar units learn
    from classes (0 and 1) as well as from -1 and 1.

    Args:
        bipolar: Outputs are -1 and 1; chosen by the output (`for_output`).
    """

    bipolar: bool = field(default=False, validator=flag)

    def for_output(self, activation: Activation) -> Loss:
        if not isinstance(activation, (BinaryThreshold, BipolarThreshold)):
            raise LossError(
                f"{self.kind} is defined behind binary_threshold and bipolar_threshold, not behind {activation.kind}; "
                "use cross_entropy or squared_error there"
            )
        return evolve(self, bipolar=isinstance(activation, BipolarThreshold))

    def links(self, activation: Activation) -> bool:
        return isinstance(activation, BipolarThreshold if self.bipolar else BinaryThreshold)

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        wrong = s.array("loss_wrong", y.shape[1:])
        s.xp.sign(y, out=wrong)
        s.xp.maximum(wrong, 0.0, out=wrong)
        self._compare(wrong, t, values, s)

    def gradient(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        raise AssertionError(f"{self.kind} has a gradient at the logits only")

    def linked(
        self, z: Array, y: Array, t: Array, values: Array, dz: Array, scale: float, s: Scratch
    ) -> None:
        xp = s.xp
        step(z, dz, s)
        if self.bipolar:
            xp.multiply(dz, 2.0, out=y)
            xp.subtract(y, 1.0, out=y)
        else:
            xp.copyto(y, dz)
        self._compare(dz, t, values, s)
        xp.multiply(dz, scale, out=dz)

    def _compare(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        """Turn outputs 0 and 1 into those less the targets; write 1 where any of a row is not 0 into values."""
        other = s.array("loss_other", y.shape[1:])
        s.xp.greater(t, 0.0, out=other)
        s.xp.subtract(y, other, out=y)
        s.xp.absolute(y, out=other)
        row_max(other, values, s)
