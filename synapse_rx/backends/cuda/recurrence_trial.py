"""Kernels of recurrent layers beside numpy, whose gradients are taken by complex steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .gather import NOTHING
from .sequences import Recurrence, Sequences

if TYPE_CHECKING:
    from .recurrence import RecurrentKernels

Step = Callable[..., tuple[Any, Any]]
"""What makes a state and a cell of products and z + b, the state and the cell before, and further parameters."""

TINY = 1e-40
"""A step so small that nothing of second order is left: derivatives are exact to rounding (Squire & Trapp, 1998)."""


def agrees(kernels: RecurrentKernels, function: int, rows: int) -> bool:
    """
    Return whether a few steps, read from the end, and their gradients are what they should be.

    Args:
        kernels: What is tried.
        function: The activation, by its number.
        rows: Samples of a block that goes through all steps; 0 for a product and a kernel for each step.
    """
    sizes = Sequences(3, max(rows, 1) + 1, 9, 2, 1)
    rng, xp, (steps, n, units, _, _) = np.random.default_rng(function), kernels.xp, sizes
    width, states = kernels.gates * units, (steps + 2, n, 2 * units)

    def draw(*shape: int) -> Any:
        return (rng.standard_normal(shape) * 0.7).astype(kernels.dtype)

    def room(*shape: int) -> Any:
        return xp.empty(shape, kernels.dtype)

    U, b, more, z = (
        draw(units, 2 * width),
        draw(2 * width),
        draw(2 * kernels.vectors * units),
        draw(steps, n, width),
    )
    h, c, dy, last = draw(*states), draw(*states), draw(steps, n, units), draw(n, units)
    counts = np.ones((steps, n, 1), kernels.dtype)
    counts[2, 1] = counts[1:, -1] = 0
    own = slice(width, None)
    of = Recurrence(
        sizes,
        function,
        z=xp.array(z),
        dz=room(*z.shape),
        dv=room(*z.shape),
        U=xp.array(U),
        b=xp.array(b),
        turned=xp.array(np.ascontiguousarray(U[:, own].T)),
        more=xp.array(more) if kernels.vectors else NOTHING,
        h=xp.array(h),
        c=xp.array(c) if kernels.has_cells else NOTHING,
        inner=room(steps, n, units) if kernels.keeps_inner else NOTHING,
    )
    counted, every, final = xp.array(counts), xp.array(dy), xp.array(last)
    if rows:
        kernels.forward(of, counted, rows)
        kernels.backward(of, counted, every, final, 0, rows)
    else:
        _step_by_step(kernels, of, U[:, own], counted, every, final)
    host = z, U[:, own], b[own], more[kernels.vectors * units :], counts, h[-1, :, units:], c[-1, :, units:]
    expected = _expected(kernels.step(function), host, dy, last)
    return all(map(kernels.near, (of.h[1:-1, :, units:], of.dz, of.dv), expected))


def _step_by_step(kernels: RecurrentKernels, of: Recurrence, U: Any, counts: Any, dy: Any, last: Any) -> None:
    """Go through the steps and back, with products on the host."""
    xp, (steps, n, units, _, _) = kernels.xp, of.sizes
    for t in range(steps - 1, -1, -1):
        product = xp.asnumpy(of.h)[t + 2, :, units:] @ U
        kernels.forward_step(of, counts, xp.array(product), t)
    running = xp.empty((n, units), kernels.dtype), xp.empty((n, units), kernels.dtype)
    through = NOTHING
    for t in range(steps):
        kernels.backward_step(of, counts, (dy, last if t == 0 else NOTHING), running, through, t)
        through = xp.array(xp.asnumpy(of.dv)[t] @ np.ascontiguousarray(U.T))


def _expected(step: Step, host: Any, dy: Any, last: Any) -> tuple[Any, Any, Any]:
    """Return the states and the gradients of z and of products."""
    z, U, b, more, counts, h, c = (one.astype(np.complex128) for one in host)
    steps, n, width = z.shape
    units = len(U)
    parts = more.reshape(-1, units)

    def by_gate(x: Any) -> Any:
        return x.reshape(n, -1, units).swapaxes(0, 1)

    def states(to_z: Any, to_product: Any) -> Any:
        found, state, cell = np.empty((steps, n, units), np.complex128), h, c
        for t in range(steps - 1, -1, -1):
            products, given = state @ U + to_product[t], z[t] + b + to_z[t]
            state, cell = step(by_gate(products), by_gate(given), state, cell, parts)
            state, cell = state * counts[t], cell * counts[t]
            found[t] = state
        return found

    none = np.zeros_like(z)
    gradients = np.empty((2, steps, n, width))
    for t, column in np.ndindex(steps, width):
        for which in range(2):
            moved = none.copy()
            moved[t, :, column] = 1j * TINY
            slopes = states(*((moved, none) if which == 0 else (none, moved))).imag / TINY
            total = (slopes * dy).sum(axis=(0, 2)) + (slopes[0] * last).sum(axis=1)
            gradients[which, t, :, column] = total
    return states(none, none).real, gradients[0], gradients[1]
