"""
The gradient of a batch of a plain dense network in machine code, float32: for processes that add up theirs.

Imported only where kernels are compiled (`synapse_rx.fast`).
"""

from __future__ import annotations

from typing import Any

from ...fast import jit
from ...instructions.subnormals import flush_subnormals, restore
from .chunk_kernel import go_through, lies_ready, take_step
from .meeting_kernel import meet


@jit
def gradient(
    x: Any,
    scale: Any,
    t: Any,
    order: Any,
    span: Any,
    layers: Any,
    codes: Any,
    theta: Any,
    grad: Any,
    slots: Any,
    scalars: Any,
    memory: Any,
    rows: Any,
    hands: Any,
) -> None:
    """
    Write the gradient of some samples, and what is measured of each, as one of the threads that share them.

    Args:
        span: The first sample, the one behind the last, and the most that a thread takes at a time.
        codes: With -1 for the move: no step is taken.
        slots: Not used.
        scalars: (1, k) what the gradient of the sum of losses is multiplied by.
        x, scale, t, order, layers, theta, grad, memory, rows, hands: As in `chunk_kernel.learn`.
    """
    first, last, most = span
    hand, many, meeting = hands
    arrivals, numbers = 0, memory[2]
    numbers[3] = scalars[0, 0]
    ready = lies_ready(x, scale, order)
    usual = flush_subnormals()
    for begin in range(first, last, most * many):
        length = min(most * many, last - begin)
        low, high = length * hand // many, length * (hand + 1) // many
        part = (begin, low, high - low, ready)
        go_through(x, scale, t, order, part, layers, codes, theta, memory[0], rows, numbers)
        arrivals += many
        meet(meeting, arrivals)
        # Never the only part: the gradient is to be kept.
        here = (begin, length, begin > first, False)
        take_step(x, here, ready, layers, codes, theta, grad, slots, scalars[0], memory, (hand, many))
        arrivals += many
        meet(meeting, arrivals)
    restore(usual)
