"""Attention with several heads."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import field, frozen
from attrs.validators import optional

from ...errors import ShapeError
from ...initializers import Glorot, Initializer, Zeros
from ...options import count, flag
from ...params import ParameterSpec
from ...scratch import Scratch
from ...typing import Array, Shape, Shapes
from ..base import Layer, Takes
from ..contiguous import contiguous
from ..several import each
from .attention import Attention, Ends
from .projection import project, project_back


@frozen
class MultiHeadAttention(Layer):
    """
    Attention with several heads (Vaswani et al., 2017, section 3.2.2).

    Every step of the queries x looks at all steps of the memory m. With ``Q = x Wq + bq``, ``K = m Wk + bk`` and
    ``V = m Wv + bv``, parted into heads, ``y = concat_h(softmax(Q_h K_h^T / sqrt(key_units)) V_h) Wo + bo``. Inputs are

        (T, features)                               a sequence that attends to itself, m = x
        ((T, features), (1,))                       with its length: steps numbered below it, from 0, count
        ((T, features), (M, others))                queries x and a memory m
        ((T, features), (M, others), (1,))          with the length of the memory

    Nobody looks at steps that do not count, whatever is in them; where a sequence attends to itself their outputs are
    zeros, and where nothing of a memory counts outputs are bo.

    Args:
        heads: How many heads.
        units: Numbers in an output; by default as many features as the queries have.
        key_units: Numbers in a key of one head; by default the features of the queries divided by the heads.
        value_units: Numbers in a value of one head; by default like key_units.
        causal: Whether steps look at themselves and those before alone; only for a sequence that attends to itself.
        bias: Whether there are biases.
        initializer: How weights are drawn.

    Shapes:
        x (N, T, features), m (N, M, others), lengths (N, 1), y (N, T, units)

        Wq (features, heads key_units), Wk (others, heads key_units), Wv (others, heads value_units),
        Wo (heads value_units, units); bq, bk, bv and bo have the sizes of their last axes; columns are ordered by head

    Raises:
        ShapeError: If inputs are none of these, the heads do not divide the features where key_units is not given,
            or a causal layer is given a memory.
    """

    takes: ClassVar[Takes] = "either"

    heads: int = field(validator=count)
    units: int | None = field(default=None, kw_only=True, validator=optional(count))
    key_units: int | None = field(default=None, kw_only=True, validator=optional(count))
    value_units: int | None = field(default=None, kw_only=True, validator=optional(count))
    causal: bool = field(default=False, kw_only=True, validator=flag)
    bias: bool = field(default=True, kw_only=True, validator=flag)
    initializer: Initializer = field(default=Glorot(), kw_only=True, converter=Initializer.of)

    def out_shape(self, in_shape: Shapes) -> Shape:
        (steps, features), _ = self._sequences(in_shape)
        self._widths(features)
        return (steps, self.units or features)

    def specs(self, in_shape: Shapes) -> tuple[ParameterSpec, ...]:
        (_, features), (_, others) = self._sequences(in_shape)
        keys, values = self._widths(features)
        sizes = {
            "q": (features, keys),
            "k": (others, keys),
            "v": (others, values),
            "o": (values, self.units or features),
        }
        found: list[ParameterSpec] = []
        for name, (ins, outs) in sizes.items():
            found.append(ParameterSpec(f"W{name}", (ins, outs), self.initializer, ins, outs))
            if self.bias:
                found.append(ParameterSpec(f"b{name}", (outs,), Zeros(), ins, outs, regularized=False))
        return tuple(found)

    def multiply_adds(self, in_shape: Shapes) -> int:
        (steps, features), (seen, others) = self._sequences(in_shape)
        keys, values = self._widths(features)
        outputs = values * (self.units or features)
        return steps * (features * keys + outputs) + seen * (others + steps) * (keys + values)

    def forward(self, x: Any, s: Scratch) -> Array:
        ends = self._ends(x, s)
        if ends is not None:
            ends.find(x[-1])
        queries, memory = self._read(x, ends, s)
        attention = self._attention(queries, memory, s)
        project("q", queries, attention.q, self.bias, s)
        project("k", memory, attention.k, self.bias, s)
        project("v", memory, attention.v, self.bias, s)
        attention.forward(self.causal, ends)
        y = s.array("y", (queries.shape[1], s.params["Wo"].shape[1]))
        project("o", attention.seen, y, self.bias, s)
        if ends is not None and memory is queries:
            s.xp.copyto(y, 0, where=ends.behind[:, :, None])
        return y

    def backward(self, x: Any, y: Array, dy: Array, s: Scratch) -> Any:
        ends = self._ends(x, s)
        queries, memory = self._read(x, ends, s)
        attention = self._attention(queries, memory, s)
        if ends is not None and memory is queries:
            dy = ends.cleared(dy, "dy")
        project_back("o", attention.seen, contiguous(dy, "dy", s), attention.dseen, self.bias, s)
        attention.backward()
        dqueries, dmemory = self._gradients(queries, memory, s)
        project_back("q", queries, attention.dq, dqueries, self.bias, s)
        project_back("k", memory, attention.dk, dmemory, self.bias, s)
        more = s.array("dmore", memory.shape[1:]) if s.needs_dx else None
        project_back("v", memory, attention.dv, more, self.bias, s)
        if not s.needs_dx:
            return None
        s.xp.add(dmemory, more, out=dmemory)
        if memory is queries:
            s.xp.add(dqueries, dmemory, out=dqueries)
        return self._as_given(x, dqueries, dmemory, s)

    def _sequences(self, in_shape: Shapes) -> tuple[Shape, Shape]:
        """Return (steps, features) of the queries and of the memory."""
        shapes = each(in_shape)
        ranks = tuple(map(len, shapes))
        if ranks not in ((2,), (2, 1), (2, 2), (2, 2, 1)) or (ranks[-1] == 1 and shapes[-1] != (1,)):
            raise ShapeError(
                "MultiHeadAttention takes samples (steps, features), or with their lengths ((steps, features), (1,)), "
                f"or queries and a memory ((steps, features), (others, features)), not {in_shape}"
            )
        memory = shapes[1] if ranks[:2] == (2, 2) else shapes[0]
        if self.causal and ranks[:2] == (2, 2):
            raise ShapeError(
                "causal=True has no meaning for a memory, whose steps are not those of the queries"
            )
        return shapes[0], memory

    def _widths(self, features: int) -> tuple[int, int]:
        """Return the sizes of keys and values of all heads together."""
        if self.key_units is None and features % self.heads:
            raise ShapeError(
                f"{self.heads} heads do not divide {features} features; take another number of them or say key_units="
            )
        keys = self.key_units or features // self.heads
        return self.heads * keys, self.heads * (self.value_units or keys)

    def _ends(self, x: Any, s: Scratch) -> Ends | None:
        """Return the ends of the memory if lengths are given."""
        if not isinstance(x, tuple) or x[-1].ndim > 2:
            return None
        return s.once("ends", lambda: Ends(x[-2].shape[1], s))

    def _read(self, x: Any, ends: Ends | None, s: Scratch) -> tuple[Array, Array]:
        """Return queries and memory, each in one piece and zeros behind the ends."""
        sequences = x[:-1] if ends is not None else x if isinstance(x, tuple) else (x,)
        memory = sequences[-1]
        memory = contiguous(memory, "memory", s) if ends is None else ends.cleared(memory, "memory")
        return (memory if len(sequences) == 1 else contiguous(sequences[0], "x", s)), memory

    def _attention(self, queries: Array, memory: Array, s: Scratch) -> Attention:
        keys, values = s.params["Wq"].shape[1], s.params["Wv"].shape[1]
        steps, seen = queries.shape[1], memory.shape[1]
        return s.once("attention", lambda: Attention(self.heads, steps, seen, keys, values, s))

    def _gradients(self, queries: Array, memory: Array, s: Scratch) -> Any:
        if not s.needs_dx:
            return None, None
        return s.array("dqueries", queries.shape[1:]), s.array("dmemory", memory.shape[1:])

    def _as_given(self, x: Any, dqueries: Array, dmemory: Array, s: Scratch) -> Any:
        """Return the gradients in the form of the inputs; lengths have none, so theirs are zeros."""
        if not isinstance(x, tuple):
            return dqueries
        dx = [dqueries] if x[-1].ndim == 2 and len(x) == 2 else [dqueries, dmemory]
        if x[-1].ndim == 2:
            dlengths = s.array("dlengths", (1,))
            dlengths.fill(0)
            dx.append(dlengths)
        return tuple(dx)
