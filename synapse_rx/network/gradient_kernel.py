"""
The gradient of a batch of a plain dense network in machine code, float32: for processes that add up theirs.

Imported only where kernels are compiled (`synapse_rx.fast`).
"""

from __future__ import annotations

from typing import Any

from ..fast import jit
from .chunk_kernel import learn_part


@jit
def gradient(
    x: Any,
    scale: Any,
    t: Any,
    order: Any,
    span: Any,
    share: Any,
    layers: Any,
    codes: Any,
    theta: Any,
    grad: Any,
    arena: Any,
    bits: Any,
    rows: Any,
    numbers: Any,
) -> None:
    """
    Write the gradient of some samples, and what is measured of each.

    Args:
        span: The first sample, the one behind the last, and the most that go through all layers at a time.
        share: What the gradient of their losses' sum is multiplied by.
        x, scale, t, order, layers, codes, theta, grad, arena, bits, rows, numbers: As in `chunk_kernel.learn`.
    """
    first, last, most = span
    for begin in range(first, last, most):
        part = (begin, min(most, last - begin), share, begin > first, 0)
        learn_part(x, scale, t, order, part, layers, codes, theta, grad, arena, bits, rows, numbers)
