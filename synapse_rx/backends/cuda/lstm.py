"""Long short-term memory."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .recurrence import RecurrentKernels, Step


class LSTMKernels(RecurrentKernels):
    """Gates i, f, o and g in this order; further parameters, if there are any, are peepholes of i, f and o."""

    gates: ClassVar[int] = 4
    vectors: ClassVar[int] = 3
    has_cells: ClassVar[bool] = True

    cell: ClassVar[str] = """
__device__ real after(const real* product, real* z, const real* b, const real* more, real* inner, real before,
                      real* cell, int unit, int units, int function) {
    const int at_i = unit, at_f = at_i + units, at_o = at_f + units, at_g = at_o + units;
    real i = z[at_i] + product[at_i] + b[at_i], f = z[at_f] + product[at_f] + b[at_f];
    real o = z[at_o] + product[at_o] + b[at_o];
    const real g = tanh(z[at_g] + product[at_g] + b[at_g]), c = *cell;
    i = logistic(more ? i + c * more[unit] : i);
    f = logistic(more ? f + c * more[units + unit] : f);
    const real made = f * c + i * g;
    o = logistic(more ? o + made * more[2 * units + unit] : o);
    z[at_i] = i;
    z[at_f] = f;
    z[at_o] = o;
    z[at_g] = g;
    *cell = made;
    return o * tanh(made);
}

__device__ real back(real dh, real* dc, real before, real after, real c_before, real c, const real* gates, real inner,
                     const real* more, int unit, int units, int function, real* d, real* v) {
    const real i = gates[0], f = gates[units], o = gates[2 * units], g = gates[3 * units], squashed = tanh(c);
    d[2] = dh * squashed * ((real(1) - o) * o);
    real sum = *dc + dh * o * (real(1) - squashed * squashed);
    if (more) sum += d[2] * more[2 * units + unit];
    d[0] = sum * g * ((real(1) - i) * i);
    d[1] = sum * c_before * ((real(1) - f) * f);
    d[3] = sum * i * (real(1) - g * g);
    *dc = sum * f;
    if (more) *dc += d[0] * more[unit] + d[1] * more[units + unit];
    for (int gate = 0; gate < 4; gate++) v[gate] = d[gate];
    return 0;
}
"""

    def step(self, function: int) -> Step:
        def step(product: Any, z: Any, h: Any, c: Any, more: Any) -> tuple[Any, Any]:
            i, f, o, g = product + z
            i, f, g = _logistic(i + c * more[0]), _logistic(f + c * more[1]), np.tanh(g)
            cell = f * c + i * g
            return _logistic(o + cell * more[2]) * np.tanh(cell), cell

        return step


def _logistic(a: Any) -> Any:
    return 1 / (1 + np.exp(-a))
