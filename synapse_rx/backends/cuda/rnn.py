"""The simple recurrent layer."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .product import LINEAR, RELU, SIGMOID, TANH
from .recurrence import FEW, RecurrentKernels
from .recurrence_trial import Step


class RNNKernels(RecurrentKernels):
    """One gate, ``h' = f(z + h U + b)``; f is one of those that have gradients in terms of the state."""

    gates: ClassVar[int] = 1
    functions: ClassVar[tuple[int, ...]] = (LINEAR, SIGMOID, TANH, RELU)
    most_rows: ClassVar[int] = (
        FEW  # a thread would have twice as many units as rows, and the weights are near anyway
    )

    cell: ClassVar[str] = """
__device__ real after(real* gates, const real* product, const real* b, const real* more, real before, real* cell,
                      real* kept, int units, int function) {
    const real a = gates[0] + product[0] + b[0];
    if (function == 1) return logistic(a);
    if (function == 2) return tanh(a);
    // What is not a number stays so, as in numpy.
    if (function == 3) return a > real(0) ? a : a != a ? a : real(0);
    return a;
}

__device__ real back(real dh, real* dc, const Seen& seen, const real* more, int units, int function, real* d, real* v) {
    const real y = seen.after;
    real slope = 1;
    if (function == 1) slope = (real(1) - y) * y;
    if (function == 2) slope = real(1) - y * y;
    if (function == 3) slope = y > real(0) ? real(1) : real(0);
    v[0] = d[0] = dh * slope;
    return 0;
}
"""

    def step(self, function: int) -> Step:
        def step(product: Any, z: Any, h: Any, c: Any, more: Any) -> tuple[Any, Any]:
            a = (product + z)[0]
            if function == SIGMOID:
                return 1 / (1 + np.exp(-a)), c
            if function == TANH:
                return np.tanh(a), c
            return (np.where(a.real > 0, a, 0) if function == RELU else a), c

        return step
