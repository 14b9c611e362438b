"""Gated recurrent units whose reset gate acts after the product."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .recurrence import RecurrentKernels, Step


class GRUKernels(RecurrentKernels):
    """
    Gates r, u and n in this order; the further parameter is the bias inside the reset gate.

    What is kept for the way back is the product of n with that bias.
    """

    gates: ClassVar[int] = 3
    vectors: ClassVar[int] = 1
    keeps_inner: ClassVar[bool] = True

    cell: ClassVar[str] = """
__device__ real after(const real* product, real* z, const real* b, const real* more, real* inner, real before,
                      real* cell, int unit, int units, int function) {
    const int at_r = unit, at_u = at_r + units, at_n = at_u + units;
    const real r = logistic(z[at_r] + product[at_r] + b[at_r]), u = logistic(z[at_u] + product[at_u] + b[at_u]);
    const real reset = product[at_n] + more[unit], n = tanh(z[at_n] + b[at_n] + r * reset);
    z[at_r] = r;
    z[at_u] = u;
    z[at_n] = n;
    inner[unit] = reset;
    return n + u * (before - n);
}

__device__ real back(real dh, real* dc, real before, real after, real c_before, real c, const real* gates, real inner,
                     const real* more, int unit, int units, int function, real* d, real* v) {
    const real r = gates[0], u = gates[units], n = gates[2 * units];
    d[2] = dh * (real(1) - u) * (real(1) - n * n);
    d[1] = dh * (before - n) * ((real(1) - u) * u);
    d[0] = d[2] * inner * ((real(1) - r) * r);
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
