"""What kernels of sequences are handed over: sizes, and where memory is, by name."""

from __future__ import annotations

from typing import Any, NamedTuple


class Sizes(NamedTuple):
    """
    The sizes of a strand in machine code. Everything is filled up with zeros to whole vectors and tiles.

    Attributes:
        steps, samples, units, features: As they are.
        rows: Samples filled up.
        padded: Units filled up.
        row: Numbers from a row of `Memory.kept` to the next.
        columns: Those of such a row that products go over: states, then inputs, filled up.
        blocks: How many times vectors of gates stand together; see `Memory.gates`.
        gates: Numbers of `Memory.gates` in a row of a block, 0 if there are none.
        cells: Those of `Memory.cells`, 0 if there are none.
        reverse: Whether sequences are read from their end.
        started: Whether states before the first step may be other than 0.
        length, begin: Numbers in a row of all states of the level, and where those of the strand begin.
        whole: Whether all states are wanted, not just the last.
        across, inputs_across: Numbers in a row of the gradient of states, and of that of inputs.
    """

    steps: int
    samples: int
    units: int
    features: int
    rows: int
    padded: int
    row: int
    columns: int
    blocks: int
    gates: int
    cells: int
    reverse: int
    started: int
    length: int
    begin: int
    whole: int
    across: int
    inputs_across: int


class Memory(NamedTuple):
    """
    The memory of a strand in machine code: flat arrays, or their addresses. Steps are numbered as they are read.

    Addresses are what kernels get, because the compiler counts who refers to an array, everywhere.

    Attributes:
        kept: States before each step and its inputs, (T + 1, rows, row).
        gates: What gates gave, (T, blocks, rows, vectors of a block).
        cells: Further states, one step more, (T + 1, blocks, rows, lanes).
        panels: U and W, block by block.
        turned, turned_inputs: U turned and W turned.
        bias: Biases, block by block.
        dz: Gradients of what `gates` were of, for the time of one step.
        dh: The gradient of states, (rows, across).
        dc: That of `cells`, (blocks, rows, lanes).
        dx: That of the inputs of a step, (rows, inputs_across).
    """

    kept: Any
    gates: Any
    cells: Any
    panels: Any
    turned: Any
    turned_inputs: Any
    bias: Any
    dz: Any
    dh: Any
    dc: Any
    dx: Any
