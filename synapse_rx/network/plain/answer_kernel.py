"""
What a plain dense network answers, in one piece of machine code, float32.

Imported only where kernels are compiled (`synapse_rx.fast`). What the numbers of activations stand for is in `layers`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...fast import jit, jit_fused
from ...instructions.addresses import WORD
from ...products.product_kernel import AS_THEY_ARE, multiply_any
from .elementwise_kernel import ONE, ZERO, activate, exponentials
from .quick import ROWS

FEW = 3
"""Up to so many samples the weights are read once for each; that is faster than a product of matrices is set up."""

ENOUGH = 9
"""From so many samples on it pays to lay weights out for our own products."""

EXPONENT = np.int32(0x7F800000)
"""The bits of a float32 that are all set where it is infinite or not a number."""


@jit
def finite(z: Any, n: int, fan_out: int) -> bool:
    """
    Return whether the samples of n rows of sums are finite, going by the first number of each row.

    It is infinite or not a number if any number of the sample is, whatever the weights. So it is if a sum overflows,
    which only means that such samples are looked at closely. The samples themselves are 784 times as many.
    """
    bits = z.view(np.int32)
    lost = np.int32(0)
    for i in range(n):
        lost |= np.int32((bits[i * fan_out] & EXPONENT) == EXPONENT)
    return lost == np.int32(0)


@jit_fused
def times(x: Any, w: Any, z: Any, fan_in: int, fan_out: int) -> None:
    """Add ``x W`` to z, of one sample."""
    p = 0
    while p + 4 <= fan_in:
        a, b, c, d = x[p], x[p + 1], x[p + 2], x[p + 3]
        first = p * fan_out
        w0 = w[first : first + fan_out]
        w1 = w[first + fan_out : first + 2 * fan_out]
        w2 = w[first + 2 * fan_out : first + 3 * fan_out]
        w3 = w[first + 3 * fan_out : first + 4 * fan_out]
        for j in range(fan_out):
            z[j] += (a * w0[j] + b * w1[j]) + (c * w2[j] + d * w3[j])
        p += 4
    while p < fan_in:
        a = x[p]
        w0 = w[p * fan_out : (p + 1) * fan_out]
        for j in range(fan_out):
            z[j] += a * w0[j]
        p += 1


@jit
def softmax(z: Any, n: int, k: int) -> None:
    """Turn rows of logits into probabilities; exponentials are taken of all rows at once, in whole vectors."""
    for i in range(n):
        row = z[i * k : (i + 1) * k]
        top = row[0]
        for j in range(1, k):
            top = max(top, row[j])
        for j in range(k):
            row[j] -= top
    exponentials(z, n * k)
    for i in range(n):
        row = z[i * k : (i + 1) * k]
        total = ZERO
        for j in range(k):
            total += row[j]
        for j in range(k):
            row[j] /= total


@jit
def answer(x: Any, theta: Any, layers: Any, out: Any, arena: Any, tiled: int) -> bool:
    """
    Write what the network answers to samples into ``out``; return False, with a part written, if they are not finite.

    Args:
        x: Samples (N * inputs,), of which `ROWS` go through all layers at a time.
        theta: The parameters.
        layers: For each layer inputs, outputs, where W starts in theta, where b does, the activation.
        out: The outputs (N * outputs,).
        arena: Working memory: 2 numbers, and 2 min(N, `ROWS`) times as many as the widest layer has outputs.
        tiled: What `tiled_products` said.
    """
    arena[0], arena[1] = ZERO, ONE
    inputs, outputs = layers[0, 0], layers[len(layers) - 1, 1]
    n = len(x) // inputs
    first = 0
    while first < n:
        last = min(first + ROWS, n)
        rows = x[first * inputs : last * inputs]
        if not go_through(rows, theta, layers, out[first * outputs : last * outputs], arena, tiled):
            return False
        first = last
    return True


@jit
def go_through(x: Any, theta: Any, layers: Any, out: Any, arena: Any, tiled: int) -> bool:
    """Write what the network answers to some rows, as `answer`; return False if they are not finite."""
    n = len(x) // layers[0, 0]
    depth, half = len(layers), len(arena) // 2 - 1
    numbers = arena.ctypes.data
    below = x
    for layer in range(depth):
        fan_in, fan_out, w, b, code = layers[layer]
        size = n * fan_out
        z = arena[2 : 2 + size] if layer % 2 else arena[2 + half : 2 + half + size]
        if layer == depth - 1:
            z = out
        weights = theta[w : w + fan_in * fan_out]
        if n > FEW:
            left, right = (below.ctypes.data, fan_in), (weights.ctypes.data, fan_out)
            into, one = (z.ctypes.data, fan_out), numbers + WORD
            how = tiled if n >= ENOUGH else 0
            multiply_any(how, AS_THEY_ARE, (n, fan_out, fan_in), one, left, right, 0, into, numbers)
        else:
            for i in range(n):
                row = z[i * fan_out : (i + 1) * fan_out]
                for j in range(fan_out):
                    row[j] = ZERO
                times(below[i * fan_in : (i + 1) * fan_in], weights, row, fan_in, fan_out)
        if layer == 0 and not finite(z, n, fan_out):
            return False
        activate(code, z, theta[b : b + fan_out], n)
        if code == 4:
            softmax(z, n, fan_out)
        below = z
    return True
