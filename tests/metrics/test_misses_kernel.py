"""Wrong classes by machine code: what arrays say, of equals and of what is no number too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx import fast
from synapse_rx.metrics import Misclassification
from tests.scratches import scratch

pytestmark = pytest.mark.skipif(fast.why_not() is not None, reason=f"{fast.why_not()}")


def misses(y: Any, t: Any) -> Any:
    """
    Return 1 for each sample that is assigned to a wrong class.
    """
    values = np.empty(len(y), y.dtype)
    Misclassification().values(y, t, values, scratch(len(y), y.dtype))
    return values


def test_machine_code_finds_the_same_samples_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    y = rng.integers(0, 3, (200, 4)).astype(np.float32)  # with many equals
    y[::7, 1] = np.nan
    t = np.eye(4, dtype=np.float32)[rng.integers(0, 4, 200)]

    found = misses(y, t)
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")

    np.testing.assert_array_equal(found, misses(y, t))
    assert 0 < found.sum() < 200
