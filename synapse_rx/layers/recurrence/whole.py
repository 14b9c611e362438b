"""A strand whose sequences are gone through in one call of machine code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ... import crew
from ...instructions.machine import machine
from ...typing import Array
from .arrangement import WORD, Arrangement, Part
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

    has_cells: ClassVar[bool] = False
    """Whether there are states besides the hidden ones."""

    keeps_gates: ClassVar[bool] = True
    """Whether the backward pass needs what gates gave."""

    def __init__(self, level: Level, direction: int, kernel: Any) -> None:
        super().__init__(level, direction)
        self._kernel = kernel
        width, registers = machine()
        self._lanes = (0,) * (width // 4)
        # Where there is but one gate, several vectors of units make a block.
        self._together = ACROSS if len(self.gates_of_inputs) == 1 else 1
        self._width = len(self.gates_of_states) * self._together * len(self._lanes)
        self._block = sum(len(gates) for _, gates in self.biases) * self._together * len(self._lanes)
        own = _tile_of_sums(self._lanes, self._block // len(self._lanes), registers)
        across = (self._width // len(self._lanes), ACROSS)
        self._tiles = (own, *(_tile(self._lanes, count, registers) for count in across))
        self.sizes = self._sizes()
        self._held = self._memory()
        self.memory = Memory(*map(_address, self._held))
        self._dh = self._held.dh.reshape(self.sizes.rows, -1)
        self._arrangement = self._arranged()
        self._threads = 1

    def forward(self, x: Array, ends: Ends | None) -> None:
        self._arrangement.arrange()
        if x.strides[2] != WORD:
            pieces = over_time(self.s, f"x in one piece{self.level.index}", *x.shape[::2])
            self.xp.copyto(pieces, x)
            x = pieces
        inputs = (_address(x), x.strides[0] // WORD, x.strides[1] // WORD)
        given = (inputs, *self._states(), self._counts(ends))

        def part(hand: int, first: int, last: int) -> None:
            rows = (first * HIGH, last * HIGH)
            self._kernel.forward(self._tiles, self.sizes, self.memory, *self._options(), *given, rows)

        self._threads = self._hands()
        crew.share(self.sizes.rows // HIGH, self._threads, part)

    def backward(self, dy: Array | None, last: Array | None, ends: Ends | None, truncate: int | None) -> None:
        self._dh.fill(0)
        if last is not None:
            self.xp.copyto(self._dh[: self.n, : self.units], last)
        sizes, hands = self.sizes, self._threads
        places = self.s.once(f"places of sums{self.level.index} {hands}", lambda: self._sums(hands))
        dx = _address(self.level.dx[self.direction]) if self.level.wants_dx else 0
        given = (self._all_dy(dy), dx, self._counts(ends), truncate or 0)
        self._arrangement.turn()

        def part(hand: int, first: int, last: int) -> None:
            into = (int(places[hand, 0]) if self.s.learns else 0, int(places[hand, 1]))
            rows = (first * HIGH, last * HIGH)
            self._kernel.backward(self._tiles, sizes, self.memory, *self._options(), *given, into, rows)

        hands = crew.share(sizes.rows // HIGH, hands, part)
        if self.s.learns:
            self._arrangement.put_back(places[:hands])

    def _sums(self, hands: int) -> Array:
        """Return the addresses of where threads sum up gradients, (hands, 2): of panels and of biases."""
        sizes, index = self.sizes, self.level.index
        widths = sizes.blocks * sizes.columns * self._width, sizes.blocks * self._block
        names = f"sums of panels{index} {hands}", f"sums of biases {hands}"
        starts = [
            _address(self.s.fixed(name, (hands * width,))) for name, width in zip(names, widths, strict=True)
        ]
        return np.array([starts], np.int64) + WORD * np.arange(hands)[:, None] * np.array(widths)

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
        high = len(self._tiles[1][1])
        # Products go over states and inputs together, unless they add to different vectors; then no tile has both.
        together = self.gates_of_states == self.gates_of_inputs
        padded = _filled(self.units, max(self._together * len(self._lanes), 1 if together else high))
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
            gates=self._block * self.keeps_gates,
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
            gates=self._rows(f"gates{own}", sizes.steps * blocks * sizes.gates),
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

    def _arranged(self) -> Arrangement:
        level, memory, learns = self.level, self.memory, self.s.learns
        for name in ("panels", "turned", "turned_inputs", "bias"):
            getattr(self._held, name).fill(0)  # once, for what nothing is written to

        def part(name: str, gates: Sequence[int], first: int, turned: int = 0) -> Part:
            return Part(level.param(name), level.grad(name) if learns else None, gates, first, turned)

        biases, first = list[Part](), 0
        for name, gates in self.biases:
            biases.append(part(name, gates, first))
            first += len(gates)
        of_inputs = memory.turned_inputs if level.wants_dx else 0
        matrices = (
            part("U", self.gates_of_states, 0, memory.turned),
            part("W", self.gates_of_inputs, self.sizes.padded, of_inputs),
        )
        strand = (self.direction, level.layer.directions, self.units, self._together)
        return Arrangement(strand, self.sizes, memory, self._lanes, self._tiles[2][2], matrices, biases)

    def _counts(self, ends: Ends | None) -> int:
        return 0 if ends is None else _address(ends.counts)


def _address(array: Array) -> int:
    return array.ctypes.data


def _tile(lanes: tuple[int, ...], across: int, registers: int) -> tuple[tuple[int, ...], ...]:
    """Return the tile of a product that has so many vectors side by side, as high as registers allow."""
    high = {2: 8, 3: 8, 4: 6}[across] if registers >= 32 else {2: 4, 3: 4, 4: 2}[across]
    return lanes, (0,) * high, (0,) * across


def _tile_of_sums(lanes: tuple[int, ...], across: int, registers: int) -> tuple[tuple[int, ...], ...]:
    """Return the tile of a product that has so many sums side by side: a half or so of the registers hold them."""
    return lanes, (0,) * ((16 if registers >= 32 else 8) // across), (0,) * across


def _filled(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple
