"""
Convolutions by compiled kernels that compute a block of samples at a time, one in each lane of a vector.

Next to the reference, columns of windows and products of matrices (`correlation`), nothing is copied many times over,
activation and pooling cost next to nothing where they follow at once, and sums stay in registers. The numbers are those
of the reference as far as the type resolves; sums are taken in another order.
"""

from __future__ import annotations

import math
from typing import Any

from ... import crew, fast
from ...scratch import Scratch
from ...typing import Array, Shape
from ..contiguous import owned
from ..windows import Windows
from .lanes_plan import CACHE, Plan, filled, plan

LEAST = 8
"""The largest batch of a program below which a block would be mostly empty."""

SPARSEST = 4
"""Windows that may be left out for each that stands; beyond, gradients of inputs are mostly products with 0."""


def suits(windows: Windows, s: Scratch) -> bool:
    """
    Return whether there are kernels for such windows in this memory; what was answered once is answered always.

    Training loads them. Who only asks a network does not wait for a compiler: there they are used if they are loaded.
    """
    return s.once("lanes suit", lambda: _suits(windows, s))


def lanes(
    channels: int, maps: int, groups: int, windows: Windows, pool: Shape | None, rectified: bool, s: Scratch
) -> Lanes:
    """Return what computes a convolution in the memory of a node, made once (see `plan`)."""
    ones = (1,) * len(windows.sizes)
    return s.once("lanes", lambda: Lanes(plan(channels, maps, groups, windows, pool or ones, rectified), s))


