"""Networks of every family solve the tasks, from more than one beginning."""

from __future__ import annotations

from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx import graph, tasks
from synapse_rx.snapshot import Net


def perceptron(task: tasks.Task, units: list[int], activation: str, rate: Any, seed: int) -> sx.Atom[Net]:
    """
    Return a perceptron of a task's shapes.
    """
    sizes = [*task.in_shape, *units, *task.out_shape]
    functions = [activation] * len(units) + ["sigmoid"]
    return sx.mlp(sizes, functions, sx.training("adam", learning_rate=rate, seed=seed))


def recurrent(task: tasks.Task, layer: sx.Layer, rate: float, output: str = "sigmoid") -> sx.Atom[Net]:
    """
    Return a network with one recurrent layer of a task's shapes.
    """
    *steps, outputs = task.out_shape
    last = sx.Dense(outputs, output)
    layers = [sx.Input(task.in_shape), layer, sx.TimeDistributed(last) if steps else last]
    return sx.neural_net(layers, sx.training("adam", learning_rate=rate, loss=task.loss))


def learns(task: tasks.Task, net: sx.Atom[Net], epochs: int, every: int) -> bool:
    """
    Train till a task is solved, or for so many epochs.
    """
    for _ in range(0, epochs, every):
        sx.deref(sx.train(net, task.data, every))
        if task.solved(net):
            return True
    return False


@pytest.mark.parametrize("seed", range(5))
def test_a_perceptron_solves_the_exclusive_or(seed: int) -> None:
    task = tasks.xor()
    net = perceptron(task, [4], "tanh", 0.1, seed)

    assert not task.solved(net)
    assert learns(task, net, 400, 50)


@pytest.mark.parametrize("seed", range(3))
def test_a_perceptron_solves_parity(seed: int) -> None:
    task = tasks.parity(4)

    assert learns(task, perceptron(task, [12], "tanh", 0.05, seed), 600, 50)


def test_a_perceptron_solves_the_sine() -> None:
    task = tasks.sine()

    assert learns(task, perceptron(task, [30], "tanh", sx.schedules.Exponential(0.05, 0.99), 0), 300, 25)


def test_a_perceptron_solves_the_spirals() -> None:
    task = tasks.two_spirals()

    assert learns(task, perceptron(task, [64, 64], "relu", 0.005, 0), 1500, 100)


def test_a_recurrent_network_solves_running_parity() -> None:
    task = tasks.running_parity(12)

    assert learns(task, recurrent(task, sx.LSTM(12, returns="sequence"), 0.03), 60, 5)


def test_a_recurrent_network_solves_the_timing_task() -> None:
    task = tasks.timing(60)

    assert learns(task, recurrent(task, sx.GRU(10, returns="sequence"), 0.03), 100, 5)


def test_a_recurrent_network_solves_the_adding_problem() -> None:
    task = tasks.adding(10)

    assert learns(task, recurrent(task, sx.LSTM(16), 0.02), 60, 5)


def test_a_recurrent_network_solves_distracted_recall() -> None:
    task = tasks.distracted_recall(10)

    assert learns(task, recurrent(task, sx.LSTM(20, returns="sequence"), 0.02), 60, 5)


@pytest.mark.slow
def test_a_recurrent_network_solves_the_embedded_grammar() -> None:
    task = tasks.embedded_reber(2000, batch=50)

    assert learns(task, recurrent(task, sx.LSTM(16, returns="sequence", padding=0), 0.02, "softmax"), 40, 5)


@pytest.mark.slow
def test_a_recurrent_network_solves_distracted_recall_over_more_steps() -> None:
    task = tasks.distracted_recall(16, samples=3000, batch=40)

    assert learns(task, recurrent(task, sx.GRU(24, returns="sequence"), 0.01), 60, 5)


def test_neuron_graphs_solve_tasks_too() -> None:
    xor, recall = tasks.xor(), tasks.distracted_recall(10)
    first = graph.graph_net(graph.perceptron(2, 4, 1), sx.training("adam", learning_rate=0.1))
    second = graph.graph_net(graph.lstm(10, 10, 4), sx.training("adam", learning_rate=0.02))

    assert learns(xor, first, 600, 100)
    assert learns(recall, second, 60, 5)
