"""Losses that are sums over outputs come to the same by kernels of devices as by array functions."""

from __future__ import annotations

import pytest

import synapse_rx as sx
from synapse_rx.activations import Activation
from synapse_rx.backends import Backend
from synapse_rx.losses import Loss
from tests.backends import test_functions
from tests.strict import StrictBackend
from tests.strict.cuda import EmulatedKernel


@pytest.mark.parametrize(
    ("loss", "output", "kernel"),
    [
        ("squared_error", "linear", "squared_errors"),
        ("squared_error", "sigmoid", "squared_errors"),
        ("mse", "linear", "squared_errors"),
        ("mse", "softmax", "squared_errors"),
        (sx.losses.BinaryCrossEntropy(), "sigmoid", "sigmoid_cross_entropy"),
        (
            sx.losses.BinaryCrossEntropy(label_smoothing=0.1, class_weights=(0.5, 1.0, 2.0)),
            "sigmoid",
            "sigmoid_cross_entropy",
        ),
    ],
    ids=str,
)
def test_values_and_gradients(loss: str | Loss, output: str, kernel: str, fused: Backend) -> None:
    EmulatedKernel.launched.clear()

    test_functions.test_a_loss(Loss.of(loss), Activation.of(output), fused)

    if isinstance(fused, StrictBackend):
        assert kernel in EmulatedKernel.launched
