"""Chunks on a device: the same kernels launched again and again, which find out by themselves where they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.algorithms import Algorithm
from synapse_rx.backends import Backend, CupyBackend
from synapse_rx.backends import cupy as module
from synapse_rx.network import engine
from synapse_rx.network.device.dense_chunk import DeviceChunk
from synapse_rx.network.device.moves import STROKES
from synapse_rx.snapshot import Net
from tests.backends.test_training import Here, algorithms
from tests.nets import SECONDS
from tests.strict import StrictArray, StrictBackend
from tests.strict.runtime import StrictCupy, guarded

BYTES = np.random.default_rng(2).integers(0, 256, (23, 12)).astype(np.uint8)
KNOWN = [one for one in algorithms() if one.kind not in ("lbfgs", "perceptron")]


def images(**options: Any) -> sx.TrainingSet:
    """
    Return images of bytes in four batches of five and one of three.
    """
    labels = [0, 1, 2] * 7 + [0, 1]
    how = {"batch": 5, "shuffle": "epoch", "dtype": "uint8", "scale": 1 / 255, **options}
    return sx.training_set(BYTES, labels, **how)


def deep(algorithm: Any = "backprop", **options: Any) -> Net:
    activations = ["sigmoid", "tanh", "relu", "softmax"]
    return sx.mlp([12, 7, 5, 4, 3], activations, sx.training(algorithm, **options)).value


def learner(net: Net, data: Any, backend: Backend) -> Any:
    made: Any = net.arch.learner(net, data, backend)
    assert isinstance(made.standing.engine.chunk, DeviceChunk) == (backend.name != "numpy")
    return made


def finished(learning: Any, net: Net, batches: int | None = None) -> Net:
    while not learning.learn(SECONDS, batches).epoch_done:
        continue
    return learning.merge(net)


def agree(found: Net, expected: Net, tolerance: float = 1e-5) -> None:
    np.testing.assert_allclose(found.params.flat, expected.params.flat, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(
        found.training.stats.loss, expected.training.stats.loss, rtol=tolerance, atol=tolerance
    )
    here = expected.training.stats.last_errors()
    for kind, value in found.training.stats.last_errors().items():
        np.testing.assert_allclose(value, here[kind], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("algorithm", KNOWN, ids=str)
def test_it_comes_to_what_batch_by_batch_comes_to(algorithm: Algorithm, fused: Backend) -> None:
    net, data, trained = deep(algorithm), images(), []
    for backend in (fused, Here()):
        learning, now = learner(net, data, backend), net
        for _ in range(2):
            now = finished(learning, now)
        trained.append(now)

    agree(*trained)
    state = trained[1].training.state.slots
    for name, slot in trained[0].training.state.slots.items():
        np.testing.assert_allclose(slot, state[name], rtol=1e-4, atol=1e-6)


def test_a_hundred_steps_of_the_commonest_network(fused: Backend) -> None:
    net = sx.mlp([12, 8, 3], ["relu", "softmax"], sx.training("adam")).value
    found, expected = (_epochs(net, images(), backend, 20) for backend in (fused, Here()))

    agree(found, expected)
    assert np.abs(found.params.flat - net.params.flat).max() > 0.05


def _epochs(net: Net, data: Any, backend: Backend, epochs: int) -> Net:
    learning = learner(net, data, backend)
    for _ in range(epochs):
        net = finished(learning, net)
    return net


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (images(shuffle=False), {}),
        (images(dtype="float32"), {"reduction": "sum"}),
        (images(batch=23), {}),
        (images(batch=4, nvalid=3), {"evaluation": "full"}),
        (images(shuffle="balanced"), {"stats": ["misclassification"]}),
    ],
    ids=["in order", "summed", "one batch", "validated", "balanced"],
)
def test_ways_to_feed_it(data: Any, options: Any, fused: Backend) -> None:
    net = deep("adam", **options)

    agree(*(_epochs(net, data, backend, 2) for backend in (fused, Here())))


def test_any_pieces_make_the_whole_and_a_training_goes_on_where_it_stood(fused: Backend) -> None:
    net, data = deep("adam"), images()
    pieces, now = learner(net, data, fused), net
    for _ in range(2):
        pieces.learn(SECONDS, 2)
        now = pieces.merge(now)
        pieces = learner(now, data, fused)
        now = finished(pieces, now, 1)

    np.testing.assert_array_equal(now.params.flat, _epochs(net, data, fused, 2).params.flat)


def test_steps_are_laid_out_while_those_before_are_taken(
    fused: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, data = deep("adam"), images(batch=1)
    whole = _epochs(net, data, fused, 2)
    monkeypatch.setattr(engine, "PIECE", 3)
    pieces = learner(net, data, fused)
    pieces.pace.note(1e-6, 1)  # of a device at full speed, so that an epoch is learnt at once

    now = finished(pieces, finished(pieces, net))

    np.testing.assert_array_equal(now.params.flat, whole.params.flat)
    assert now.training.stats.steps == 2 * 23


def test_edits_are_taken_over(fused: Backend) -> None:
    net, data, trained = deep("adam"), images(), []
    for backend in (fused, Here()):
        learning = learner(net, data, backend)
        learning.learn(SECONDS, 2)
        seen = learning.merge(net)
        how = evolve(seen.training, algorithm=sx.Adam(0.05))
        edited = evolve(seen, training=how, params=seen.params.with_flat(seen.params.flat * 0.5))
        learning.adopt(seen, edited)
        seen = finished(learning, edited)
        other = evolve(seen, training=evolve(seen.training, algorithm=sx.RMSprop()))
        learning.adopt(seen, other)
        trained.append(finished(learning, other))

    agree(*trained)


@pytest.mark.parametrize(
    ("net", "data"),
    [
        (deep(clip_norm=1.0), images()),
        (deep(factors={0: 0.5}), images()),
        (deep(stats=["gradient_norm"]), images()),
        (deep(), images(class_weights="balanced")),
        (deep(), images(normalize="standardize")),
        (deep("backprop", loss="squared_error"), images()),
        (sx.mlp([12, 3], "softmax", dtype="float64").value, images()),
        (sx.mlp([12, 4, 3], ["elu", "softmax"]).value, images()),
        (sx.neural_net([sx.Input(12), sx.Dropout(0.1), sx.Dense(3, "softmax")]).value, images()),
    ],
    ids=[
        "clipped",
        "factors",
        "norms",
        "weighted",
        "normalised",
        "another loss",
        "float64",
        "elu",
        "dropout",
    ],
)
def test_what_it_does_not_know_is_learnt_batch_by_batch(net: Net, data: Any, emulated: None) -> None:
    made: Any = net.arch.learner(net, data, StrictBackend(fused=True))

    assert made.standing.engine.chunk is None


def test_steps_it_does_not_know_are_taken_batch_by_batch(fused: Backend) -> None:
    assert "gain" not in STROKES
    net = deep("backprop", momentum=0.5, adaptive=True)

    agree(*(_epochs(net, images(), backend, 2) for backend in (fused, Here())))


def test_a_chunk_sends_the_numbers_of_its_steps_and_reads_its_errors(
    emulated: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")
    backend, net = StrictBackend(fused=True), deep("adam")
    learning = learner(net, images(batch=1), backend)
    learning.learn(SECONDS, 1)
    learning.pace.note(1e-6, 1)  # of a device at full speed, so that all fit into one piece
    read, written, asked = backend.read, backend.written, StrictArray.asked

    learning.learn(SECONDS, 20)

    assert (backend.read - read, backend.written - written, StrictArray.asked - asked) == (1, 2, 0)


class TestGraphs:
    """
    The same launches as CUDA graphs, captured from a stream.
    """

    @pytest.fixture
    def cupy(self, emulated: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[StrictCupy]:
        made = StrictCupy()
        monkeypatch.setattr(module, "_cupy", lambda: made)
        monkeypatch.setattr(module, "_missing", lambda: None)
        monkeypatch.setattr(module, "_cannot_compute", lambda device: None)
        monkeypatch.setenv("SYNAPSE_RX_FAST", "1")
        with guarded(made):
            yield made

    def test_each_size_of_batch_is_captured_once_and_launched_for_every_further_step(
        self, cupy: StrictCupy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        net, backend = deep("adam"), CupyBackend()
        monkeypatch.setenv("SYNAPSE_RX_FAST", "0")
        with backend.active():
            found = _epochs(net, images(), backend, 6)

        agree(found, _epochs(net, images(), Here(), 6))
        noted = [what for what, _ in cupy.noted]
        assert noted.count("captures") == 2
        assert noted.count("launches") == 6 * 5 - 2

    def test_without_them_nothing_is_captured(self, cupy: StrictCupy) -> None:
        backend = CupyBackend(graphs=False)
        with backend.active():
            _epochs(deep(), images(), backend, 2)

        assert not any(what == "captures" for what, _ in cupy.noted)
