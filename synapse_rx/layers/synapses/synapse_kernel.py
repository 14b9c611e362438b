"""
The product of a synapse's factors in machine code, float32, and its gradients.

Imported only where kernels are compiled (`synapse_rx.fast`). Factors are multiplied in float64, eight at a time, before
their exponent is taken out, so that there is one logarithm for each product instead of one for each factor.
"""
# pyright: basic

from __future__ import annotations

from typing import Any

import numpy as np

from ...fast import jit_sums

ZERO, ONE = np.float32(0), np.float32(1)
HIDDEN, BIAS = np.int64(52), np.int64(1023)
LN2, SQRT2 = 0.6931471805599453, 1.4142135623730951


@jit_sums
def log_product(x: Any, w: Any, out: Any, least: Any, products: Any, exponents: Any) -> None:
    """
    Write ``sum_j ln(max(1 - W_ji x_bj, least))`` into ``out``.

    Args:
        x: Inputs (N, inputs).
        w: Weights (inputs, outputs).
        out: (N, outputs).
        least: Factors below it count as this much; not less than 1e-30.
        products: Working memory, float64 (samples at a time, outputs).
        exponents: The same of whole numbers.
    """
    inputs, outputs = w.shape
    by_eight = inputs // 8 * 8
    bound = np.float64(least)
    for first in range(0, len(x), len(products)):
        many = min(len(products), len(x) - first)
        for b in range(many):
            for i in range(outputs):
                products[b, i] = 1.0
                exponents[b, i] = 0
        for j in range(0, by_eight, 8):
            for b in range(many):
                _multiply_eight(x[first + b], w, j, bound, products[b], exponents[b])
        for j in range(by_eight, inputs):
            for b in range(many):
                product, exponent, given, row = products[b], exponents[b], np.float64(x[first + b, j]), w[j]
                for i in range(outputs):
                    p = product[i] * max_of(1.0 - given * row[i], bound)
                    product[i], exponent[i] = parted(p, exponent[i])
        for b in range(many):
            product, exponent, row = products[b], exponents[b], out[first + b]
            for i in range(outputs):
                row[i] = logarithm(product[i], exponent[i])


@jit_sums
def _multiply_eight(x: Any, w: Any, j: int, bound: float, product: Any, exponent: Any) -> None:
    """Multiply the products of one sample by the factors of eight inputs from j on."""
    a, b, c, d = np.float64(x[j]), np.float64(x[j + 1]), np.float64(x[j + 2]), np.float64(x[j + 3])
    e, f, g, h = np.float64(x[j + 4]), np.float64(x[j + 5]), np.float64(x[j + 6]), np.float64(x[j + 7])
    wa, wb, wc, wd = w[j], w[j + 1], w[j + 2], w[j + 3]
    we, wf, wg, wh = w[j + 4], w[j + 5], w[j + 6], w[j + 7]
    for i in range(len(product)):
        p = max_of(1.0 - a * wa[i], bound) * max_of(1.0 - b * wb[i], bound)
        q = max_of(1.0 - c * wc[i], bound) * max_of(1.0 - d * wd[i], bound)
        r = max_of(1.0 - e * we[i], bound) * max_of(1.0 - f * wf[i], bound)
        s = max_of(1.0 - g * wg[i], bound) * max_of(1.0 - h * wh[i], bound)
        product[i], exponent[i] = parted(product[i] * p * q * (r * s), exponent[i])


@jit_sums
def log_product_gradients(
    x: Any, w: Any, dl: Any, dx: Any, dw: Any, least: Any, of_inputs: int, of_weights: int
) -> None:
    """
    Write the gradients by inputs (N, inputs) and weights (inputs, outputs) that are wanted, as the reference does.

    Args:
        dl: The gradient by the sums of logarithms, (N, outputs).
        of_inputs, of_weights: Whether each is wanted.
    """
    inputs, outputs = w.shape
    for j in range(inputs):
        row, sums = w[j], dw[j if of_weights else 0]
        if of_weights:
            for i in range(outputs):
                sums[i] = ZERO
        for b in range(len(x)):
            given, gradient, total = x[b, j], dl[b], ZERO
            if of_weights:
                for i in range(outputs):
                    factor = ONE - given * row[i]
                    ratio = (gradient[i] if factor > least else ZERO) / max_of(factor, least)
                    sums[i] -= ratio * given
                    total -= ratio * row[i]
            else:
                for i in range(outputs):
                    factor = ONE - given * row[i]
                    ratio = (gradient[i] if factor > least else ZERO) / max_of(factor, least)
                    total -= ratio * row[i]
            if of_inputs:
                dx[b, j] = total


@jit_sums
def max_of(one: Any, other: Any) -> Any:
    """Return the larger; what is not a number stays."""
    return other if one < other else one


@jit_sums
def parted(p: Any, exponent: Any) -> Any:
    """Return p as a number in [1, 2), and ``exponent`` plus its exponent; what is not finite becomes no number."""
    k = (np.float64(p).view(np.int64) >> HIDDEN) - BIAS
    return p * np.int64((BIAS - k) << HIDDEN).view(np.float64), exponent + k


@jit_sums
def logarithm(p: Any, exponent: Any) -> Any:
    """
    Return ``ln(p 2^exponent)`` for p in [1, 2), to about 1e-12.

    By ``ln p = 2 artanh((p - 1) / (p + 1))`` with p between the roots of 1/2 and 2, exact also close to 0.
    """
    high = p > SQRT2
    p = p * 0.5 if high else p
    e = exponent + np.int64(1) if high else exponent
    s = (p - 1.0) / (p + 1.0)
    q = s * s
    rest = ((((q / 13.0 + 1 / 11) * q + 1 / 9) * q + 1 / 7) * q + 1 / 5) * q + 1 / 3
    return np.float32(e * LN2 + 2.0 * s * (1.0 + q * rest))
