"""Gated recurrent units whose reset gate acts after the product."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .recurrence import RecurrentKernels
from .recurrence_trial import Step


class GRUKernels(RecurrentKernels):
    """
    Gates r, u and n in this order; the further parameter is the bias inside the reset gate.

    What is kept for the way back is the product of n with that bias.
    """

    gates: ClassVar[int] = 3
    vectors: ClassVar[int] = 1
    keeps_inner: ClassVar[bool] = True

    cell: ClassVar[str] = """
__device__ real after(real* gates, const real* product, const real* b, const real* more, real before, real* cell,
                      real* kept, int units, int function) {
    const real r = logistic(gates[0] + product[0] + b[0]), u = logistic(gates[1] + product[units] + b[units]);
    const real reset = product[2 * units] + more[0], n = tanh(gates[2] + b[2 * units] + r * reset);
    gates[0] = r;
    gates[1] = u;
    gates[2] = n;
    *kept = reset;
    return n + u * (before - n);
}

__device__ real back(real dh, real* dc, const Seen& seen, const real* more, int units, int function, real* d, real* v) {
    const real r = seen.gates[0], u = seen.gates[1], n = seen.gates[2];
    d[2] = dh * (real(1) - u) * (real(1) - n * n);
    d[1] = dh * (seen.before - n) * ((real(1) - u) * u);
    d[0] = d[2] * seen.inner * ((real(1) - r) * r);
    v[0] = d[0];
    v[1] = d[1];
    v[2] = d[2] * r;
    return dh * u;
}
"""

    def step(self, function: int) -> Step:
        def step(product: Any, z: Any, h: Any, c: Any, more: Any) -> tuple[Any, Any]:
            r, u = 1 / (1 + np.exp(-(product + z)[:2]))
            n = np.tanh(z[2] + r * (product[2] + more[0]))
            return n + u * (h - n), c

        return step
