"""Chunks learn what the engine learns batch by batch, as far as float32 allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from attrs import frozen

import synapse_rx as sx
from synapse_rx import fast
from synapse_rx.snapshot import Net
from tests.nets import SECONDS, blobs, finish_epoch, learner

pytestmark = [
    pytest.mark.skipif(fast.why_not() is not None, reason=f"{fast.why_not()}"),
    pytest.mark.backend("numpy", reason="about compiled chunks of the CPU"),
]

ALGORITHMS = [
    sx.Backprop(0.05),
    sx.Backprop(0.05, momentum=0.9),
    sx.Backprop(0.05, momentum=0.9, nesterov=True),
    sx.Backprop(sx.schedules.Exponential(0.1, 0.9)),
    sx.Adam(0.01),
    sx.AdamW(0.01, weight_decay=0.1),
    sx.Adam(0.01, amsgrad=True),
    sx.NAdam(0.01),
    sx.Adagrad(0.05),
    sx.Adadelta(1.0),
    sx.Lion(0.003),
    sx.Backprop(0.05, momentum=0.5, adaptive=True, max_gain=3.0),
    sx.RMSprop(0.01),
    sx.RMSprop(0.01, centered=True),
    sx.RMSprop(0.01, variant="synaptic"),
    sx.RProp(0.01, max_step=0.01),
    sx.RProp(0.01, max_step=0.01, variant="rprop+"),
    sx.RProp(0.01, max_step=0.01, variant="synaptic"),
]
NETS = [
    ([5, 4, 3], ["sigmoid", "softmax"], "cross_entropy"),
    ([5, 7, 6, 3], ["relu", "tanh", "softmax"], "cross_entropy"),
    ([5, 4, 3], ["tanh", "sigmoid"], "binary_cross_entropy"),
    ([5, 4, 3], ["tanh", "sigmoid"], "squared_error"),
    ([5, 3], ["linear"], "squared_error"),
    ([5, 4, 3], ["relu", "tanh"], "squared_error"),
]


def digits(n: int = 43, dtype: str = "float32", **options: Any) -> sx.TrainingSet:
    rng = np.random.default_rng(2)
    x = rng.standard_normal((n, 5))
    if dtype == "uint8":
        x, options["scale"] = (255 / (1 + np.exp(-x))).astype(np.uint8), 1 / 255
    labels = rng.integers(0, 3, n)
    return sx.training_set(x, labels, **{"batch": 8, **options})


def after(net: Net, data: sx.TrainingSet, epochs: int, *, chunks: bool) -> Net:
    learning = learner(net, data, chunks=chunks)
    assert learning.in_chunks == chunks
    for _ in range(epochs):
        net = finish_epoch(learning, net)
    return net


def assert_alike(one: Net, other: Net) -> None:
    np.testing.assert_allclose(one.params.flat, other.params.flat, rtol=2e-4, atol=2e-5)
    for name, history in one.training.stats.training.items():
        np.testing.assert_allclose(np.asarray(history), other.training.stats.training[name], rtol=1e-4)
    assert one.training.stats.steps == other.training.stats.steps
    assert one.training.state.slots.get("steps") == other.training.state.slots.get("steps")


@pytest.fixture
def fresh() -> Iterator[None]:
    fast.forget()
    yield
    fast.forget()


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=str)
@pytest.mark.parametrize("stored", ["float32", "uint8"])
def test_every_move_is_the_algorithm_s(algorithm: Any, stored: str) -> None:
    net, data = sx.mlp([5, 4, 3], ["sigmoid", "softmax"], algorithm).value, digits(dtype=stored)

    assert_alike(after(net, data, 3, chunks=True), after(net, data, 3, chunks=False))


@pytest.mark.parametrize(("units", "activations", "loss"), NETS, ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_every_network_is_the_engine_s(units: Any, activations: Any, loss: str, reduction: str) -> None:
    how = sx.training("backprop", learning_rate=0.02, loss=loss, reduction=reduction)
    net = sx.mlp(units, activations, how).value

    assert_alike(after(net, digits(), 3, chunks=True), after(net, digits(), 3, chunks=False))


def test_values_are_learnt_as_classes_are() -> None:
    rng = np.random.default_rng(3)
    data = sx.training_set(rng.standard_normal((21, 5)), rng.standard_normal((21, 2)), batch=4)
    net = sx.mlp([5, 6, 2], ["tanh", "linear"], "adam").value

    assert_alike(after(net, data, 3, chunks=True), after(net, data, 3, chunks=False))


def test_samples_in_their_own_order_are_learnt_in_it() -> None:
    net, data = sx.mlp([5, 4, 3], ["tanh", "softmax"]).value, digits(shuffle=False)

    assert_alike(after(net, data, 2, chunks=True), after(net, data, 2, chunks=False))


def test_how_batches_are_cut_into_chunks_changes_nothing() -> None:
    net, data = sx.mlp([5, 4, 3], ["tanh", "softmax"], "adam").value, digits()
    whole = after(net, data, 2, chunks=True)

    learning = learner(net, data)
    for _ in range(2):
        net = finish_epoch(learning, net, batches=1)

    np.testing.assert_array_equal(net.params.flat, whole.params.flat)
    assert list(net.training.stats.loss) == list(whole.training.stats.loss)


def test_resumed_in_mid_epoch_it_goes_on_bit_for_bit() -> None:
    net, data = sx.mlp([5, 4, 3], ["tanh", "softmax"], "adam").value, digits()
    whole = after(net, data, 1, chunks=True)

    learning = learner(net, data)
    learning.learn(SECONDS, 2)
    rest = finish_epoch(learner(learning.merge(net), data), learning.merge(net))

    np.testing.assert_array_equal(rest.params.flat, whole.params.flat)


def test_a_loss_that_is_lost_is_noticed_with_its_batch() -> None:
    data = digits(shuffle=False)
    x = np.array(data.x)
    x[17] = 1e38
    broken = sx.training_set(x, np.argmax(data.y, axis=1), batch=8, shuffle=False)
    net = sx.mlp([5, 3], ["linear"], sx.training("backprop", loss="squared_error")).value

    with pytest.raises(sx.errors.Diverged, match="epoch 1, batch 3"):
        learner(net, broken).learn(SECONDS)


def test_edits_take_effect_between_chunks() -> None:
    net, data = sx.mlp([5, 4, 3], ["tanh", "softmax"]).value, digits()
    learning = learner(net, data)
    net = finish_epoch(learning, net)
    still = sx.with_learning_rate(net, 0.0)

    learning.adopt(net, still)

    np.testing.assert_array_equal(finish_epoch(learning, still).params.flat, net.params.flat)


@pytest.mark.parametrize(
    ("net", "data"),
    [
        (sx.mlp([3, 4, 2], ["gelu", "softmax"]), blobs()),
        (sx.mlp([3, 4, 2], ["tanh", "softmax"], dtype="float64"), blobs()),
        (sx.mlp([3, 4, 2], ["tanh", "softmax"], sx.training(clip_norm=1.0)), blobs()),
        (sx.mlp([3, 4, 2], ["tanh", "softmax"], sx.training(averaging=0.9)), blobs()),
        (sx.mlp([3, 4, 2], ["tanh", "softmax"], sx.training(stats=["gradient_norm"])), blobs()),
        (sx.mlp([3, 4, 2], ["tanh", "softmax"]), blobs(weights=np.ones(23))),
    ],
    ids=["activation", "float64", "update", "average", "statistics", "weights"],
)
def test_what_is_not_of_the_common_kind_is_learnt_batch_by_batch(net: Any, data: Any) -> None:
    assert not learner(net.value, data).in_chunks


def test_an_algorithm_without_a_move_is_driven_batch_by_batch() -> None:
    net = sx.mlp([3, 4, 2], ["tanh", "softmax"], sx.RProp(variant="irprop+")).value

    assert learner(net, blobs()).walk.moves(1) is None
    assert finish_epoch(learner(net, blobs()), net).training.stats.epochs == 1


@frozen
class Twice(sx.Backprop):
    """Takes two steps where its parent takes one."""

    def step(self, problem: Any, state: Any) -> None:
        super().step(problem, state)
        super().step(problem, state)


def test_an_algorithm_that_steps_otherwise_than_its_parent_has_not_its_move() -> None:
    net = sx.mlp([3, 4, 2], ["tanh", "softmax"], Twice(0.1)).value

    assert learner(net, blobs()).walk.moves(1) is None


def test_without_a_compiler_there_are_no_chunks(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")

    assert not learner(sx.mlp([3, 4, 2], ["tanh", "softmax"]).value, blobs()).in_chunks


def test_exponentials_are_right_to_the_last_places() -> None:
    from synapse_rx.network.plain.elementwise_kernel import exponentials

    z = np.concatenate([np.linspace(-87, 88, 4001), [0.0, -1e30, -np.inf]]).astype(np.float32)
    y = z.copy()

    exponentials(y, y.size)

    wanted = np.exp(z.astype(np.float64))
    np.testing.assert_allclose(y[:-2], wanted[:-2], rtol=2e-7)
    assert (y[-2:] < 2e-38).all()


def test_activations_are_right_to_the_last_places() -> None:
    from synapse_rx.network.plain.elementwise_kernel import activate

    z = np.concatenate([np.linspace(-20, 20, 4001), [1e-6, -1e-6, 100, -100]]).astype(np.float32)
    bias = np.zeros_like(z)
    exact = z.astype(np.float64)
    for code, wanted in ((1, 1 / (1 + np.exp(-exact))), (2, np.tanh(exact)), (3, np.maximum(exact, 0))):
        y = z.copy()
        activate(code, y, bias, 1)
        np.testing.assert_allclose(y, wanted, rtol=4e-7, atol=1e-37)


def test_a_chunk_that_is_nearly_over_is_not_filled_up_with_another_call(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    learning = learner(sx.mlp([3, 4, 2], ["tanh", "softmax"]).value, blobs(100))
    clock, calls = [0.0], []

    def learn(first: int, moves: Any, *others: Any) -> None:
        calls.append(moves.count)
        clock[0] += 0.9 * moves.count

    for module in ("learner", "walk"):
        monkeypatch.setattr(f"synapse_rx.network.{module}.perf_counter", lambda: clock[0])
    monkeypatch.setattr(learning.standing.engine.chunk, "learn", learn)
    learning.pace.note(1.0, 1)
    learning.learn(10.0)

    assert calls == [10]


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Three threads for whatever a batch takes, in parts of a few samples.
    """
    monkeypatch.setattr("synapse_rx.network.plain.chunk.SHARED", 0)
    monkeypatch.setattr("synapse_rx.network.plain.chunk.PART", 3)
    monkeypatch.setattr("synapse_rx.network.plain.chunk.ROOM", 11)
    monkeypatch.setattr("synapse_rx.crew.threads", lambda: 3)


@pytest.mark.parametrize("algorithm", [sx.Backprop(0.05), ALGORITHMS[2], sx.Adam(0.01)], ids=str)
@pytest.mark.parametrize("batch", [2, 8, 20], ids=str)
def test_threads_that_share_batches_learn_what_one_learns(algorithm: Any, batch: int, crowd: None) -> None:
    net, data = sx.mlp([5, 7, 6, 3], ["relu", "tanh", "softmax"], algorithm).value, digits(batch=batch)
    shared = after(net, data, 2, chunks=True)

    assert_alike(shared, after(net, data, 2, chunks=False))
    np.testing.assert_array_equal(shared.params.flat, after(net, data, 2, chunks=True).params.flat)
