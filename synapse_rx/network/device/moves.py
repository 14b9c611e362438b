"""The steps of algorithms as kernels of a device, which read their numbers from a table there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from attrs import frozen

from ...algorithms.adadelta import adadelta_kernel
from ...algorithms.adagrad import adagrad_kernel
from ...algorithms.lion import lion_kernel
from ...algorithms.moments import adam_kernel, amsgrad_kernel
from ...algorithms.momentum import correct_kernel, descend_kernel, look_ahead_kernel, roll_kernel
from ...algorithms.nadam import nadam_kernel
from ...algorithms.rmsprop import divide_centered_kernel, divide_exactly_kernel, divide_kernel
from ...algorithms.rprop import start_kernel, turn_kernel, wait_kernel
from ...backends.cuda import Kernels
from ...fast import Kernel
from ...typing import Array


@frozen
class Stroke:
    """
    One kernel of a step.

    Attributes:
        kernel: The loop.
        vectors: What it works on: "theta", "grad", or the number of a vector of the algorithm's state.
        places: Where its numbers stand among those of the move.
        ahead: Whether it comes before the gradient.
    """

    kernel: Kernel
    vectors: tuple[str | int, ...]
    places: tuple[int, ...]
    ahead: bool = False


_DESCEND = Stroke(descend_kernel, ("theta", "grad"), (0,))
_START = Stroke(start_kernel, (0,), (0, 1))
STROKES: Mapping[str, tuple[Stroke, ...]] = {
    "descend": (_DESCEND,),
    "roll": (Stroke(roll_kernel, ("theta", "grad", 0), (0, 1)),),
    "look_ahead": (
        Stroke(look_ahead_kernel, ("theta", 0), (0,), ahead=True),
        Stroke(correct_kernel, ("theta", "grad", 0), (1,)),
    ),
    "adam": (Stroke(adam_kernel, ("theta", "grad", 0, 1), tuple(range(7))),),
    "amsgrad": (Stroke(amsgrad_kernel, ("theta", "grad", 0, 1, 2), tuple(range(7))),),
    "nadam": (Stroke(nadam_kernel, ("theta", "grad", 0, 1), tuple(range(7))),),
    "adagrad": (Stroke(adagrad_kernel, ("theta", "grad", 0), (0, 1)),),
    "adadelta": (Stroke(adadelta_kernel, ("theta", "grad", 0, 1), tuple(range(4))),),
    "lion": (Stroke(lion_kernel, ("theta", "grad", 0), tuple(range(6))),),
    "divide": (Stroke(divide_kernel, ("grad", 0), (1, 2, 3)), _DESCEND),
    "divide_centered": (Stroke(divide_centered_kernel, ("grad", 0, 1), (1, 2, 3, 4)), _DESCEND),
    "divide_exactly": (Stroke(divide_exactly_kernel, ("grad", 0), (3, 1, 2, 4)), _DESCEND),
    "wait": (_START, Stroke(wait_kernel, ("theta", "grad", 0, 1), (6, 2, 3, 4, 5, 7, 8))),
    "turn": (_START, Stroke(turn_kernel, ("theta", "grad", 0, 1), (0, 2, 3, 4, 5, 6))),
}
"""The steps that are known, by the names of `Algorithm.move`."""


def strokes(
    name: str, kernels: Kernels, vectors: Mapping[str | int, Array], table: Array, at: Array
) -> tuple[Sequence[Callable[[], None]], Sequence[Callable[[], None]]]:
    """Return what a step that is `known` does before the gradient, and behind it; ``at`` says which row of a table."""
    found: tuple[list[Callable[[], None]], list[Callable[[], None]]] = [], []
    for stroke in STROKES[name]:
        loop = kernels.elementwise(stroke.kernel, np.float32, stroke.places)
        assert loop is not None
        found[not stroke.ahead].append(_bound(loop, [vectors[one] for one in stroke.vectors], table, at))
    return found


def known(name: str, kernels: Kernels) -> bool:
    """Return whether a step can be taken by kernels."""
    strokes_of = STROKES.get(name, ())
    return bool(strokes_of) and all(
        kernels.elementwise(one.kernel, np.float32, one.places) is not None for one in strokes_of
    )


def _bound(loop: Kernel, vectors: Sequence[Array], table: Array, at: Array) -> Callable[[], None]:
    return lambda: loop(*vectors, table, at)
