"""Whole trainings through the kernels of devices come to what they come to on numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.algorithms import Algorithm
from synapse_rx.backends import Backend
from synapse_rx.errors import LossError, OptionError
from tests.backends.test_training import Here, algorithms, trained
from tests.nets import SECONDS, blobs, small_net
from tests.strict import StrictArray, StrictBackend
from tests.strict.cuda import EmulatedKernel

BYTES = sx.training_set(
    np.random.default_rng(2).integers(0, 256, (15, 1, 6, 6)).astype(np.uint8),
    [0, 1, 2] * 5,
    batch=4,
    shuffle="epoch",
    dtype="uint8",
    scale=1 / 255,
    normalize="standardize",
)
LAYERS = [
    sx.Input((1, 6, 6)),
    sx.Conv2D(2, 3, bias=False),  # BatchNorm would leave it no gradient but rounding
    sx.BatchNorm(),
    sx.Activation("relu"),
    sx.MaxPool2D(3, 2, padding=1),
    sx.Dropout(0.2),
    sx.Dense(9, "relu"),
    sx.Dense(7, "sigmoid"),
    sx.Dense(6, "tanh"),
    sx.Dense(3, "softmax"),
]
STEPS = 100


@pytest.mark.parametrize(
    ("algorithm", "options", "dtype", "tolerance"),
    [
        ("backprop", {"momentum": 0.9, "nesterov": True}, "float32", 1e-5),
        ("adam", {}, "float64", 1e-10),
    ],
)
def test_a_network_of_all_layers_with_kernels_after_a_hundred_steps(
    algorithm: str, options: Any, dtype: str, tolerance: float, fused: Backend
) -> None:
    net = sx.neural_net(LAYERS, sx.training(algorithm, learning_rate=0.01, **options), dtype=dtype).value
    EmulatedKernel.launched.clear()

    found, expected = (trained(net, BYTES, one, STEPS // 4) for one in (fused, Here()))

    np.testing.assert_allclose(found.params.flat, expected.params.flat, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(found.kept.flat, expected.kept.flat, rtol=tolerance, atol=tolerance)
    assert np.abs(found.params.flat - net.params.flat).max() > 0.01
    if isinstance(fused, StrictBackend):
        steps = {name: EmulatedKernel.launched.count(name) for name in EmulatedKernel.launched}
        steps.pop("add_parts", None)  # for batches of more than 256
        assert min(steps.values()) >= STEPS
        assert {"gather", "drop", "softmax_cross_entropy", "misses", "forward", "backward"} < set(steps)


@pytest.mark.parametrize("algorithm", algorithms(), ids=str)
def test_every_algorithm_takes_the_same_steps(algorithm: Algorithm, fused: Backend) -> None:
    data = blobs(dtype="float64")
    try:
        net = small_net(algorithm, dtype="float64")
        net.arch.check(net, data)
    except (LossError, OptionError):
        net = sx.mlp([3, 2], "binary_threshold", sx.training(algorithm), dtype="float64").value

    found, expected = (trained(net, data, one, 2) for one in (fused, Here()))

    np.testing.assert_allclose(found.params.flat, expected.params.flat, rtol=1e-9, atol=1e-9)
    for name, slot in expected.training.state.slots.items():
        np.testing.assert_allclose(found.training.state.slots[name], slot, rtol=1e-8, atol=1e-9)


def test_one_seed_gives_one_training_bit_for_bit(fused: Backend) -> None:
    net = sx.neural_net(LAYERS, sx.training("adam")).value

    np.testing.assert_array_equal(
        trained(net, BYTES, fused, 1).params.flat, trained(net, BYTES, fused, 1).params.flat
    )


def test_a_chunk_reads_its_errors_and_nothing_else(emulated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")
    backend, net = StrictBackend(fused=True), sx.neural_net(LAYERS, sx.training("adam")).value
    learner: Any = net.arch.learner(net, BYTES, backend)
    learner.learn(SECONDS, 1)
    read, written, asked = backend.read, backend.written, StrictArray.asked

    learner.learn(SECONDS, 2)

    assert (backend.read - read, backend.written - written, StrictArray.asked - asked) == (1, 0, 0)
