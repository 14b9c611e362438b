"""
The product of a synapse's factors in the log domain, ``l_bi = sum_j ln(1 - W_ji x_bj)``, and its gradients.

All factors of a batch are N x inputs x outputs numbers. They are made block by block in memory that stays in the cache
and never depends on the batch; the published code expands them whole, with N^2 x inputs numbers besides.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..scratch import Scratch
from ..typing import Array

BLOCK = 1 << 16
"""Numbers in a block: two of float32 stay in the second-level cache of a common core."""

DEVICE_BLOCK = 1 << 24
"""The same for a device, which gains from large ones."""


def log_product(x: Array, w: Array, out: Array, least: float, s: Scratch) -> None:
    """
    Write the sums of the logarithms of all factors into ``out``.

    Args:
        x: Inhibitory inputs (N, inputs).
        w: Weights (inputs, outputs).
        out: (N, outputs).
        least: Factors below it count as this much.
    """
    xp, ones = s.xp, s.filled("ones_inputs", w.shape[:1], 1)
    minus = s.fixed("minus_weights", w.shape)
    xp.negative(w, out=minus)
    for rows, columns, factor in _blocks(len(x), w, "factor", s):
        xp.multiply(x[rows, :, None], minus[None, :, columns], out=factor)
        xp.maximum(factor, least - 1, out=factor)
        xp.log1p(factor, out=factor)
        xp.matmul(ones, factor, out=out[rows, columns])


def log_product_gradients(
    x: Array, w: Array, dl: Array, dx: Array | None, dw: Array | None, least: float, s: Scratch
) -> None:
    """
    Write the gradients by inputs and weights, given that by the sums of logarithms.

    With q = 1 - W x they are ``dx_bj = -sum_i dl_bi W_ji / q`` and ``dW_ji = -sum_b dl_bi x_bj / q``, without the
    factors below ``least``, which do not move.

    Args:
        dl: dL/dl (N, outputs).
        dx: Where dL/dx goes (N, inputs), or None.
        dw: Where dL/dW goes (inputs, outputs), or None.
    """
    xp = s.xp
    minus = s.fixed("minus_weights", w.shape)
    xp.negative(w, out=minus)
    for array in (dx, dw):
        if array is not None:
            array.fill(0)
    columns_at_once, rows_at_once = _extent(w, s)
    by_inputs = s.fixed("by_inputs", (rows_at_once, len(w)))
    by_weights = s.fixed("by_weights", (len(w), columns_at_once))
    ones = s.filled("ones_outputs", (columns_at_once,), 1)
    for rows, columns, factor in _blocks(len(x), w, "factor", s):
        inputs, weights = x[rows, :, None], minus[None, :, columns]
        n, k = len(factor), factor.shape[-1]
        ratio = s.fixed("ratio", (rows_at_once, len(w), columns_at_once))[:n, :, :k]
        xp.multiply(inputs, weights, out=factor)
        xp.add(factor, 1.0, out=factor)
        xp.greater(factor, least, out=ratio)
        xp.maximum(factor, least, out=factor)
        xp.divide(ratio, factor, out=ratio)
        xp.multiply(ratio, dl[rows, None, columns], out=ratio)
        if dw is not None:
            xp.multiply(ratio, inputs, out=factor)
            part = xp.sum(factor, axis=0, out=by_weights[:, :k])
            xp.subtract(dw[:, columns], part, out=dw[:, columns])
        if dx is not None:
            xp.multiply(ratio, weights, out=ratio)
            part = xp.matmul(ratio, ones[:k], out=by_inputs[:n])
            xp.add(dx[rows], part, out=dx[rows])


def _blocks(n: int, w: Array, name: str, s: Scratch) -> Iterator[tuple[slice, slice, Array]]:
    """Yield samples, outputs and memory (samples, inputs, outputs) for them, block by block."""
    columns_at_once, rows_at_once = _extent(w, s)
    whole = s.fixed(name, (rows_at_once, len(w), columns_at_once))
    for column in range(0, w.shape[1], columns_at_once):
        columns = slice(column, min(column + columns_at_once, w.shape[1]))
        for row in range(0, n, rows_at_once):
            rows = slice(row, min(row + rows_at_once, n))
            yield rows, columns, whole[: rows.stop - row, :, : columns.stop - column]


def _extent(w: Array, s: Scratch) -> tuple[int, int]:
    """Return how many outputs of how many samples fit a block."""
    block = BLOCK if s.xp.__name__ == "numpy" else DEVICE_BLOCK
    columns = min(w.shape[1], max(1, block // len(w)))
    return columns, max(1, block // (len(w) * columns))
