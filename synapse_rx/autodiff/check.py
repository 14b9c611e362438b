"""Gradients compared with central differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..errors import DataError
from ..typing import Array, Shape
from .gradient import check_leaf, vjp
from .report import GradientEntry, GradientReport, report
from .tree import leaves, mapped

ROUNDING = 8 * float(np.finfo(np.float64).eps)
"""By how much of its size a value computed in float64 may be off."""


def check_gradient(
    function: Callable[..., Any],
    *args: Any,
    gradient: Callable[..., Any] | None = None,
    step: float = 1e-5,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    worst: int = 10,
) -> GradientReport:
    """
    Compare the gradient of a function with central differences, in float64, for every element of every argument.

    A function of several outputs is checked for one random combination of them. Where the function has a kink, any
    slope between those on both sides is right.

    Args:
        function: Takes arrays, or tuples, lists and dictionaries of them; returns one or several.
        *args: Where to check it.
        gradient: Your own: of the same arguments, returns a tuple of the gradients by all of them, for a function that
            returns one number; by default what `vjp` finds.
        step: How far to step from an element, in units of its size, of 1 if it is smaller.
        rtol: Largest difference, relative to the derivative.
        atol: Largest difference in addition.
        worst: How many entries the report keeps.

    Returns:
        A `GradientReport`: ``ok``, and the worst entries, which printing it shows.

    Raises:
        GradientError: If the function cannot be differentiated, or an argument holds anything but real floating-point
            numbers: bind such ones beforehand (``lambda x: f(x, labels)``).
        DataError: If it returns what is not finite.
    """
    for k, arg in enumerate(args):
        for path, leaf in leaves(arg):
            check_leaf(leaf, f"argument {k}{path}")
    double = tuple(mapped(lambda leaf: np.array(leaf, np.float64), arg) for arg in args)
    rng = np.random.default_rng(0)
    if gradient is None:
        y, pullback = vjp(function, *double)
        weights = mapped(lambda leaf: _weights(np.shape(leaf), rng), y)
        analytic = pullback(weights)
    else:
        weights = mapped(lambda leaf: np.ones(np.shape(leaf)), function(*double))
        analytic = gradient(*double)

    def total() -> float:
        pairs = zip(leaves(function(*double)), leaves(weights), strict=True)
        return float(sum(np.sum(leaf * weight) for (_, leaf), (_, weight) in pairs))

    entries: list[GradientEntry] = []
    for k, (arg, found) in enumerate(zip(double, analytic, strict=True)):
        for (path, x), (_, dx) in zip(leaves(arg), leaves(found), strict=True):
            entries += compare(
                total, x, np.broadcast_to(dx, x.shape), f"argument {k}{path}", step, rtol, atol
            )
    return report(entries, worst)


def _weights(shape: Shape, rng: np.random.Generator) -> Array:
    """Return what the outputs are multiplied by before they are added up; a single one stays as it is."""
    return rng.uniform(0.5, 1.5, shape) if shape else np.ones(())


def compare(
    total: Callable[[], float],
    x: Array,
    analytic: Array,
    name: str,
    step: float,
    rtol: float,
    atol: float,
    chosen: Array | None = None,
) -> Iterator[GradientEntry]:
    """
    Compare derivatives with differences by changing ``x`` in place, and back.

    Args:
        total: Returns the loss for what x holds.
        x: Elements to change (float64, writeable).
        analytic: dL/dx.
        name: What x is called.
        step: As for `check_gradient`.
        rtol: As for `check_gradient`.
        atol: As for `check_gradient`.
        chosen: Positions in the flattened x to look at; all by default.

    Raises:
        DataError: If the loss is not finite.
    """
    middle = total()
    if not np.isfinite(middle):
        raise DataError(f"gradients are checked where the value is finite, but here it is {middle}")
    for flat in range(x.size) if chosen is None else chosen.tolist():
        index = tuple(map(int, np.unravel_index(flat, x.shape)))
        kept = float(x[index])
        h = step * max(1.0, abs(kept))
        x[index] = kept + h
        above = total()
        x[index] = kept - h
        below = total()
        x[index] = kept
        place = f"{name}[{', '.join(map(str, index))}]" if index else name
        yield _entry(place, float(analytic[index]), (below, middle, above), h, rtol, atol)


def _entry(
    place: str, analytic: float, values: tuple[float, float, float], h: float, rtol: float, atol: float
) -> GradientEntry:
    below, middle, above = values
    numeric = (above - below) / (2 * h)
    slopes = ((middle - below) / h, (above - middle) / h)
    difference = abs(analytic - numeric)
    if min(slopes) <= analytic <= max(slopes):
        difference = 0.0
    tolerance = atol + rtol * max(abs(analytic), abs(numeric)) + ROUNDING * max(map(abs, values)) / h
    return GradientEntry(place, analytic, numeric, difference, tolerance)
