"""Long short-term memory."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .recurrence import RecurrentKernels
from .recurrence_trial import Step


class LSTMKernels(RecurrentKernels):
    """Gates i, f, o and g in this order; further parameters, if there are any, are peepholes of i, f and o."""

    gates: ClassVar[int] = 4
    vectors: ClassVar[int] = 3
    has_cells: ClassVar[bool] = True

    cell: ClassVar[str] = """
__device__ real after(real* gates, const real* product, const real* b, const real* more, real before, real* cell,
                      real* kept, int units, int function) {
    const real c = *cell, g = tanh(gates[3] + product[3 * units] + b[3 * units]);
    real i = gates[0] + product[0] + b[0], f = gates[1] + product[units] + b[units];
    real o = gates[2] + product[2 * units] + b[2 * units];
    i = logistic(more ? i + c * more[0] : i);
    f = logistic(more ? f + c * more[units] : f);
    const real made = f * c + i * g;
    o = logistic(more ? o + made * more[2 * units] : o);
    gates[0] = i;
    gates[1] = f;
    gates[2] = o;
    gates[3] = g;
    *cell = made;
    return o * tanh(made);
}

__device__ real back(real dh, real* dc, const Seen& seen, const real* more, int units, int function, real* d, real* v) {
    const real i = seen.gates[0], f = seen.gates[1], o = seen.gates[2], g = seen.gates[3], squashed = tanh(seen.cell);
    d[2] = dh * squashed * ((real(1) - o) * o);
    real sum = *dc + dh * o * (real(1) - squashed * squashed);
    if (more) sum += d[2] * more[2 * units];
    d[0] = sum * g * ((real(1) - i) * i);
    d[1] = sum * seen.cell_before * ((real(1) - f) * f);
    d[3] = sum * i * (real(1) - g * g);
    *dc = sum * f;
    if (more) *dc += d[0] * more[0] + d[1] * more[units];
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
