"""The logarithm of a synapse's product as a power series: a few matrix products instead of many logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...scratch import Scratch
from ...typing import Array


def log_series(x: Array, w: Array, out: Array, terms: int, s: Scratch) -> None:
    """
    Write ``-sum_{k=1..terms} x^k W^k / k`` (powers of the elements, a matrix product) into ``out``.

    Args:
        x: Inhibitory inputs (N, inputs).
        w: Weights (inputs, outputs).
        out: (N, outputs).
    """
    xp = s.xp
    x_power, w_power = s.array("x_power", x.shape[1:]), s.fixed("w_power", w.shape)
    part = s.array("series_part", w.shape[1:])
    xp.copyto(x_power, x)
    xp.negative(w, out=w_power)
    xp.matmul(x_power, w_power, out=out)
    for k in range(2, terms + 1):
        xp.multiply(x_power, x, out=x_power)
        xp.multiply(w_power, w, out=w_power)
        xp.matmul(x_power, w_power, out=part)
        xp.divide(part, k, out=part)
        xp.add(out, part, out=out)


def log_series_gradients(
    x: Array, w: Array, dl: Array, dx: Array | None, dw: Array | None, terms: int, s: Scratch
) -> None:
    """
    Write the gradients of the series by inputs and weights, given that by its value.

    ``dx = -sum_k x^(k-1) (dl (W^k)^T)`` and ``dW = -sum_k W^(k-1) ((x^k)^T dl)``.
    """
    xp = s.xp
    x_power, w_power = s.array("x_power", x.shape[1:]), s.fixed("w_power", w.shape)
    by_x, by_w = s.array("series_by_x", x.shape[1:]), s.fixed("series_by_w", w.shape)
    x_power.fill(-1)
    w_power.fill(-1)
    for array in (dx, dw):
        if array is not None:
            array.fill(0)
    for _ in range(terms):
        # The powers are negative ones: -x^(k-1) and -W^(k-1).
        if dx is not None:
            xp.multiply(w_power, w, out=by_w)
            xp.matmul(dl, by_w.T, out=by_x)
            xp.multiply(by_x, x_power, out=by_x)
            xp.subtract(dx, by_x, out=dx)
        xp.multiply(x_power, x, out=x_power)
        if dw is not None:
            xp.matmul(x_power.T, dl, out=by_w)
            xp.multiply(by_w, w_power, out=by_w)
            xp.subtract(dw, by_w, out=dw)
        xp.multiply(w_power, w, out=w_power)


def series_error(x: Any, w: Any, terms: int) -> Array:
    """
    Return a bound on the error of the series in the logarithm of each output, (N, outputs).

    The rest of each series is at most ``sum_j |W_ji x_bj|^(K+1) / ((K + 1) (1 - u))`` with K terms and u the largest
    ``|W_ji x_bj|`` of that output; infinite where u is 1 or more. The relative error of the output itself is about as
    large.

    Args:
        x: Inhibitory inputs (N, inputs), on the host.
        w: Weights (inputs, outputs).
        terms: How many terms are summed, >= 1.
    """
    largest, powers = np.empty((len(x), np.shape(w)[1])), np.empty((len(x), np.shape(w)[1]))
    for row, sample in enumerate(np.abs(np.asarray(x, dtype=float))):
        products = sample[:, None] * np.abs(np.asarray(w, dtype=float))
        largest[row] = products.max(axis=0)
        powers[row] = (products ** (terms + 1)).sum(axis=0)
    room = np.maximum(1 - largest, 0)
    return np.divide(powers, (terms + 1) * room, out=np.full_like(powers, np.inf), where=room > 0)
