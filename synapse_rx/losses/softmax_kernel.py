"""The cross-entropy of softmax outputs in one pass (`synapse_rx.fast`)."""

from __future__ import annotations

import numpy as np

from ..typing import Array


def softmax_kernel(z: Array, t: Array, y: Array, values: Array, dz: Array, scale: float, zero: float) -> None:
    """
    Write outputs, losses and the gradient of logits.

    Shapes:
        z, t, y and dz (N, outputs), values (N,)
    """
    outputs = z.shape[1]
    for i in range(len(z)):
        top = z[i, 0]
        for k in range(1, outputs):
            if z[i, k] > top:
                top = z[i, k]
        total, weight, value = zero, zero, zero
        for k in range(outputs):
            below = z[i, k] - top
            exponential = np.exp(below)
            y[i, k] = exponential
            total += exponential
            weight += t[i, k]
            value += below * t[i, k]
        for k in range(outputs):
            share = y[i, k] / total
            y[i, k] = share
            dz[i, k] = (share * weight - t[i, k]) * scale
        values[i] = np.log(total) * weight - value
