"""A strand whose sequences are gone through in one call of machine code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ... import crew
from ...typing import Array
from ..lanes.machine import machine
from .ends import Ends
from .memory import Memory, Sizes
from .strand import Strand
from .time import over_time

if TYPE_CHECKING:
    from .level import Level

HIGH = 8
"""Samples are filled up to a multiple of it, which the heights of tiles divide."""

ACROSS = 2
"""Vectors side by side in tiles of products for which more are not faster; always the same, to be compiled once."""

WORD = 4
"""Bytes of a number."""

LINE = 16
"""Numbers in a line of the cache."""

WORTH = 4_000_000
"""Multiplications and additions of a thread in a forward pass below which asking it takes longer than it saves."""


class WholeStrand(Strand):
    """
    What the strands of machine code have in common: states, inputs and parameters in memory that suits the kernels.

    They read inputs themselves, and take gradients back to all parameters and to inputs; several threads share the
    samples of a batch, each over all steps. Members equal the `SteppedStrand` of the same layer. A *block* is what a
    few units have of each gate, vector by vector, so that a tile of a product gives all of it.

    Args:
        level, direction: As of all strands.
        kernel: The module of its kernels.
    """

    reads_inputs = True

    gates_of_states: ClassVar[tuple[int, ...]] = (0,)
    """The gates that U adds to, as the first vectors of a block have them."""

    gates_of_inputs: ClassVar[tuple[int, ...]] = (0,)
    """The gates that W adds to, as the last vectors of a block have them."""

    biases: ClassVar[tuple[tuple[str, tuple[int, ...]], ...]] = (("b", (0,)),)
    """The parameters that hold biases, and of which gates, as all vectors of a block have them."""

    of_tile: ClassVar[int] = 1
    """How many gates a tile of the product gives."""

    has_cells: ClassVar[bool] = False
    """Whether there are states besides the hidden ones."""

    keeps_gates: ClassVar[bool] = True
    """Whether the backward pass needs what gates gave."""

    def __init__(self, level: Level, direction: int, kernel: Any) -> None:
        super().__init__(level, direction)
        from . import arrange_kernel

        self._kernel, self._arranging = kernel, arrange_kernel
        width, registers = machine()
        self._lanes = (0,) * (width // 4)
        # Where there is but one gate, several vectors of units make a block.
        self._together = ACROSS if len(self.gates_of_inputs) == 1 else 1
        self._width = len(self.gates_of_states) * self._together * len(self._lanes)
        across = (self.of_tile * self._together, self._width // len(self._lanes), ACROSS)
        self._tiles = tuple(_tile(self._lanes, count, registers) for count in across)
        self._block = sum(len(gates) for _, gates in self.biases) * self._together * len(self._lanes)
        self.sizes = self._sizes()
        self._held = self._memory()
        self.memory = Memory(*map(_address, self._held))
        self._dh = self._held.dh.reshape(self.sizes.rows, -1)
        self._U_order, self._W_order = (
            self._order(gates, level.gates) for gates in (self.gates_of_states, self.gates_of_inputs)
        )
        self._bias_orders = [(name, self._order(gates, len(gates))) for name, gates in self.biases]

    def forward(self, x: Array, ends: Ends | None) -> None:
        self._arrange()
        if x.strides[2] != WORD:
            pieces = over_time(self.s, f"x in one piece{self.level.index}", *x.shape[::2])
            self.xp.copyto(pieces, x)
            x = pieces
        inputs = (_address(x), x.strides[0] // WORD, x.strides[1] // WORD)
        given = (inputs, *self._states(), self._counts(ends))

        def part(hand: int, first: int, last: int) -> None:
            rows = (first * HIGH, last * HIGH)
            self._kernel.forward(self._tiles, self.sizes, self.memory, *self._options(), *given, rows)

        crew.share(self.sizes.rows // HIGH, self._hands(), part)

    def backward(self, dy: Array | None, last: Array | None, ends: Ends | None, truncate: int | None) -> None:
        self._dh.fill(0)
        if last is not None:
            self.xp.copyto(self._dh[: self.n, : self.units], last)
        sizes, hands = self.sizes, self._hands()
        shape = (hands, sizes.blocks * sizes.columns * self._width)
        sums = self.s.fixed(f"sums of panels{self.level.index} {hands}", shape)
        of_bias = self.s.fixed(f"sums of biases {hands}", (hands, sizes.blocks * self._block))
        dx = _address(self.level.dx[self.direction]) if self.level.wants_dx else 0
        given = (self._all_dy(dy), dx, self._counts(ends), truncate or 0)
        self._arrange_turned()

        def part(hand: int, first: int, last: int) -> None:
            into = (_address(sums[hand]) if self.s.learns else 0, _address(of_bias[hand]))
            rows = (first * HIGH, last * HIGH)
            self._kernel.backward(self._tiles, sizes, self.memory, *self._options(), *given, into, rows)

        hands = crew.share(sizes.rows // HIGH, hands, part)
        if self.s.learns:
            self._put_back(sums, of_bias, hands)

    def _options(self) -> tuple[Any, ...]:
        """Return what kernels want to know besides."""
        return ()

    def _states(self) -> tuple[int, ...]:
        """Return where the states of the level are, which stand before the first step and are given after each."""
        return (_address(self.level.hidden),)

    def _all_dy(self, dy: Array | None) -> int:
        if dy is None:
            return 0
        whole = over_time(self.s, "dy in one piece", self.level.steps, self.units)
        self.xp.copyto(whole, dy)
        return _address(whole)

    def _hands(self) -> int:
        work = self.n * self.level.steps * sum(self.level.param(name).size for name in ("U", "W"))
        return min(crew.threads(), 1 + work // self.level.layer.directions // WORTH)

    def _sizes(self) -> Sizes:
        level, across = self.level, ACROSS * len(self._lanes)
        padded = _filled(self.units, self._together * len(self._lanes))
        high = len(self._tiles[1][1])
        # Products go over states and inputs together, unless they add to different vectors.
        together = self.gates_of_states == self.gates_of_inputs
        columns = (
            _filled(padded + level.features, high) if together else padded + _filled(level.features, high)
        )
        return Sizes(
            steps=level.steps,
            samples=self.n,
            units=self.units,
            features=level.features,
            rows=_filled(self.n, HIGH),
            padded=padded,
            # An odd number of lines, so that places one row apart do not fall on the same lines of the cache.
            row=(-(-columns // LINE) | 1) * LINE,
            columns=columns,
            blocks=padded // (self._together * len(self._lanes)),
            cells=len(self._lanes) * self.has_cells,
            reverse=int(self.reverse),
            started=int(level.layer.carry),
            length=level.hidden.shape[2],
            begin=self.direction * self.units,
            whole=int(level.wants_all),
            across=_filled(padded, across),
            inputs_across=_filled(level.features, across),
        )

    def _memory(self) -> Memory:
        s, sizes, index = self.s, self.sizes, self.level.index
        own = f"{index}{'r' * self.reverse}"
        blocks = sizes.blocks
        return Memory(
            kept=self._rows(f"kept{own}", (sizes.steps + 1) * sizes.row),
            gates=self._rows(f"gates{own}", sizes.steps * blocks * self._block * self.keeps_gates),
            cells=self._rows(f"cells{own}", (sizes.steps + 1) * blocks * sizes.cells),
            panels=s.fixed(f"panels{index}", (blocks * self._width * (sizes.padded + sizes.features),)),
            turned=s.fixed("turned", (blocks * self._width * sizes.across,)),
            turned_inputs=s.fixed(f"turned inputs{index}", (blocks * self._width * sizes.inputs_across,)),
            bias=s.fixed("biases in blocks", (blocks * self._block,)),
            dz=self._rows("dz of a step", blocks * self._block),
            dh=self._rows("dh of a step", sizes.across),
            dc=self._rows("dc of a step", blocks * sizes.cells),
            dx=self._rows(f"dx of a step{index}", sizes.inputs_across),
        )

    def _rows(self, name: str, width: int) -> Array:
        """Return memory of ``width`` numbers for each row, flat."""
        whole = self.s.fixed(name, (_filled(self.s.capacity, HIGH) * width,))
        return whole[: self.sizes.rows * width]

    def _order(self, gates: tuple[int, ...], of: int) -> tuple[Any, ...]:
        """Return where ``gates`` lie in a row with ``of`` gates of each direction (see `arrange_kernel`)."""
        start, wide = self.direction * of * self.units, len(self._lanes)
        places = [(gate, vector * wide) for gate in gates for vector in range(self._together)]
        begins = np.array([start + gate * self.units + first for gate, first in places], np.int64)
        further = self._together * wide
        return begins, further, np.array([first for _, first in places], np.int64), further

    def _arrange(self) -> None:
        sizes, lanes = self.sizes, len(self._lanes)
        if sizes.padded != sizes.units:
            self._held.panels.fill(0)
        deep, wide = sizes.padded + sizes.features, len(self._tiles[0][2]) * lanes
        for part in range(self._width // wide):
            own = slice(part * wide // lanes, (part + 1) * wide // lanes)
            for name, order, row in (("U", self._U_order, 0), ("W", self._W_order, sizes.padded)):
                some = (order[0][own], order[1], order[2][own], order[3])
                into = self.memory.panels + (part * deep + row) * wide * WORD
                self._arranging.arrange(
                    self._lanes, *self._values(name), some, into, (sizes.blocks, deep * self._width, wide)
                )
        into = self.memory.bias
        for name, order in self._bias_orders:
            self._arranging.arrange(
                self._lanes, *self._values(name), order, into, (sizes.blocks, self._block, 0)
            )
            into += len(order[0]) * lanes * WORD

    def _arrange_turned(self) -> None:
        sizes, panel = self.sizes, ACROSS * len(self._lanes)
        for name, order, into, across in (
            ("U", self._U_order, self.memory.turned, sizes.across),
            ("W", self._W_order, self.memory.turned_inputs, sizes.inputs_across),
        ):
            if name == "U" or self.level.wants_dx:
                place = (sizes.blocks, panel, across // panel)
                self._arranging.arrange_turned(self._lanes, *self._values(name), order, into, place)

    def _put_back(self, sums: Array, of_bias: Array, hands: int) -> None:
        sizes, width, lanes = self.sizes, self._width, len(self._lanes)
        place = (sizes.blocks, sizes.columns * width, width, sums.shape[1])
        for name, order, row in (("U", self._U_order, 0), ("W", self._W_order, sizes.padded)):
            self._put(name, order, _address(sums) + row * width * WORD, hands, place)
        source, place = _address(of_bias), (sizes.blocks, self._block, 0, of_bias.shape[1])
        for name, order in self._bias_orders:
            self._put(name, order, source, hands, place)
            source += len(order[0]) * lanes * WORD

    def _put(self, name: str, order: Any, sums: int, hands: int, place: Any) -> None:
        into, shape = self._flat(self.level.grad(name))
        self._arranging.put_back(self._lanes, sums, hands, place, order, into, shape)

    def _values(self, name: str) -> tuple[int, tuple[int, int, int]]:
        return self._flat(self.level.param(name))

    def _flat(self, whole: Array) -> tuple[int, tuple[int, int, int]]:
        """Return where a parameter or its gradient is, with its rows, their distance and the units."""
        return _address(whole), (whole.size // whole.shape[-1], whole.shape[-1], self.units)

    def _counts(self, ends: Ends | None) -> int:
        return 0 if ends is None else _address(ends.counts)


def _address(array: Array) -> int:
    return array.ctypes.data


def _tile(lanes: tuple[int, ...], across: int, registers: int) -> tuple[tuple[int, ...], ...]:
    """Return the tile of a product that has so many vectors side by side, as high as registers allow."""
    high = {2: 8, 3: 8, 4: 6}[across] if registers >= 32 else {2: 4, 3: 4, 4: 2}[across]
    return lanes, (0,) * high, (0,) * across


def _filled(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple
