"""The share of samples assigned to the wrong class."""

from __future__ import annotations

from attrs import evolve, field, frozen

from ..activations.base import Activation
from ..activations.binary_threshold import step
from ..activations.rows import row_max
from ..backends.cuda import Misses
from ..errors import OptionError
from ..fast import compiled
from ..machine_code import suits, writable
from ..options import number
from ..scratch import Scratch
from ..typing import Array
from .base import Metric
from .misses_kernel import misses_kernel


def _threshold(instance: Misclassification, attribute: object, value: object) -> None:
    if value is not None and not (isinstance(value, float) and abs(value) < float("inf")):
        raise OptionError(f"threshold of misclassification must be a number or None, not {value!r}")


@frozen
class Misclassification(Metric):
    """
    1 where a sample is assigned to the wrong class, else 0.

    The class is the largest of several outputs, the first one of equals; of a single output, whether it reaches the
    threshold. An output that is NaN is wrong.

    Args:
        threshold: Where a single output divides the classes. By default in the middle of the output's range (1/2
            behind a sigmoid, 0 behind tanh); if that has none, 0 for a batch with negative targets, else 1/2.
    """

    threshold: float | None = field(
        default=None, converter=lambda x: None if x is None else number(x), validator=_threshold
    )

    def for_output(self, activation: Activation) -> Metric:
        low, high = activation.range
        if self.threshold is not None or high - low == float("inf"):
            return self
        return evolve(self, threshold=(low + high) / 2)

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        if y.shape[-1] == 1:
            self._compare_sides(y[:, 0], t[:, 0], values, s)
        else:
            _compare_winners(y, t, values, s)

    def _compare_sides(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        side, threshold = s.array("metric_side"), s.fixed("metric_threshold", (1,))
        if self.threshold is None:
            s.xp.min(t, axis=0, keepdims=True, out=threshold)
            step(threshold, threshold, s)
            s.xp.multiply(threshold, 0.5, out=threshold)
        else:
            threshold.fill(self.threshold)
        s.xp.subtract(y, threshold, out=values)
        step(values, values, s)
        s.xp.subtract(t, threshold, out=side)
        step(side, side, s)
        s.xp.not_equal(values, side, out=values)


def _compare_winners(y: Array, t: Array, values: Array, s: Scratch) -> None:
    fused = s.fused(Misses)
    if fused is not None and all(array.flags.c_contiguous for array in (y, t, values)):
        fused(y, t, values)
        return
    if suits(s) and y.ndim == 2 and (kernel := compiled(misses_kernel)) is not None:
        kernel(y, writable(t, "metric_targets", s), values, 0.0, 1.0)
        return
    given, wanted = s.array("metric_given", dtype="int64"), s.array("metric_wanted", dtype="int64")
    s.xp.argmax(y, axis=-1, out=given)
    s.xp.argmax(t, axis=-1, out=wanted)
    # argmax takes NaN for the largest; the maximum is NaN then, and unequal to itself.
    largest = s.array("metric_largest")
    row_max(y, largest, s)
    s.xp.not_equal(largest, largest, out=largest)
    s.xp.not_equal(given, wanted, out=values)
    s.xp.maximum(values, largest, out=values)
