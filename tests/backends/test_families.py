"""Other ways to bring samples, and other families of networks, elsewhere as on numpy."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx import energy, graph
from synapse_rx.backends import Backend
from synapse_rx.graph import arch
from tests.backends.test_training import Here, agree
from tests.nets import SECONDS, blobs, small_net

RNG = np.random.default_rng(3)
BITS = RNG.integers(0, 2, (20, 6)).astype(float)


@pytest.fixture(autouse=True)
def _by_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")


def test_augmented_samples(there: Backend) -> None:
    noisy = evolve(blobs(dtype="float64"), augment=lambda x, rng: x + rng.standard_normal(x.shape))

    agree(small_net("adam", dtype="float64"), noisy, there)


def test_weighted_samples(there: Backend) -> None:
    data = blobs(dtype="float64", weights=np.arange(23) % 3)

    agree(small_net("adam", dtype="float64"), data, there)


def test_several_inputs_and_outputs(there: Backend) -> None:
    a, b = RNG.standard_normal((15, 4)), RNG.standard_normal((15, 2, 3))
    targets = (np.where(a[:, 0] > 0, "yes", "no"), b[:, 0, :2])
    data = sx.training_set((a, b), targets, batch=4, shuffle="epoch", dtype="float64")
    layers = [
        sx.Input([(4,), (2, 3)]),
        sx.parallel(sx.Dense(5, "tanh"), sx.Dense(5, "tanh")),
        sx.concatenate(),
        sx.fork(sx.Dense(2, "softmax"), [sx.Dense(3, "tanh"), sx.Dense(2)]),
    ]

    agree(sx.neural_net(layers, sx.training("adam"), dtype="float64").value, data, there)


def test_batches_of_a_stream(there: Backend) -> None:
    def source(epoch: int) -> Iterator[Any]:
        rng = np.random.default_rng(epoch)
        for size in (4, 2, 3):
            yield rng.standard_normal((size, 3)), rng.integers(0, 2, size), rng.integers(1, 4, size)

    losses = []
    for backend in (Here(), there):
        stream = sx.stream_set(source, batch=4, labels=[0, 1], sample_shape=(3,), dtype="float64")
        cell = sx.mlp([3, 4, 2], ["tanh", "softmax"], sx.training("adam"), dtype="float64")
        losses.append(sx.train(cell, stream, 2, backend=backend).result(SECONDS).training.stats.loss)

    np.testing.assert_allclose(*losses, rtol=1e-8)


@pytest.mark.parametrize("rule", ["hebbian", "projection", "probability_flow"])
def test_hopfield_networks(rule: str, there: Backend) -> None:
    net = energy.hopfield(6, rule, dtype="float64").value

    agree(net, sx.training_set(BITS, None, batch=5, nvalid=5, dtype="float64"), there)


@pytest.mark.parametrize("options", [{"units": "gaussian"}, {"chains": 3}], ids=str)
def test_machines(options: Any, there: Backend) -> None:
    net = energy.rbm(6, 4, dtype="float64", **options).value

    agree(net, sx.training_set(BITS, None, batch=5, nvalid=5, dtype="float64"), there)


def test_deep_belief_nets(there: Backend) -> None:
    net = energy.deep_belief_net([6, 4, 3], dtype="float64").value

    agree(net, sx.training_set(BITS, None, batch=5, nvalid=5, dtype="float64"), there)


def test_memories_of_modern_hopfield_networks(there: Backend) -> None:
    net = energy.modern_hopfield(np.zeros((15, 6)), dtype="float64").value

    agree(net, sx.training_set(BITS, None, batch=5, nvalid=5, dtype="float64"), there)


@pytest.mark.parametrize("gradient", ["truncated", "bptt"])
@pytest.mark.parametrize("shape", [(20,), (5, 4)], ids=["a stream", "sequences"])
def test_neuron_graphs(shape: tuple[int, ...], gradient: str, there: Backend) -> None:
    net = graph.graph_net(graph.lstm(3, 2, 2, gradient=gradient), sx.training("adam"), dtype="float64").value
    x, t = BITS[:, :3].reshape(*shape, 3), BITS[:, 4:].reshape(*shape, 2)

    agree(net, sx.training_set(x, t, batch=3, shuffle=False, targets="values", dtype="float64"), there)


@pytest.mark.parametrize(
    ("shape", "batch", "elsewhere"), [((20,), 3, False), ((5, 4), 1, False), ((5, 4), 3, True)], ids=str
)
def test_graphs_that_learn_one_sample_after_the_other_do_so_on_the_cpu_and_say_so(
    shape: tuple[int, ...], batch: int, elsewhere: bool, there: Backend, caplog: pytest.LogCaptureFixture
) -> None:
    net = graph.graph_net(graph.lstm(3, 2, 2)).value
    x, t = BITS[:, :3].reshape(*shape, 3), BITS[:, 4:].reshape(*shape, 2)
    data = sx.training_set(x, t, batch=batch, shuffle=False, targets="values")
    arch._tell.cache_clear()

    with caplog.at_level(logging.INFO, "synapse_rx"):
        learners = [net.arch.learner(net, data, there) for _ in range(2)]

    assert all(isinstance(one.standing.engine.theta, np.ndarray) is not elsewhere for one in learners)
    assert len([one for one in caplog.messages if "compute on numpy" in one]) == (not elsewhere)
