"""Layers of sequences and of synapses come to the same by kernels of devices as by array functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.backends import Backend, NumpyBackend
from synapse_rx.backends.counter import CounterGenerator
from synapse_rx.backends.cuda import SynapseKernels, recurrence
from tests.backends.test_layers import _sent
from tests.backends.test_training import Here, trained
from tests.contracts.layer import Chain, parts, samples
from tests.layers.examples import attention, normalization, synapse
from tests.layers.examples import recurrence as recurrent
from tests.strict import StrictBackend
from tests.strict.cuda import EmulatedKernel

HERE = NumpyBackend()
N = 9
"""More samples than a block walks with."""

WAYS = {
    "forward_4": {},
    "forward_8": {"BUSY": 0},
    "forward_step": {"WEIGHTS": 0},
}
"""What makes recurrent layers take each way, by the kernel that shows it."""

RECURRENT = [
    *recurrent.EXAMPLES,
    (sx.LSTM(7, peepholes=True, bidirectional=True, returns="sequence", truncate=2), (5, 3)),
    (sx.GRU(11, bidirectional=True, returns="sequence", truncate=2), ((5, 3), (1,))),
    (sx.RNN(33, "relu", layers=2, truncate=3, returns="sequence"), (4, 3)),
    (sx.RNN(3, "linear", returns="sequence"), (4, 3)),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("layer", "in_shape"), RECURRENT, ids=str)
def test_recurrent_layers_of_all_kinds(
    layer: Any, in_shape: Any, way: str, fused: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in WAYS[way].items():
        monkeypatch.setattr(recurrence, name, value)
    EmulatedKernel.launched.clear()

    _same(layer, in_shape, fused)

    if isinstance(fused, StrictBackend):
        if isinstance(layer, sx.RNN) and way == "forward_8":
            way = "forward_4"
        expected = "mix_back" if getattr(layer, "reset", None) == "before" else way
        assert expected in EmulatedKernel.launched


@pytest.mark.parametrize(
    ("layer", "in_shape"),
    [
        *attention.EXAMPLES,
        (sx.MultiHeadAttention(2, causal=True), ((37, 4), (1,))),
        *((layer, shape) for layer, shape in normalization.EXAMPLES if isinstance(layer, sx.LayerNorm)),
        (sx.LayerNorm((1, 2)), (3, 5, 9)),
        (sx.Activation("softmax"), (3, 35)),
        (sx.Activation("log_softmax"), (3, 7)),
        (sx.Activation(sx.activations.Softmax(axis=0)), (3, 7)),
    ],
    ids=str,
)
def test_layers_of_rows(layer: Any, in_shape: Any, fused: Backend) -> None:
    _same(layer, in_shape, fused)


@pytest.mark.parametrize(
    ("layer", "in_shape"),
    [*synapse.EXAMPLES, (sx.Synapse(gain=True, initializer=synapse.LARGE), ((5,), (37,)))],
    ids=str,
)
def test_synapses_of_all_kinds(layer: Any, in_shape: Any, fused: Backend) -> None:
    EmulatedKernel.launched.clear()

    _same(layer, in_shape, fused)

    if isinstance(fused, StrictBackend):
        kernels = {"squash", "squash_back"} if isinstance(layer, sx.SynapseRNN) else set()
        logarithms = (
            {"logarithms", "to_inputs", "to_weights"} if getattr(layer, "series", None) is None else set()
        )
        assert kernels | logarithms <= set(EmulatedKernel.launched)


def test_synapses_with_more_inputs_than_their_product_has_exponents(fused: Backend) -> None:
    """
    Of ten thousand factors close to 0 the product is 10^-30000; its logarithm is a number like others.
    """
    assert fused.kernels is not None
    kernels, xp = fused.kernels.get(SynapseKernels, np.float32), fused.xp
    assert kernels is not None
    x, out = xp.full((1, 10_000), 0.999, np.float32), xp.empty((1, 1), np.float32)

    kernels.logarithms(x, xp.ones((10_000, 1), np.float32), out, 1e-6)

    np.testing.assert_allclose(fused.to_host(out), 10_000 * np.log1p(-np.float32(0.999)), rtol=1e-5)


TRAININGS = {
    "recurrent": (
        [sx.LSTM(3, bidirectional=True, returns="sequence"), sx.GRU(4, truncate=3), sx.Dense(3, "softmax")],
        {"forward_4", "backward_4"},
    ),
    "attention": (
        [
            sx.MultiHeadAttention(2, causal=True, bias=False),  # those of keys have no gradient but rounding
            sx.LayerNorm(),
            sx.RNN(5, "relu", layers=2),
            sx.Dense(3, "softmax"),
        ],
        {"forward", "backward", "to_parameters", "forward_4"},
    ),
    "synapse": (
        [
            sx.Flatten(),
            sx.Dense(7, "sigmoid"),
            sx.Synapse(gain=True),
            sx.Synapse("clip"),
            sx.Dense(3, "sigmoid"),
        ],
        {"logarithms", "to_inputs", "to_weights", "squared_errors"},
    ),
}


@pytest.mark.parametrize(
    ("algorithm", "dtype", "tolerance"), [("backprop", "float32", 1e-5), ("adam", "float64", 1e-10)]
)
@pytest.mark.parametrize("kind", TRAININGS)
def test_a_network_after_a_hundred_steps(
    kind: str, algorithm: str, dtype: str, tolerance: float, fused: Backend
) -> None:
    layers, kernels = TRAININGS[kind]
    x = np.random.default_rng(2).standard_normal((15, 4, 4))
    data = sx.training_set(x, [0, 1, 2] * 5, batch=4, shuffle="epoch", dtype=dtype)
    loss = "squared_error" if kind == "synapse" else None
    steering = sx.training(algorithm, learning_rate=0.02, loss=loss)
    net = sx.neural_net([sx.Input((4, 4)), *layers], steering, dtype=dtype).value
    EmulatedKernel.launched.clear()

    found, expected = (trained(net, data, one, 25) for one in (fused, Here()))

    np.testing.assert_allclose(found.params.flat, expected.params.flat, rtol=tolerance, atol=tolerance)
    assert np.abs(found.params.flat - net.params.flat).max() > 0.01
    if isinstance(fused, StrictBackend):
        assert kernels <= set(EmulatedKernel.launched)


def _same(layer: Any, in_shape: Any, fused: Backend) -> None:
    for dtype, tolerance in ((np.float32, 2e-5), (np.float64, 1e-10)):
        x = (synapse.probabilities if isinstance(layer, sx.Synapse) else _drawn)(layer, in_shape, N, dtype)
        dy = samples(layer.out_shape(in_shape), N, dtype, seed=2)

        found, expected = (_passed(layer, in_shape, x, dy, dtype, one) for one in (fused, HERE))

        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def _drawn(layer: Any, in_shape: Any, n: int, dtype: Any) -> Any:
    return samples(in_shape, n, dtype)


def _passed(layer: Any, in_shape: Any, x: Any, dy: Any, dtype: Any, backend: Backend) -> list[Any]:
    """
    Return outputs and gradients, on the host.
    """
    rng = CounterGenerator(backend.xp, 4)
    chain = Chain(layer, in_shape, N, dtype=dtype, rng=rng, backend=backend)
    found = [*parts(chain.forward(_sent(x, backend))), *parts(chain.backward(_sent(dy, backend)))]
    return [backend.to_host(array) for array in (*found, chain.grad)]
