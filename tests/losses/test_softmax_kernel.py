"""Cross-entropy of softmax outputs by machine code: the numbers of the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx import fast
from synapse_rx.losses import CategoricalCrossEntropy
from tests.scratches import quiet, scratch

pytestmark = pytest.mark.skipif(fast.why_not() is not None, reason=f"{fast.why_not()}")


def linked(z: Any, t: Any) -> tuple[Any, Any, Any]:
    """
    Return outputs, losses and the gradient of logits.
    """
    y, values, dz = np.empty_like(z), np.empty(len(z), z.dtype), np.empty_like(z)
    with quiet():
        CategoricalCrossEntropy().linked(z, y, t, values, dz, 0.25, scratch(len(z), z.dtype))
    return y, values, dz


def test_machine_code_gives_what_arrays_give(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    z = rng.normal(scale=20, size=(33, 7)).astype(np.float32)
    t = rng.dirichlet(np.ones(7), 33).astype(np.float32)
    t.setflags(write=False)

    compiled = linked(z, t)
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")
    reference = linked(z, t)

    for one, other in zip(compiled, reference, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-6, atol=1e-6)


def test_what_is_no_number_stays_with_its_sample() -> None:
    z, t = np.zeros((3, 4), np.float32), np.eye(4, dtype=np.float32)[:3]
    z[1, 2] = np.nan

    for found in linked(z, t):
        assert np.isnan(found[1]).all()
        assert np.isfinite(found[[0, 2]]).all()
