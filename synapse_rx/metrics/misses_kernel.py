"""Wrong classes in one pass (`synapse_rx.fast`)."""

from __future__ import annotations

from ..typing import Array


def misses_kernel(y: Array, t: Array, values: Array, right: float, wrong: float) -> None:
    """
    Write ``wrong`` where the largest output is not that of the target, the first of equals, or one is no number.

    Shapes:
        y, t (N, outputs), values (N,)
    """
    for i in range(len(y)):
        given, wanted, missed = 0, 0, y[i, 0] != y[i, 0]
        for k in range(1, y.shape[1]):
            missed = missed or y[i, k] != y[i, k]
            if y[i, k] > y[i, given]:
                given = k
            if t[i, k] > t[i, wanted]:
                wanted = k
        values[i] = wrong if missed or given != wanted else right
