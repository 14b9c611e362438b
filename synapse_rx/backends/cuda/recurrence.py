"""
Recurrent layers: whole sequences in one launch, or two launches a step, by the size of the weights of states.

A step needs the states of the one before, so its product with U (units, gates units) is small, and what it takes is
the time to launch kernels and to fetch U. There are two ways:

* **A sequence in one launch.** A block of threads has 4 or 8 samples to itself and needs no other block: states stay in
  its shared memory, and it reads U anew in each step, from the second-level cache. A multiprocessor is sent 64 bytes a
  clock from there at best: U of 128 units with four gates, 256 KB in float32, takes it 4096 clocks (2.3 us on an H200).
  So much do 4 samples ask of the way to shared memory too, over which a warp reads a row of weights, and once the
  states of all its samples, for every 4 products a thread; 8 samples ask half as much again, which pays where
  multiprocessors would have a second block of 4. Blocks do not wait for each other. So 28 steps take about 70 us
  forward, and as much back.
* **A product by the library and a kernel for the rest.** Two launches a step, 5 to 10 us, whatever the size up to 256
  units or so; and far better for weights that one multiprocessor would have to fetch for too long.

They meet between 128 and 256 units of four gates, so blocks walk alone up to `WEIGHTS`; and up to `SAMPLES`, behind
which products over all samples are large enough to be faster by the library. (Blocks that share U between them, each
keeping a part, would have to wait for one another in each step; that is not done.)
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from .grid import THREADS, blocks
from .kernels import Fused
from .recurrence_source import registers, source
from .recurrence_trial import Step, agrees
from .sequences import Recurrence, Sequences

WEIGHTS = 1 << 17
"""The most numbers in U of one direction that a block of threads reads in every step."""

SAMPLES = 4096
"""The most samples of which each is walked through by one block."""

FEW, MANY = 4, 8
"""Samples of a block: so many that all multiprocessors have something to do, or twice that where samples are many."""

BUSY = 132 * FEW
"""Samples from which on no multiprocessor would be idle with `MANY` samples to a block either."""


class RecurrentKernels(Fused):
    """
    What recurrent layers do step by step; members say in CUDA C++ and in numpy what happens in a step.

    A member's `cell` has two functions for one unit of one sample. ``after`` takes z, which gates take the place of,
    and the products of states, both with biases ``units`` apart from gate to gate, to the state, and may keep a number;
    ``back`` takes the gradient of a state to those of z (d) and of the products (v), and returns what of it passes to
    the state before other than by products.
    """

    cell: ClassVar[str]
    gates: ClassVar[int]
    vectors: ClassVar[int] = 0
    """Further parameters, in vectors of units for each direction."""

    has_cells: ClassVar[bool] = False
    keeps_inner: ClassVar[bool] = False
    functions: ClassVar[tuple[int, ...]] = (0,)
    most_rows: ClassVar[int] = MANY
    """The most samples of a block."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        units, rows = most_units(cls.gates), sorted({FEW, cls.most_rows})
        cls.options = (f"--maxrregcount={registers(cls.gates * units)}",)
        cls.source = source(cls.cell, cls.gates, cls.vectors, units, rows)

    @abstractmethod
    def step(self, function: int) -> Step:
        """Return what computes (state, cell) in numpy from products and z + b, (gates, N, units), h, c and more."""

    def rows(self, sizes: Sequences) -> int:
        """Return how many samples a block walks through all steps with, 0 if that is not for these sizes."""
        if sizes.units > most_units(self.gates) or sizes.samples > SAMPLES:
            return 0
        return self.most_rows if sizes.samples > BUSY and self.dtype == np.float32 else FEW

    def forward(self, of: Recurrence, counts: Any, rows: int | None = None) -> None:
        """
        Read all steps.

        Args:
            of: Sizes and arrays.
            counts: 1 where a step counts and 0 where none does, (T, N, 1).
            rows: Samples of a block; None for as many as `rows` says.
        """
        arrays = (of.z, of.U, of.b, of.more, counts, of.h, of.c, of.inner)
        self._walk("forward", of, (*arrays, np.int32(of.function)), rows)

    def backward(
        self, of: Recurrence, counts: Any, dy: Any, last: Any, truncate: int, rows: int | None = None
    ) -> None:
        """
        Take gradients back through all steps.

        Args:
            of, counts, rows: As in `forward`.
            dy: The gradient of each state, (T, N, units).
            last: That of the state after the last step, (N, units).
            truncate: Steps after which gradients are cut, 0 for never.
        """
        states = (of.h, of.c, of.inner)
        arrays = (of.z, of.dz, of.dv, of.turned, of.more, counts, dy, last, *states)
        self._walk("backward", of, (*arrays, np.int32(of.function), np.int32(truncate)), rows)

    def forward_step(self, of: Recurrence, counts: Any, product: Any, t: int) -> None:
        """Do step t, given the product of the states before it with U, (N, gates units)."""
        arrays = (product, of.z, of.b, of.more, counts, of.h, of.c, of.inner)
        self._step("forward_step", of, (*arrays, np.int32(of.function), np.int32(t)))

    def backward_step(
        self,
        of: Recurrence,
        counts: Any,
        incoming: tuple[Any, Any],
        running: tuple[Any, Any],
        product: Any,
        t: int,
    ) -> None:
        """
        Go back through step t.

        Args:
            of, counts: As in `forward`.
            incoming: dy and last, as in `backward`.
            running: What passes from step to step of the gradient of the state, other than by products, and of that of
                the cell, (N, units).
            product: What passes by products, (N, units); `NOTHING` where no gradient comes from behind.
        """
        states = (of.h, of.c, of.inner)
        arrays = (of.z, of.dz, of.dv, product, *running, of.more, counts, *incoming, *states)
        self._step("backward_step", of, (*arrays, np.int32(of.function), np.int32(t)))

    def agrees(self) -> bool:
        most = self.most_rows if self.dtype == np.float32 else FEW
        return all(agrees(self, function, rows) for function in self.functions for rows in {0, FEW, most})

    def _walk(self, name: str, of: Recurrence, args: tuple[Any, ...], rows: int | None) -> None:
        rows, width = rows or self.rows(of.sizes), self.gates * of.sizes.units
        grid, block = (-(-of.sizes.samples // rows),), (-(-width // 32) * 32,)
        self.function(f"{name}_{rows}")(grid, block, (*args, *map(np.int32, of.sizes)))

    def _step(self, name: str, of: Recurrence, args: tuple[Any, ...]) -> None:
        grid = blocks(of.sizes.samples * of.sizes.units)
        self.function(name)(grid, (THREADS,), (*args, *map(np.int32, of.sizes)))


def most_units(gates: int) -> int:
    """Return the most units whose weights a block of threads reads in every step."""
    return int((WEIGHTS / gates) ** 0.5)
