"""
Batch normalisation of channels in machine code, with the rectification that may follow it.

A channel of all samples is gone through three times while it is in the cache: for its mean, for its variance, and to be
normalised. What is normalised is worked out again for gradients, which costs less than keeping it.

Imported only where kernels are compiled (`synapse_rx.fast`).
"""
# pyright: basic

from __future__ import annotations

from typing import Any

import numpy as np

from ...fast import jit_sums


@jit_sums
def forward(
    x: Any,
    y: Any,
    mean: Any,
    variance: Any,
    deviation: Any,
    scale: Any,
    shift: Any,
    epsilon: Any,
    rectified: bool,
    first: int,
    last: int,
) -> None:
    """
    Normalise channels.

    Args:
        x, y: (N, channels, places).
        mean, variance, deviation: Those of the channels, and 1 / sqrt(variance + epsilon), are written there.
        scale, shift: What outputs are multiplied by, and what is added then.
        epsilon: An array of one number.
        rectified: Whether outputs below 0 become 0.
        first, last: The first channel and the one behind the last.
    """
    n, _, places = x.shape
    zero, one = x.dtype.type(0), x.dtype.type(1)
    values = x.dtype.type(n * places)
    for c in range(first, last):
        total = zero
        for i in range(n):
            part = zero
            for k in range(places):
                part += x[i, c, k]
            total += part
        middle = total / values
        total = zero
        for i in range(n):
            part = zero
            for k in range(places):
                away = x[i, c, k] - middle
                part += away * away
            total += part
        mean[c], variance[c] = middle, total / values
        inverse = one / np.sqrt(variance[c] + epsilon[0])
        deviation[c] = inverse
        factor, term = scale[c], shift[c]
        for i in range(n):
            if rectified:
                for k in range(places):
                    value = (x[i, c, k] - middle) * inverse * factor + term
                    y[i, c, k] = zero if value <= zero else value
            else:
                for k in range(places):
                    y[i, c, k] = (x[i, c, k] - middle) * inverse * factor + term


@jit_sums
def backward(
    x: Any,
    y: Any,
    dy: Any,
    dx: Any,
    mean: Any,
    deviation: Any,
    scale: Any,
    along: Any,
    total: Any,
    rectified: bool,
    needs_dx: bool,
    first: int,
    last: int,
) -> None:
    """
    Pass gradients of channels back.

    Args:
        x, y, dy, dx: (N, channels, places); dx is written to if it is needed.
        mean, deviation: As `forward` wrote them.
        scale: What outputs were multiplied by.
        along, total: The gradients of scale and shift are written there.
        rectified, first, last: As for `forward`.
    """
    n, _, places = x.shape
    zero = x.dtype.type(0)
    values = x.dtype.type(n * places)
    for c in range(first, last):
        middle, inverse = mean[c], deviation[c]
        with_normal, with_one = zero, zero
        for i in range(n):
            part_of_normal, part_of_one = zero, zero
            if rectified:
                for k in range(places):
                    d = dy[i, c, k] if y[i, c, k] > zero else zero
                    part_of_normal += d * (x[i, c, k] - middle)
                    part_of_one += d
            else:
                for k in range(places):
                    d = dy[i, c, k]
                    part_of_normal += d * (x[i, c, k] - middle)
                    part_of_one += d
            with_normal += part_of_normal
            with_one += part_of_one
        with_normal *= inverse
        along[c], total[c] = with_normal, with_one
        if needs_dx:
            # Mean and variance move with x, so what dy has in common with 1 and with the normalised x drops out.
            gain = inverse * scale[c]
            less, constant = with_normal / values * inverse, with_one / values
            for i in range(n):
                if rectified:
                    for k in range(places):
                        d = dy[i, c, k] if y[i, c, k] > zero else zero
                        dx[i, c, k] = (d - (x[i, c, k] - middle) * less - constant) * gain
                else:
                    for k in range(places):
                        dx[i, c, k] = (dy[i, c, k] - (x[i, c, k] - middle) * less - constant) * gain
