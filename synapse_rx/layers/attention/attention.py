"""The arithmetic of attention: what queries see of a memory."""

from __future__ import annotations

from ...activations.rows import row_max, row_sum
from ...backends.cuda import RowSoftmax
from ...scratch import Scratch
from ...typing import Array
from ..gather import count_up

NEVER = -1e30
"""A logit whose weight is 0 beside any other's. Finite, so that a row of them alone is not NaN."""


class Attention:
    """
    The memory of one attention with several heads, laid out once for a batch size, and its two passes.

    Shapes:
        q (N, T, heads key_units), k (N, M, heads key_units), v (N, M, heads value_units): queries, keys and values;
        seen (N, T, heads value_units): what the queries see; dq, dk, dv, dseen: the gradients;
        weights (N, heads, T, M): how much of each step of the memory each query sees.
    """

    def __init__(self, heads: int, steps: int, seen: int, keys: int, values: int, s: Scratch) -> None:
        self.s = s
        self.scale = (keys // heads) ** -0.5
        self.q, self.dq = s.array("q", (steps, keys)), s.array("dq", (steps, keys))
        self.k, self.dk = s.array("k", (seen, keys)), s.array("dk", (seen, keys))
        self.v, self.dv = s.array("v", (seen, values)), s.array("dv", (seen, values))
        self.seen, self.dseen = s.array("seen", (steps, values)), s.array("dseen", (steps, values))
        self.weights = s.array("weights", (heads, steps, seen))
        self.dweights = s.array("dweights", (heads, steps, seen))
        self.heads = heads
        self.later = _later(steps, seen, s)
        self._kernels = s.fused(RowSoftmax)

    def forward(self, causal: bool, ends: Ends | None) -> None:
        """Write what the queries see."""
        xp, weights = self.s.xp, self.weights
        if self._kernels is not None:
            xp.matmul(self._by_head(self.q), self._by_head(self.k).swapaxes(2, 3), out=weights)
            lengths = None if ends is None else ends.lengths
            self._kernels.attend(weights, weights, lengths, self.scale, causal)
            xp.matmul(weights, self._by_head(self.v), out=self._by_head(self.seen))
            return
        xp.multiply(self.q, self.scale, out=self.q)
        xp.matmul(self._by_head(self.q), self._by_head(self.k).swapaxes(2, 3), out=weights)
        if causal:
            xp.copyto(weights, NEVER, where=self.later)
        if ends is not None:
            xp.copyto(weights, NEVER, where=ends.behind[:, None, None])
        self._softmax()
        if ends is not None:
            xp.copyto(weights, 0, where=ends.behind[:, None, None])  # where nothing counts all are alike
        xp.matmul(weights, self._by_head(self.v), out=self._by_head(self.seen))

    def backward(self) -> None:
        """Write the gradients of queries, keys and values, given that of what was seen."""
        xp, weights, dweights = self.s.xp, self.weights, self.dweights
        dseen = self._by_head(self.dseen)
        xp.matmul(dseen, self._by_head(self.v).swapaxes(2, 3), out=dweights)
        xp.matmul(weights.swapaxes(2, 3), dseen, out=self._by_head(self.dv))
        if self._kernels is None:
            self._softmax_backward()
        else:
            self._kernels.backward(weights, dweights, dweights, self.scale)
        xp.matmul(dweights, self._by_head(self.k), out=self._by_head(self.dq))
        xp.matmul(dweights.swapaxes(2, 3), self._by_head(self.q), out=self._by_head(self.dk))
        if self._kernels is None:
            xp.multiply(self.dq, self.scale, out=self.dq)  # kernels scale products, not queries

    def _by_head(self, x: Array) -> Array:
        """Return (N, steps, heads units) as a view (N, heads, steps, units)."""
        return x.reshape(*x.shape[:2], self.heads, -1).swapaxes(1, 2)

    def _softmax(self) -> None:
        s, weights = self.s, self.weights
        row = s.array("row", weights.shape[1:-1])
        row_max(weights, row, s)
        s.xp.subtract(weights, row[..., None], out=weights)
        s.xp.exp(weights, out=weights)
        row_sum(weights, row, s)
        s.xp.divide(weights, row[..., None], out=weights)

    def _softmax_backward(self) -> None:
        s, weights, d = self.s, self.weights, self.dweights
        row, both = s.array("row", weights.shape[1:-1]), s.array("both", weights.shape[1:])
        s.xp.multiply(d, weights, out=both)
        row_sum(both, row, s)
        s.xp.subtract(d, row[..., None], out=d)
        s.xp.multiply(d, weights, out=d)


class Ends:
    """Which steps stand behind the ends of their sequences: behind (N, M), true there, and lengths (N, 1)."""

    def __init__(self, steps: int, s: Scratch) -> None:
        self.s = s
        self.behind = s.array("behind", (steps,), bool)
        self.lengths = s.array("lengths", (1,))

    def find(self, lengths: Array) -> None:
        """Take down the lengths (N, 1): steps numbered below a sample's length, from 0, count."""
        self.s.xp.copyto(self.lengths, lengths)
        steps = count_up(self.s, "steps", self.behind.shape[1], dtype=self.s.dtype)
        self.s.xp.less(steps, lengths, out=self.behind)
        self.s.xp.logical_not(self.behind, out=self.behind)

    def cleared(self, x: Array, name: str) -> Array:
        """Return a copy of x (N, M, features) in the buffer ``name`` that is 0 behind the ends, whatever is there."""
        copy = self.s.array(name, x.shape[1:])
        self.s.xp.copyto(copy, x)
        self.s.xp.copyto(copy, 0, where=self.behind[:, :, None])
        return copy


def _later(steps: int, seen: int, s: Scratch) -> Array:
    """Return where a step of the memory is later than the query, (T, M)."""
    later = s.fixed("later", (steps, seen), bool)
    s.xp.greater(count_up(s, "later_steps", seen), count_up(s, "query_steps", steps)[:, None], out=later)
    return later
