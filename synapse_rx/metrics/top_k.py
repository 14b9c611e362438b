"""The share of samples whose class is not among the k largest outputs."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ..activations.rows import row_max, row_sum
from ..errors import OptionError
from ..scratch import Scratch
from ..typing import Array
from .base import Metric


def _count(instance: Any, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise OptionError(f"k of top_k must be a whole number of at least 1, not {value!r}")


@frozen
class TopK(Metric):
    """
    1 where the class of a sample is not among its k largest outputs, else 0; recorded as "top_5" for k = 5.

    The class is the largest target. Of equal outputs the first counts as larger, so that ``TopK(1)`` is
    `Misclassification` of several outputs. A sample with an output that is NaN is wrong.

    Args:
        k: How many outputs are looked at, at least 1.
    """

    k: int = field(validator=_count)

    @property
    def name(self) -> str:
        return f"top_{self.k}"

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        xp, shape = s.xp, y.shape[1:]
        mask, own = s.array("metric_mask", shape, bool), s.array("metric_own")
        better, part = s.array("metric_better", shape), s.array("metric_part")
        positions, wanted = (
            s.fixed("metric_positions", shape, "int64"),
            s.array("metric_wanted", dtype="int64"),
        )
        positions.fill(1)
        xp.cumsum(positions, out=positions)
        xp.argmax(t, axis=-1, out=wanted)
        xp.add(wanted, 1, out=wanted)
        xp.equal(positions, wanted[:, None], out=mask)
        better.fill(0)
        xp.copyto(better, y, where=mask)
        row_sum(better, own, s)
        # Its rank: how many outputs are larger, or equal and come before it.
        xp.greater(y, own[:, None], out=better)
        row_sum(better, values, s)
        xp.less(positions, wanted[:, None], out=mask)
        xp.equal(y, own[:, None], out=better)
        xp.multiply(better, mask, out=better)
        row_sum(better, part, s)
        xp.add(values, part, out=values)
        xp.greater_equal(values, self.k, out=values)
        row_max(y, part, s)
        xp.not_equal(part, part, out=part)
        xp.maximum(values, part, out=values)
