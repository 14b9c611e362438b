"""What a training holds: what its summary says, and no more than one snapshot beside the vectors it works on."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from weakref import ref

import numpy as np
import pytest
from attrs import evolve
from threadpoolctl import threadpool_limits

import synapse_rx as sx
from synapse_rx import fast
from synapse_rx.network import engine
from synapse_rx.snapshot import Net
from tests.nets import SECONDS, blobs, finish_epoch, learner, small_net, without_times

MOMENTUM = sx.Backprop(0.01, 0.9)
ALGORITHMS = [MOMENTUM, sx.Adam(), sx.RProp(), sx.Lion()]


@pytest.fixture
def lends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LARGE", 0)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """
    No compiler, which would take its time for a few samples.
    """
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")
    fast.forget()
    yield
    monkeypatch.undo()
    fast.forget()


@pytest.fixture
def traced() -> Iterator[Callable[[], int]]:
    """
    What tells how many bytes are held more than when it was made.
    """
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    yield lambda: tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()


def wide(algorithm: sx.Algorithm) -> Net:
    """
    A network with a million parameters.
    """
    return sx.mlp([300, 3000, 50, 10], ["relu", "relu", "softmax"], sx.training(algorithm)).value


def narrow(algorithm: sx.Algorithm) -> Net:
    """
    A network that works in more than it consists of.
    """
    return sx.mlp([300, 30, 10], ["tanh", "softmax"], sx.training(algorithm)).value


def images(samples: int, batch: int) -> sx.TrainingSet:
    rng = np.random.default_rng(0)
    x = rng.random((samples, 300), dtype=np.float32)
    return sx.training_set(x, rng.integers(0, 10, samples), batch=batch, shuffle="epoch")


def contents(net: Net) -> list[bytes]:
    """
    Copy all that a snapshot holds.
    """
    slots = [value for value in net.training.state.slots.values() if isinstance(value, np.ndarray)]
    return [array.tobytes() for array in (net.params.flat, net.kept.flat, *slots)]


def several_layers() -> Net:
    layers = [
        sx.Input((1, 4, 4)),
        sx.Conv2D(2, 3, activation="relu"),
        sx.BatchNorm(),
        sx.Dropout(0.2),
        sx.Dense(3, "softmax"),
    ]
    return sx.neural_net(layers, sx.training(MOMENTUM)).value


@pytest.mark.parametrize("chunks", [True, False], ids=["chunks", "batches"])
@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda one: one.kind)
def test_a_snapshot_that_was_lent_the_vectors_never_changes(
    algorithm: sx.Algorithm, chunks: bool, lends: None
) -> None:
    net = small_net(algorithm)
    learning = learner(net, blobs(nvalid=6), chunks=chunks)
    held = []
    for _ in range(3):
        net = finish_epoch(learning, net)
        held.append((net, contents(net)))

    assert all(contents(one) == copied for one, copied in held)
    assert len({copied[0] for _, copied in held}) == 3


def test_lending_vectors_learns_the_same_bit_for_bit(slow: None, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    data = sx.training_set(
        rng.random((20, 1, 4, 4), dtype=np.float32), rng.integers(0, 3, 20), batch=8, nvalid=4
    )
    found = []
    for large in (0, 10**9):
        monkeypatch.setattr(engine, "LARGE", large)
        net = several_layers()
        learning = learner(net, data)
        for _ in range(6):
            learning.learn(SECONDS, 1)
            net = learning.merge(net)
        found.append(without_times(net))

    assert found[0] == found[1]


def test_an_edit_of_what_was_lent_is_learnt_from_and_changes_nothing_else(lends: None) -> None:
    net = small_net(MOMENTUM)
    learning = learner(net, blobs())
    given = finish_epoch(learning, net)
    copied = contents(given)
    edited = evolve(given, params=given.params.with_flat(np.zeros_like(given.params.flat)))
    learning.adopt(given, edited)

    assert not learning.merge(edited).params.flat.any()
    assert contents(given) == copied


@pytest.mark.backend("numpy", reason="about memory of the host")
def test_what_is_merged_twice_is_given_once(lends: None) -> None:
    net = small_net(MOMENTUM)
    learning = learner(net, blobs())
    learning.learn(SECONDS, 1)

    assert learning.merge(net).params.flat is learning.merge(net).params.flat


def test_the_vectors_go_with_their_learner_and_not_with_the_garbage() -> None:
    learning = learner(small_net(MOMENTUM), blobs())
    learning.learn(SECONDS)
    gone = [ref(learning.standing.engine), ref(learning.standing.engine.problem)]

    gc.disable()
    try:
        del learning
        assert [one() for one in gone] == [None, None]
    finally:
        gc.enable()


@pytest.mark.parametrize("net", [wide(sx.Adam()), narrow(MOMENTUM)], ids=["wide", "narrow"])
@pytest.mark.parametrize("chunks", [True, False], ids=["chunks", "batches"])
@pytest.mark.backend("numpy", reason="about memory of the host")
def test_what_a_summary_says_is_what_is_held(
    net: Net, chunks: bool, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    data = images(128, batch=64)
    with threadpool_limits(1):
        learner(net, data, chunks=chunks).learn(SECONDS)  # which loads and compiles what is needed
        if not chunks:
            monkeypatch.setenv("SYNAPSE_RX_FAST", "0")
        said = sx.summary(net, batch=64).nbytes
        held = request.getfixturevalue("traced")
        learning = learner(net, data, chunks=chunks)
        learning.learn(SECONDS)

    # A learner is not only vectors; of small networks one sees it.
    assert said <= held() <= 1.01 * said + 40_000


@pytest.mark.skipif(fast.why_not() is not None, reason="there is no compiler")
@pytest.mark.backend("numpy", reason="about memory of the host")
def test_in_chunks_the_gradient_is_never_touched() -> None:
    learning = learner(wide(MOMENTUM), images(128, batch=64))
    learning.learn(SECONDS)

    # Nothing is taken from the machine for a vector of zeros that nobody has written to.
    assert not learning.standing.engine.problem.grad.any()


@pytest.mark.backend("numpy", reason="about memory of the host")
def test_beside_its_vectors_a_training_holds_one_snapshot(request: pytest.FixtureRequest) -> None:
    data = images(128, batch=64)
    sx.train(sx.atom(wide(MOMENTUM)), data, 1).result()  # which loads and compiles what is needed
    held = request.getfixturevalue("traced")
    net = sx.atom(wide(MOMENTUM))
    one = net.value.params.flat.nbytes
    sx.train(net, data, 4).result()
    peak = tracemalloc.get_traced_memory()[1]

    # What it works in, and the parameters and the momentum of a snapshot.
    assert peak == pytest.approx(sx.summary(net, batch=64).nbytes + 2 * one, rel=0.05)
    assert held() < peak
