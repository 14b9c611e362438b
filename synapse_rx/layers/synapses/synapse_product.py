"""
The product of a synapse's factors in the log domain, ``l_bi = sum_j ln(1 - W_ji x_bj)``, and its gradients.

All factors of a batch are N x inputs x outputs numbers. They are made block by block in memory that stays in the cache
and never depends on the batch; the published code expands them whole, with N^2 x inputs numbers besides. A device with
kernels makes each where it is needed, and keeps none.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...backends.cuda import SynapseKernels
from ...machine_code import suits
from ...scratch import Scratch
from ...typing import Array
from ..contiguous import contiguous

BLOCK = 1 << 16
"""Numbers in a block: two of float32 stay in the second-level cache of a common core."""

DEVICE_BLOCK = 1 << 24
"""The same for a device, which gains from large ones."""

PRODUCTS = 1 << 15
"""Products that compiled kernels keep as float64 at a time."""

LEAST = 1e-30
"""Compiled kernels multiply eight factors before they look how small the product is; none may be smaller than this."""


def log_product(x: Array, w: Array, out: Array, least: float, s: Scratch) -> None:
    """
    Write the sums of the logarithms of all factors into ``out``.

    Args:
        x: Inhibitory inputs (N, inputs).
        w: Weights (inputs, outputs).
        out: (N, outputs).
        least: Factors below it count as this much.
    """
    kernels = s.fused(SynapseKernels)
    if kernels is not None:
        made = _room(out, "logs in one piece", s)
        kernels.logarithms(contiguous(x, "x of our own", s), w, made, least)
        _hand_over(made, out, s)
        return
    if least >= LEAST and suits(s):
        _compiled_product(x, w, out, least, s)
        return
    xp = s.xp
    inputs_at_once, rows_at_once = _extent(w, s)
    ones = s.filled("ones_inputs", (inputs_at_once,), 1)
    part = s.fixed("part", (rows_at_once, w.shape[1]))
    minus = s.fixed("minus_weights", w.shape)
    xp.negative(w, out=minus)
    out.fill(0)
    for rows, inputs, factor in _blocks(len(x), w, "factor", s):
        xp.multiply(x[rows, inputs, None], minus[inputs], out=factor)
        xp.maximum(factor, least - 1, out=factor)
        xp.log1p(factor, out=factor)
        n, k = factor.shape[:2]
        xp.matmul(ones[:k], factor, out=part[:n])
        xp.add(out[rows], part[:n], out=out[rows])


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
    kernels = s.fused(SynapseKernels)
    if kernels is not None:
        _gradients_on_device(kernels, x, w, dl, dx, dw, least, s)
        return
    if least >= LEAST and suits(s):
        _compiled_gradients(x, w, dl, dx, dw, least, s)
        return
    xp = s.xp
    inputs_at_once, rows_at_once = _extent(w, s)
    ones = s.filled("ones_outputs", w.shape[1:], 1)
    by_inputs = s.fixed("by_inputs", (rows_at_once, inputs_at_once))
    by_weights = s.fixed("by_weights", (inputs_at_once, w.shape[1]))
    whole = s.fixed("ratio", (rows_at_once, inputs_at_once, w.shape[1]))
    minus = s.fixed("minus_weights", w.shape)
    xp.negative(w, out=minus)
    if dw is not None:
        dw.fill(0)
    for rows, inputs, factor in _blocks(len(x), w, "factor", s):
        n, k = factor.shape[:2]
        given, weights, ratio = x[rows, inputs, None], minus[inputs], whole[:n, :k]
        xp.multiply(given, weights, out=factor)
        xp.add(factor, 1.0, out=factor)
        xp.greater(factor, least, out=ratio)
        xp.maximum(factor, least, out=factor)
        xp.divide(ratio, factor, out=ratio)
        xp.multiply(ratio, dl[rows, None], out=ratio)
        if dw is not None:
            xp.multiply(ratio, given, out=factor)
            part = xp.sum(factor, axis=0, out=by_weights[:k])
            xp.subtract(dw[inputs], part, out=dw[inputs])
        if dx is not None:
            xp.multiply(ratio, weights, out=ratio)
            dx[rows, inputs] = xp.matmul(ratio, ones, out=by_inputs[:n, :k])


def _gradients_on_device(
    kernels: SynapseKernels,
    x: Array,
    w: Array,
    dl: Array,
    dx: Array | None,
    dw: Array | None,
    least: float,
    s: Scratch,
) -> None:
    x, dl = contiguous(x, "x of our own", s), contiguous(dl, "dl of our own", s)
    if dx is not None:
        made = _room(dx, "dx in one piece", s)
        kernels.to_inputs(x, w, dl, made, least)
        _hand_over(made, dx, s)
    if dw is not None:
        made = dw if dw.flags.c_contiguous else s.fixed("dw in one piece", dw.shape)
        kernels.to_weights(x, w, dl, made, least)
        _hand_over(made, dw, s)


def _room(array: Array, name: str, s: Scratch) -> Array:
    """Return ``array`` if it lies in memory in one piece, else memory like it."""
    return array if array.flags.c_contiguous else s.array(name, array.shape[1:])


def _hand_over(made: Array, wanted: Array, s: Scratch) -> None:
    if made is not wanted:
        s.xp.copyto(wanted, made)


def _compiled_product(x: Array, w: Array, out: Array, least: float, s: Scratch) -> None:
    from .synapse_kernel import log_product

    rows, outputs = max(1, min(s.capacity, PRODUCTS // w.shape[1])), w.shape[1]
    # Float64 on purpose, for the time of this call alone: two numbers of the layer's type for each product.
    products = s.fixed("products", (rows, 2 * outputs)).view("float64")
    exponents = s.fixed("exponents", (rows, outputs), "int64")
    x, logs = _own(x, "x of our own", s), out if _plain(out) else s.array("logs in one piece", out.shape[1:])
    log_product(x, w, logs, s.dtype.type(least), products, exponents)
    if logs is not out:
        s.xp.copyto(out, logs)


def _compiled_gradients(
    x: Array, w: Array, dl: Array, dx: Array | None, dw: Array | None, least: float, s: Scratch
) -> None:
    from .synapse_kernel import log_product_gradients

    x, dl = _own(x, "x of our own", s), _own(dl, "dl of our own", s)
    of_inputs, of_weights = dx, dw
    if dx is None:
        of_inputs = s.fixed("no inputs", (0, 0))
    elif not _plain(dx):
        of_inputs = s.array("dx in one piece", dx.shape[1:])
    if dw is None:
        of_weights = s.fixed("no weights", (1, 0))
    elif not _plain(dw):
        of_weights = s.fixed("dw in one piece", dw.shape)
    wanted = int(dx is not None), int(dw is not None)
    log_product_gradients(x, w, dl, of_inputs, of_weights, s.dtype.type(least), *wanted)
    for wish, made in ((dx, of_inputs), (dw, of_weights)):
        if wish is not None and wish is not made:
            s.xp.copyto(wish, made)


def _own(x: Array, name: str, s: Scratch) -> Array:
    """Return x, or a copy of it if it is of a type for which kernels would be compiled once more."""
    if _plain(x):
        return x
    copy = s.array(name, x.shape[1:])
    s.xp.copyto(copy, x)
    return copy


def _plain(x: Array) -> bool:
    return x.flags.c_contiguous and x.flags.writeable


def _blocks(n: int, w: Array, name: str, s: Scratch) -> Iterator[tuple[slice, slice, Array]]:
    """Yield samples, inputs and memory (samples, inputs, outputs) for them, block by block."""
    inputs_at_once, rows_at_once = _extent(w, s)
    whole = s.fixed(name, (rows_at_once, inputs_at_once, w.shape[1]))
    for first in range(0, len(w), inputs_at_once):
        inputs = slice(first, min(first + inputs_at_once, len(w)))
        for row in range(0, n, rows_at_once):
            rows = slice(row, min(row + rows_at_once, n))
            yield rows, inputs, whole[: rows.stop - row, : inputs.stop - first]


def _extent(w: Array, s: Scratch) -> tuple[int, int]:
    """Return how many inputs of how many samples fit a block; weights of one input lie side by side."""
    block = BLOCK if s.xp.__name__ == "numpy" else DEVICE_BLOCK
    inputs = min(len(w), max(1, block // w.shape[1]))
    return inputs, max(1, block // (w.shape[1] * inputs))
