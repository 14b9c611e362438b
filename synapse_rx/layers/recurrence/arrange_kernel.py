"""
Parameters arranged in blocks, as kernels of sequences want them, and gradients of such blocks put back.

A *plan* says where numbers are, in a row for each vector of gates; see `arrangement`. Imported only where kernels are
compiled (`synapse_rx.fast`).
"""

from __future__ import annotations

from typing import Any

from ...fast import jit
from ...instructions.addresses import number_at, put
from ...instructions.vector import load, store
from ...products.panel_filling import fill_panel_turned
from .sequence_kernel import at


@jit
def arrange(lanes: Any, plan: Any) -> None:
    """
    Write rows of parameters into blocks, whose lanes beyond them stay as they are.

    Args:
        lanes: A tuple as long as a vector.
        plan: The plan.
    """
    for one in plan:
        values, rows, length, by, into, row_gap, gap, whole, left = one[:9]
        for row in range(rows):
            source, target = at(values, row * length), at(into, row * row_gap)
            for block in range(whole):
                store(load(lanes, at(source, block * by)), at(target, block * gap))
            for lane in range(left):
                put(number_at(at(source, whole * by + lane)), at(target, whole * gap + lane))


@jit
def arrange_turned(lanes: Any, across: Any, plan: Any, factor: int) -> None:
    """
    Write parameters turned into panels, whose lanes beyond them stay as they are.

    Args:
        lanes: A tuple as long as a vector.
        across: A tuple as long as a panel is wide, in vectors.
        plan: The plan.
        factor: The address of what numbers are multiplied by: of 1.
    """
    wide = len(lanes)
    panel = wide * len(across)
    for one in plan:
        values, rows, length, by, into, size, gap, whole, left = one[:9]
        squares = rows - rows % wide
        for row in range(0, squares, wide):
            target = at(into, row // panel * size + row % panel)
            for block in range(whole):
                source = at(values, row * length + block * by)
                square = at(target, block * gap)
                fill_panel_turned((lanes, (0,), across), source, length, wide, square, wide, factor)
        for row in range(rows):
            source = at(values, row * length)
            target = at(into, row // panel * size + row % panel)
            for block in range(whole if row < squares else 0, whole + min(left, 1)):
                for lane in range(wide if block < whole else left):
                    number = number_at(at(source, block * by + lane))
                    put(number, at(target, block * gap + lane * panel))


@jit
def put_back(lanes: Any, plan: Any, sums: Any) -> None:
    """
    Write blocks, summed up over several sets of them, into the gradients of parameters.

    Args:
        lanes: A tuple as long as a vector.
        plan: The plan, which says how far from the beginning of each set numbers are, in bytes.
        sums: The addresses of the sets, (sets, 2): of panels, and of biases.
    """
    for one in plan:
        values, rows, length, by, place, row_gap, gap, whole, left, which = one[:10]
        for row in range(rows):
            target = at(values, row * length)
            for block in range(whole + min(left, 1)):
                many = len(lanes) if block < whole else left
                start = place + 4 * (row * row_gap + block * gap)
                into = at(target, block * by)
                if many == len(lanes):
                    total = load(lanes, sums[0, which] + start)
                    for hand in range(1, len(sums)):
                        total = total + load(lanes, sums[hand, which] + start)
                    store(total, into)
                    continue
                for lane in range(many):
                    number = number_at(at(sums[0, which] + start, lane))
                    for hand in range(1, len(sums)):
                        number += number_at(at(sums[hand, which] + start, lane))
                    put(number, at(into, lane))
