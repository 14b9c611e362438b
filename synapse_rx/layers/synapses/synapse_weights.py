"""Weights between 0 and 1: how a synapse's parameters become them."""

from __future__ import annotations

from ...activations.sigmoid import logistic
from ...backends.cuda import SynapseKernels
from ...scratch import Scratch
from ...typing import Array

SIGMOID, CLIP = "sigmoid", "clip"


def write_weights(v: Array, w: Array, form: str, margin: float, zero_diagonal: bool, s: Scratch) -> None:
    """
    Write the weights in [0, 1) that parameters v stand for into w.

    Args:
        v: Parameters (inputs, outputs).
        w: Like v.
        form: "sigmoid" for W = sigmoid(v), "clip" for v held to [0, 1 - margin].
        margin: How far from 1 clipped weights stay.
        zero_diagonal: Whether W_ii = 0.
    """
    kernels = _kernels(s, v, w)
    if kernels is not None:
        kernels.open_channels(v, w, None if form == SIGMOID else 1 - margin, zero_diagonal)
        return
    if form == SIGMOID:
        logistic(v, w, s)
    else:
        s.xp.maximum(v, 0.0, out=w)
        s.xp.minimum(w, 1 - margin, out=w)
    if zero_diagonal:
        _diagonal(w)[...] = 0


def chain_weights(grad: Array, v: Array, w: Array, form: str, zero_diagonal: bool, s: Scratch) -> None:
    """
    Turn the gradient by the weights into that by their parameters, in place.

    Beyond the limits a clipped weight does not move, and its gradient passes only where a step down it leads back
    inside, so that none gets stuck.
    """
    kernels = _kernels(s, grad, v, w)
    if kernels is not None:
        kernels.chain(grad, v, w, form == SIGMOID, zero_diagonal)
        return
    slope = s.fixed("slope", v.shape)
    if form == SIGMOID:
        s.xp.subtract(1.0, w, out=slope)
        s.xp.multiply(slope, w, out=slope)
    else:
        s.xp.subtract(v, w, out=slope)
        s.xp.multiply(slope, grad, out=slope)
        s.xp.sign(slope, out=slope)
        s.xp.minimum(slope, 0.0, out=slope)
        s.xp.add(slope, 1.0, out=slope)
    s.xp.multiply(grad, slope, out=grad)
    if zero_diagonal:
        _diagonal(grad)[...] = 0


def _kernels(s: Scratch, *arrays: Array) -> SynapseKernels | None:
    """Return the kernels of a device, if it has some and they can read and write these."""
    return s.fused(SynapseKernels) if all(array.flags.c_contiguous for array in arrays) else None


def _diagonal(square: Array) -> Array:
    """Return a view of the diagonal of a contiguous square array."""
    return square.reshape(-1)[:: len(square) + 1]
