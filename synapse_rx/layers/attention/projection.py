"""Projections of all steps of a batch, ``y = x W + b``, and back."""

from __future__ import annotations

from ...backends.cuda import Product
from ...backends.cuda.tiles import LINEAR
from ...scratch import Scratch
from ...typing import Array
from ..dense_step import SMALL
from ..recurrence.time import rows


def project(name: str, x: Array, y: Array, bias: bool, s: Scratch) -> None:
    """Write the projection ``name`` of x (N, T, features) into y (N, T, units), with or without ``bias``."""
    w = s.params[f"W{name}"]
    kernels = _kernels(x, w, bias, s)
    if kernels is not None:
        room = _room(name, kernels, x, w, s)
        kernels.forward(rows(x), w, s.params[f"b{name}"], rows(y), LINEAR, room)
        return
    s.xp.matmul(rows(x), w, out=rows(y))
    if bias:
        s.xp.add(y, s.params[f"b{name}"], out=y)


def project_back(name: str, x: Array, dy: Array, dx: Array | None, bias: bool, s: Scratch) -> None:
    """Write the gradients of W and b where the layer learns, and that of x into dx (N, T, features) if it is given."""
    w = s.params[f"W{name}"]
    kernels = _kernels(x, w, bias, s) if s.learns else None
    if kernels is not None:
        grads = s.grads[f"W{name}"], s.grads[f"b{name}"]
        kernels.to_parameters(rows(x), rows(dy), *grads, room=_room(name, kernels, x, w, s))
    elif s.learns:
        s.xp.matmul(rows(x).T, rows(dy), out=s.grads[f"W{name}"])
        if bias:
            s.xp.sum(rows(dy), axis=0, out=s.grads[f"b{name}"])
    if dx is not None:
        s.xp.matmul(rows(dy), w.T, out=rows(dx))


def _kernels(x: Array, w: Array, bias: bool, s: Scratch) -> Product | None:
    """Return the products of a device that take the bias along, where launches cost more than products of our own."""
    return s.fused(Product) if bias and s.capacity * x.shape[1] * w.size <= SMALL else None


def _room(name: str, kernels: Product, x: Array, w: Array, s: Scratch) -> Array:
    """Return working memory for the products of a projection."""
    return s.fixed(f"room of {name}", (max(1, kernels.room(s.capacity * x.shape[1], *w.shape)),))
