"""Training networks of neuron graphs: steps, sequences, what is remembered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx import graph as g
from synapse_rx import tasks
from synapse_rx.backends import NumpyBackend
from synapse_rx.errors import DataError
from synapse_rx.graph.learner import GraphLearner

BITS = np.random.default_rng(0).integers(0, 2, (60, 2)).astype(np.float32)
DELAYED = np.roll(BITS[:, :1], 2, axis=0)


def steps(batch: int = 1) -> Any:
    return sx.training_set(BITS, DELAYED, batch=batch, shuffle=False)


def sequences(batch: int = 2) -> Any:
    return sx.training_set(BITS.reshape(6, 10, 2), DELAYED.reshape(6, 10, 1), batch=batch, shuffle="epoch")


def net_of(graph: g.NeuronGraph, algorithm: str = "backprop", **options: Any) -> Any:
    how = {"learning_rate": 0.2, "loss": "binary_cross_entropy"} | options
    return g.graph_net(graph, sx.training(algorithm, **how))


def after(net: Any, data: Any, *, chunks: bool, epochs: int = 2) -> Any:
    """Return the snapshot behind some epochs, learnt in chunks or batch by batch."""
    snapshot = net.value
    learner = GraphLearner(snapshot, data, NumpyBackend(), chunks=chunks)
    while epochs:
        epochs -= learner.learn(60.0).epoch_done
    return learner.merge(snapshot)


CASES = {
    "steps": (g.lstm(2, 2, 1), steps(), {}),
    "several steps a batch": (g.lstm(2, 2, 1), steps(7), {}),
    "sequences": (g.lstm(2, 2, 1), sequences(), {}),
    "through time": (g.lstm(2, 2, 1, gradient="bptt", hidden_to_hidden=True), sequences(4), {}),
    "squares": (g.lstm(2, 2, 1, output="tanh"), sequences(), {"loss": "squared_error"}),
    "adam": (g.lstm(2, 2, 1), steps(), {"algorithm": "adam", "learning_rate": 0.01}),
    "nesterov": (g.lstm(2, 2, 1), sequences(), {"momentum": 0.9, "nesterov": True}),
    "last": (
        g.lstm(2, 2, 2, output="softmax", returns="last"),
        sx.training_set(BITS.reshape(6, 10, 2), [0, 1, 0, 1, 1, 0], batch=2),
        {"loss": None},
    ),
    "classes": (
        g.perceptron(2, 3, 2, activation=["tanh", "softmax"]),
        sx.training_set(BITS, BITS[:, 0].astype(int), batch=5),
        {"loss": None},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_chunks_learn_what_batches_do(name: str) -> None:
    graph, data, options = CASES[name]
    quick = after(net_of(graph, **options), data, chunks=True)
    plain = after(net_of(graph, **options), data, chunks=False)

    np.testing.assert_allclose(quick.params.flat, plain.params.flat, atol=2e-5)
    np.testing.assert_allclose(quick.kept.flat, plain.kept.flat, atol=2e-4)
    for kind, errors in plain.training.stats.training.items():
        np.testing.assert_allclose(quick.training.stats.training[kind], errors, atol=1e-5)


def test_a_stream_of_steps_in_one_batch_is_one_sequence() -> None:
    graph = g.lstm(2, 2, 1)
    whole = after(net_of(graph), steps(60), chunks=False, epochs=1)
    alone = sx.training_set(BITS[None], DELAYED[None], batch=1, shuffle=False)
    sequence = after(net_of(graph), alone, chunks=False, epochs=1)

    np.testing.assert_allclose(whole.params.flat, sequence.params.flat, atol=1e-6)
    assert whole.kept.flat.any() and not sequence.kept.flat.any()


def test_a_stream_goes_on_from_a_file_as_if_nothing_had_happened(tmp_path: Path) -> None:
    whole, parts = net_of(g.lstm(2, 2, 1), "adam", learning_rate=0.01), None
    sx.deref(sx.train(whole, steps(), 3))
    parts = net_of(g.lstm(2, 2, 1), "adam", learning_rate=0.01)
    sx.deref(sx.train(parts, steps(), 1))
    sx.save(parts, tmp_path / "net.safetensors")
    again = sx.load(tmp_path / "net.safetensors")
    assert again.value == parts.value
    sx.deref(sx.train(again, steps(), 2))

    assert np.array_equal(again.value.params.flat, whole.value.params.flat)
    assert np.array_equal(again.value.kept.flat, whole.value.kept.flat)


def test_a_copy_taken_in_the_middle_of_a_stream_goes_on_alike() -> None:
    learner = GraphLearner(net_of(g.lstm(2, 2, 1)).value, steps(), NumpyBackend())
    learner.learn(60.0, 25)
    middle = learner.merge(net_of(g.lstm(2, 2, 1)).value)
    copy = GraphLearner(middle, steps(), NumpyBackend())
    ends = []
    for one in (learner, copy):
        while not one.learn(60.0).epoch_done:
            pass
        ends.append(one.merge(middle))

    assert np.array_equal(ends[0].params.flat, ends[1].params.flat)
    assert np.array_equal(ends[0].kept.flat, ends[1].kept.flat)


def test_clear_forgets_and_keeps_the_weights() -> None:
    net = net_of(g.lstm(2, 2, 1))
    sx.deref(sx.train(net, steps(), 1))
    weights = net.value.params.flat
    assert net.value.kept["0.state"].any() and net.value.kept["0.eligibility"].any()

    assert g.clear(net) is net
    assert not net.value.kept.flat.any()
    assert np.array_equal(net.value.params.flat, weights)
    assert g.clear(net.value) is net.value


def test_clearing_in_training_is_taken_over() -> None:
    net = net_of(g.lstm(2, 2, 1))
    learner = GraphLearner(net.value, steps(), NumpyBackend())
    learner.learn(60.0, 20)
    before = learner.merge(net.value)
    edits = learner.adopt(before, g.clear(before))

    assert [name for name, _ in edits] == ["kept"]
    assert not learner.merge(g.clear(before)).kept.flat.any()


def test_asking_a_network_changes_nothing_in_it() -> None:
    net = net_of(g.lstm(2, 2, 1))
    sx.deref(sx.train(net, steps(), 1))
    before = net.value
    first = sx.outputs(net, BITS)

    assert np.array_equal(first, sx.outputs(net, BITS))
    assert net.value is before


def test_one_sequence_and_many_are_answered_alike() -> None:
    net = net_of(g.lstm(2, 2, 1))
    many = sx.outputs(net, BITS.reshape(6, 10, 2))

    assert many.shape == (6, 10, 1)
    for index in range(6):
        alone = sx.outputs(net, BITS.reshape(6, 10, 2)[index])
        np.testing.assert_allclose(alone, many[index], atol=1e-7)


def test_sequences_of_other_lengths_are_answered() -> None:
    net = net_of(g.lstm(2, 2, 1))
    sx.deref(sx.train(net, sequences(), 1))

    assert [sx.outputs(net, np.zeros((3, n, 2))).shape for n in (1, 4, 30)] == [
        (3, 1, 1),
        (3, 4, 1),
        (3, 30, 1),
    ]


def test_labels_at_every_step_are_estimated() -> None:
    names = np.where(BITS[:, :1] > 0, "yes", "no").reshape(6, 10)
    data = sx.training_set(BITS.reshape(6, 10, 2), names, targets="steps", batch=2, shuffle=False)
    net = g.graph_net(g.lstm(2, 3, 2, output="softmax", gradient="bptt"), "adam")
    sx.deref(sx.train(net, data, 3))

    assert sx.estimate(net, BITS.reshape(6, 10, 2)).shape == (6, 10)
    assert set(sx.estimate(net, BITS)) <= {"yes", "no"}
    assert sx.evaluate(net, data).confusion.sum() == 60


def test_the_steps_of_a_sequence_must_keep_their_order() -> None:
    with pytest.raises(DataError, match="shuffle=False"):
        sx.train(net_of(g.lstm(2, 2, 1)), sx.training_set(BITS, DELAYED, batch=1), 1)


def test_a_graph_without_recurrence_keeps_nothing_and_may_be_shuffled() -> None:
    net = net_of(g.perceptron(2, 3, 1))
    sx.deref(sx.train(net, sx.training_set(BITS, BITS[:, :1], batch=4, shuffle="epoch"), 2))

    assert not net.value.kept.names


def test_live_edits_take_effect() -> None:
    net = net_of(g.perceptron(2, 3, 1))

    @net.add_watch("slow")
    def slow(key: Any, atom: Any, old: Any, new: Any) -> None:
        if new.training.stats.epochs == 2 and new.training.algorithm.learning_rate > 0.1:
            atom.swap(sx.with_learning_rate, 0.0)

    sx.deref(sx.train(net, sx.training_set(BITS, BITS[:, :1], batch=4, shuffle=False), 5))

    assert net.value.training.stats.learning_rate[-1] == 0
    assert any(event.what == "learning_rate" for event in net.value.training.stats.events)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_distracted_recall_of_24_steps_is_learnt(seed: int) -> None:
    task = tasks.distracted_recall(24, samples=2000, tests=300, batch=20, seed=seed)
    net = net_of(g.lstm(10, 12, 4, gradient="bptt"), "adam", learning_rate=0.03, seed=seed, clip_norm=1.0)
    sx.deref(sx.train(net, task.data, sx.epochs(25) | sx.error_below(0.002)))

    assert task.solved(net)


@pytest.mark.slow
def test_the_embedded_reber_grammar_is_learnt_on_strings_held_out() -> None:
    task = tasks.embedded_reber(2000, seed=1)
    graph = g.lstm(7, 10, 7, activation="tanh", output="softmax", gradient="bptt")
    net = net_of(graph, "adam", learning_rate=0.01, loss=task.loss, clip_norm=1.0)
    sx.deref(sx.train(net, task.data, 15))

    assert task.solved(net)


def test_other_layers_take_graphs_among_them() -> None:
    layers = [sx.Input((10, 2)), g.lstm(2, 3, 3, gradient="bptt"), sx.LSTM(2), sx.Dense(1, "sigmoid")]
    net = sx.neural_net(layers, "adam")
    sx.deref(sx.train(net, sx.training_set(BITS.reshape(6, 10, 2), BITS[:6, :1], batch=3), 2))

    assert sx.outputs(net, BITS.reshape(6, 10, 2)).shape == (6, 1)


def test_what_is_told_of_networks_is_told_of_graphs() -> None:
    net = g.graph_net(g.lstm(2, 2, 1, gradient="bptt"), "adam", dtype="float64")
    data = sx.training_set(BITS.reshape(6, 10, 2), DELAYED.reshape(6, 10, 1), batch=2, dtype="float64")

    assert "NeuronGraph(input 2 > input_gate 2 sigmoid > " in str(sx.summary(net))
    assert sx.check_gradients(net.value, data).ok
    assert len(sx.weight_histograms(net)) > 0
