"""
Test accuracy on MNIST of one network of each family, after 2 epochs and at the end: a table for the documentation.

All are trained by this library alone, with the defaults of their algorithms unless the table says otherwise. Times are
those of the machine they were made on; what counts is that each network learns what it should.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from time import process_time
from typing import Any

from attrs import frozen

import synapse_rx as sx

from .harness import equal_threads

IMAGE = (1, 28, 28)
ROWS = (28, 28)


@frozen
class Task:
    """
    A network, and how it is trained.

    Attributes:
        layers: Makes the layers, for the shape of one image.
        algorithm: How it learns.
        batch: Samples in a batch.
        epochs: How long it learns.
        wanted: Test accuracies that count as learnt, after how many epochs.
    """

    layers: Callable[[], list[Any]]
    algorithm: sx.Algorithm
    batch: int
    epochs: int
    wanted: dict[int, float]


def _dense() -> list[Any]:
    return [sx.Input(IMAGE), sx.Dense(512, "relu"), sx.Dense(10, "softmax")]


def _ancestor() -> list[Any]:
    return [sx.Input(IMAGE), sx.Conv2D(9, 3, activation="relu"), sx.MaxPool2D(2), sx.Dense(10, "softmax")]


def _lenet() -> list[Any]:
    return [
        sx.Input(IMAGE),
        sx.Conv2D(8, 5, padding=2, activation="relu"),
        sx.MaxPool2D(2),
        sx.Conv2D(16, 5, activation="relu"),
        sx.MaxPool2D(2),
        sx.Dense(120, "relu"),
        sx.Dense(84, "relu"),
        sx.Dense(10, "softmax"),
    ]


def _deep_diamond() -> list[Any]:
    return [
        sx.Input(IMAGE),
        sx.Conv2D(32, 3, activation="relu"),
        sx.Conv2D(64, 3, activation="relu"),
        sx.MaxPool2D(2),
        sx.Dropout(0.25),
        sx.Dense(128, "relu"),
        sx.Dropout(0.5),
        sx.Dense(10, "softmax"),
    ]


def _gru() -> list[Any]:
    return [sx.Input(ROWS), sx.GRU(128), sx.Dense(10, "softmax")]


def _lstm() -> list[Any]:
    return [sx.Input(ROWS), sx.LSTM(128), sx.Dense(10, "softmax")]


NETS: dict[str, Task] = {
    "dense 512": Task(_dense, sx.Adam(0.002), 128, 2, {2: 0.97}),
    "conv 9-3, pool 2 (the ancestor's)": Task(_ancestor, sx.Adam(0.003), 32, 12, {2: 0.97, 12: 0.98}),
    "LeNet-like": Task(_lenet, sx.Adam(sx.schedules.Exponential(0.002, 0.8)), 64, 12, {2: 0.985, 12: 0.99}),
    "conv 32-3, conv 64-3 (Deep Diamond's)": Task(
        _deep_diamond, sx.Adam(0.001), 128, 12, {2: 0.985, 12: 0.99}
    ),
    "GRU 128 over rows": Task(_gru, sx.Adam(0.002), 128, 3, {3: 0.97}),
    "LSTM 128 over rows": Task(_lstm, sx.Adam(0.002), 128, 3, {3: 0.97}),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", nargs="+", choices=list(NETS), metavar="NAME", help=f"of {'; '.join(NETS)}")
    parser.add_argument("--data", choices=["mnist", "mnist10k", "digits"], help="digits if quick")
    parser.add_argument("--epochs", type=int, help="epochs, instead of each network's own")
    parser.add_argument("--threads", type=int, default=1, help="compute threads")


def run(
    quick: bool = False,
    only: Sequence[str] | None = None,
    data: str | None = None,
    epochs: int | None = None,
    threads: int = 1,
) -> None:
    if quick:
        print("quick: every network learns 200 random images, to see that it can")
    print("\n| network | parameters | batch | accuracy by epoch, % | CPU s/epoch |\n|---|---|---|---|---|")
    with equal_threads(threads):
        for name, task in NETS.items():
            if not only or name in only:
                _report(name, task, data or "mnist", epochs or task.epochs, quick)


def _report(name: str, task: Task, data: str, epochs: int, quick: bool) -> None:
    sets = _few() if quick else _whole(data, task.batch)
    net = sx.neural_net(task.layers(), sx.training(task.algorithm))
    start = process_time()
    accuracies = accuracy_by_epoch(net, *sets, 1 if quick else epochs)
    seconds = (process_time() - start) / len(accuracies)
    shown = ", ".join(f"{100 * accuracy:.2f}" for accuracy in accuracies)
    print(f"| {name} | {net.value.params.flat.size:,} | {task.batch} | {shown} | {seconds:.1f} |", flush=True)


def accuracy_by_epoch(
    net: sx.Atom[sx.Net], data: sx.TrainingSet, test: sx.DataSet, epochs: int
) -> list[float]:
    """
    Train and return the accuracy on the test samples after each epoch.
    """
    accuracies = []
    for _ in range(epochs):
        sx.deref(sx.train(net, data, 1))
        accuracies.append(sx.evaluate(net, test).accuracy)
    return accuracies


def _whole(name: str, batch: int) -> tuple[sx.TrainingSet, sx.DataSet]:
    return sx.load_training_set(name, nvalid=0, batch=batch, shuffle="epoch"), sx.load_test_set(name)


def _few() -> tuple[sx.TrainingSet, sx.DataSet]:
    import numpy as np

    rng = np.random.default_rng(0)
    x, labels = rng.random((200, 784), np.float32), np.arange(200) % 10
    data = sx.training_set(x, labels, batch=50)
    return data, data.data
