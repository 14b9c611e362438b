"""What tests of single losses ask: their values and gradients on given arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from synapse_rx.losses import Loss
from tests.scratches import quiet, scratch


def judged(loss: Loss, y: Any, t: Any, scale: float = 1.0, dtype: Any = np.float64) -> tuple[Any, Any]:
    """
    Return each sample's value and the scaled gradient by the outputs.
    """
    outputs, targets = np.array(y, dtype), np.array(t, dtype)
    values, dy, s = np.full(len(outputs), 7, dtype), np.full_like(outputs, 7), scratch(len(outputs), dtype)
    with quiet():
        loss.values(outputs, targets, values, s)
        loss.gradient(outputs, targets, dy, scale, s)
    return values, dy


def linked(loss: Loss, z: Any, t: Any, scale: float = 1.0) -> tuple[Any, Any, Any]:
    """
    Return outputs, each sample's value and the scaled gradient by the logits.
    """
    logits, targets = np.array(z, float), np.array(t, float)
    y, values, dz = np.full_like(logits, 7), np.full(len(logits), 7.0), np.full_like(logits, 7)
    with quiet():
        loss.linked(logits, y, targets, values, dz, scale, scratch(len(logits)))
    return y, values, dz
