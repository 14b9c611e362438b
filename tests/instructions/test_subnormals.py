"""Subnormal numbers are 0 between two calls, and what they were behind them."""

from __future__ import annotations

import numpy as np
import pytest

from synapse_rx import fast

pytestmark = pytest.mark.skipif(fast.why_not() is not None, reason=f"{fast.why_not()}")


def test_subnormals_are_flushed_until_they_are_restored() -> None:
    from synapse_rx.instructions.subnormals import ON_X86, flush_subnormals, restore

    @fast.jit
    def halves(x: np.ndarray, y: np.ndarray) -> None:
        half = np.float32(0.5)
        before = flush_subnormals()
        for i in range(len(x)):
            y[0, i] = x[i] * half
        restore(before)
        for i in range(len(x)):
            y[1, i] = x[i] * half

    x = np.array([2e-38, 1.0], np.float32)
    y = np.empty((2, 2), np.float32)

    halves(x, y)

    assert y[:, 1].tolist() == [0.5, 0.5]
    assert y[1, 0] > 0
    assert (y[0, 0] == 0) == ON_X86