class Lanes:
    """
    The passes of a plan in the memory of one node (`Step`).

    Args:
        plan: What is computed.
        s: The memory.
    """

    def __init__(self, plan: Plan, s: Scratch) -> None:
        fast.load()
        from . import lanes_kernel

        self._kernel = lanes_kernel
        self._plan, self._s = plan, s
        self._lanes = plan.width // s.dtype.itemsize
        self._blocks = -(-s.n // self._lanes)
        # Sizes for the compiler are lengths of tuples (`vector_code.lengths`); the least for what nobody wants.
        passes = plan.passes if s.needs_dx else (1, 1)
        self._forwards, self._weighs, self._passes = (
            _lengths(self._lanes, *tile) for tile in (plan.forwards, plan.weighs, passes)
        )
        # Batches of another size may do without kernels, in the same memory and without pooling.
        self._name = "y" if plan.pool == (1, 1) else "y pooled"

    def forward(self, x: Array, s: Scratch) -> Array:
        """Return the outputs for ``x`` (N, channels, *sizes), in a buffer."""
        plan = self._plan
        rows, y = self._rows(x, "x"), s.array(self._name, plan.out_shape)
        weights, biases = self._weights(s), self._biases(s)
        marked = plan.marked and s.training
        marks = self._marks() if marked else _nothing(s, "uint8")
        numbers = plan.numbers if marked else (*plan.numbers[:13], 0, *plan.numbers[14:])
        out = y.reshape(s.n, -1)

        def part(hand: int, first: int, last: int) -> None:
            self._kernel.forward(
                self._forwards, rows, weights, biases, out, marks, numbers, plan.images, (first, last),
                *self._images(hand), *self._outputs(hand), self._rest(hand),
            )  # fmt: skip

        crew.share(self._blocks, crew.threads(), part)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        """Write the gradients that are wanted, given that of the outputs; return that of ``x``."""
        plan = self._plan
        dx = s.array("dx", x.shape[1:]) if s.needs_dx else None
        rows, dy = self._rows(x, "x"), self._rows(dy, "dy")
        given = rows[:, :0] if dx is None else dx.reshape(s.n, -1)
        marks = self._marks() if plan.marked else _nothing(s, "uint8")
        weights = self._weights_back(s) if s.needs_dx else _nothing(s)
        zeros = s.filled("zeros of a tile", (plan.passes[0],), 0.0)
        hands = max(1, min(self._blocks, crew.threads()))
        sums = s.fixed(f"sums of weights in {hands}", (hands, plan.sums))
        sums_of_maps = s.fixed(f"sums of maps in {hands}", (hands, plan.maps * self._lanes))
        sums.fill(0)
        sums_of_maps.fill(0)
        of_row = plan.weighs[0] * plan.out[1] * plan.pool[1] * plan.width
        wanted = (int(s.learns), int(s.needs_dx), max(1, CACHE // of_row))

        def part(hand: int, first: int, last: int) -> None:
            self._kernel.backward(
                self._weighs, self._passes, rows, dy, marks, weights, given, sums[hand], sums_of_maps[hand],
                plan.numbers, plan.images, plan.spans, (first, last), wanted,
                *self._images(hand), *self._gradients(hand), zeros, self._rest(hand),
            )  # fmt: skip

        crew.share(self._blocks, hands, part)
        if s.learns:
            self._kernel.settle(self._weighs, sums, _four(s.grads["W"]), plan.groups)
            if "b" in s.grads:
                s.xp.sum(sums_of_maps.reshape(hands, plan.maps, -1), axis=(0, 2), out=s.grads["b"])
        return dx

    def _rows(self, x: Array, name: str) -> Array:
        return owned(x, name, self._s).reshape(len(x), -1)

    def _weights(self, s: Scratch) -> Array:
        plan, w = self._plan, s.params["W"]
        packed = s.fixed("w in tiles", (plan.planes * math.prod(w.shape[1:]),))
        self._kernel.arrange(_four(w), packed, plan.groups, plan.forwards[0], plan.chunks[0])
        return packed

    def _weights_back(self, s: Scratch) -> Array:
        plan, w = self._plan, s.params["W"]
        packed = s.fixed("w back in tiles", (filled(w.shape[1], plan.passes[0]) * w.size // w.shape[1],))
        self._kernel.arrange_back(_four(w), packed, plan.groups, plan.passes[0], plan.chunks[1])
        return packed

    def _biases(self, s: Scratch) -> Array:
        plan = self._plan
        biases = s.filled("b in tiles", (plan.groups, plan.planes // plan.groups), 0.0)
        if "b" in s.params:
            s.xp.copyto(biases[:, : plan.maps // plan.groups], s.params["b"].reshape(plan.groups, -1))
        return biases.reshape(-1)

    def _marks(self) -> Array:
        # A vector of marks more, because those of the last samples are written a whole vector at a time.
        return self._s.array("marks", (math.prod(self._plan.out_shape) + self._lanes,), "uint8").reshape(-1)

    def _images(self, hand: int) -> tuple[Array, Array]:
        """Return where one thread keeps images of a block, without padding if there is any, and with it."""
        plan, s = self._plan, self._s
        plain = (plan.channels * math.prod(plan.sizes) * self._lanes,)
        framed = (plan.channels * math.prod(plan.padded) * self._lanes,)
        return (
            s.fixed(f"plain images {hand}", plain) if plan.is_padded else _nothing(s),
            s.filled(f"images {hand}", framed, 0.0),
        )

    def _outputs(self, hand: int) -> tuple[Array, Array]:
        """Return where one thread keeps rows of maps before they are pooled, and outputs of a block."""
        plan, s = self._plan, self._s
        rows = (plan.planes * plan.pool[0] * plan.out[1] * plan.pool[1] * self._lanes,)
        return (
            s.fixed(f"rows of maps {hand}", rows),
            s.fixed(f"outputs {hand}", (math.prod(plan.out_shape) * self._lanes,)),
        )

    def _gradients(self, hand: int) -> tuple[Array, Array]:
        """Return where one thread keeps gradients of outputs, then of inputs of a block, and those of its maps."""
        plan, s = self._plan, self._s
        # A tile may write some channels more than there are.
        of_inputs = (plan.channels + plan.passes[0]) * math.prod(plan.sizes) if s.needs_dx else 0
        turned = (max(of_inputs, math.prod(plan.out_shape)) * self._lanes,)
        maps = plan.groups * filled(plan.maps // plan.groups, plan.weighs[0])
        return (
            s.fixed(f"gradients {hand}", turned),
            s.filled(f"gradients of maps {hand}", (maps * math.prod(plan.gradient) * self._lanes,), 0.0),
        )

    def _rest(self, hand: int) -> Array:
        """Return where one thread keeps samples that do not fill a block."""
        plan = self._plan
        most = max(plan.channels * math.prod(plan.sizes), math.prod(plan.out_shape))
        return self._s.fixed(f"last block {hand}", (most * self._lanes,))


def _suits(windows: Windows, s: Scratch) -> bool:
    if s.xp.__name__ != "numpy" or len(windows.sizes) > 2 or s.capacity < LEAST or fast.why_not() is not None:
        return False
    if not s.training:
        return fast.at_hand()
    # Gradients of inputs are taken as if windows stood at every place, with 0 where none stands.
    return math.prod(windows.stride) <= SPARSEST or not s.needs_dx


def _lengths(*counts: int) -> tuple[tuple[int, ...], ...]:
    return tuple((0,) * count for count in counts)


def _four(w: Array) -> Array:
    return w if w.ndim == 4 else w.reshape(*w.shape[:2], 1, -1)


def _nothing(s: Scratch, dtype: Any = None) -> Array:
    return s.fixed(f"nothing of {dtype}", (0,), dtype)
