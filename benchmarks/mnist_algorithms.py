"""
Test error of every algorithm on MNIST after 10 epochs, beside PyTorch's same algorithm: a table for the documentation.

784-100-10 (sigmoid, softmax), batches of 128. In each run both begin with the same weights and learn the same batches
in the same order; every seed is another order and other weights. The difference is that of pairs of runs, with the
half width of its 95 % confidence interval (Student's t): where the interval holds 0, the two are equal within noise.

Apart stand those with another budget or network: L-BFGS and R-prop on all samples at once, one iteration an epoch, and
the perceptron, one layer of thresholds, sample by sample, beside scikit-learn's. It is read by the largest weighted
sum, as scikit-learn reads its own: thresholds alone leave ties.

Learning rates are set by experience, not by a search, and are the same for both libraries.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from statistics import mean, stdev
from time import perf_counter
from typing import Any

import numpy as np
from attrs import frozen

import synapse_rx as sx
from synapse_rx.algorithms import FullBatchAlgorithm
from synapse_rx.backends import backend
from synapse_rx.network.learner import NetworkLearner

from .contestants.optimizers import PAIRS, WHOLE, Pair, TorchNet
from .harness import equal_threads, peer

HIDDEN = 100
BATCH = 128
STUDENT = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)
"""The 97.5 % quantile of Student's t for 1, 2, ... degrees of freedom."""

PERCEPTRON = "Perceptron"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    names = [*PAIRS, *WHOLE, PERCEPTRON]
    parser.add_argument("--seeds", type=int, help="runs of each algorithm (5)")
    parser.add_argument("--epochs", type=int, help="epochs of each run (10)")
    parser.add_argument("--data", choices=["mnist", "digits"], help="what is learnt; digits if quick")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"of {'; '.join(names)}")
    parser.add_argument("--threads", type=int, default=1, help="compute threads (and cores) for everyone")


def run(
    quick: bool = False,
    seeds: int | None = None,
    epochs: int | None = None,
    data: str | None = None,
    only: Sequence[str] | None = None,
    threads: int = 1,
) -> None:
    seeds, epochs = seeds or (2 if quick else 5), epochs or (1 if quick else 10)
    libraries = {name: peer(name) for name in ("torch", "sklearn")}
    with equal_threads(threads):
        task = Task.load(data or ("digits" if quick else "mnist"), epochs)
        print(f"{task.name}, {len(task.x)} samples, {epochs} epochs, {seeds} seeds")
        print(f"\n| algorithm | test error, % | {'PyTorch':<13} | difference |\n|---|---|---|---|")
        for name, contest in _contests(task, libraries):
            if not only or name in only:
                _compare(name, contest, seeds)


@frozen(eq=False)
class Task:
    """
    What is learnt, and for how long.

    Attributes:
        name: Name of the data set.
        x: Samples (N, inputs), float32 from 0 to 1.
        labels: Their classes (N,).
        test_x: Samples to be tested with.
        test_labels: Their classes.
        epochs: How long everyone learns.
    """

    name: str
    x: np.ndarray
    labels: np.ndarray
    test_x: np.ndarray
    test_labels: np.ndarray
    epochs: int

    @classmethod
    def load(cls, name: str, epochs: int) -> Task:
        """
        Load a data set that comes with the library.
        """
        learnt = sx.load_training_set(name, nvalid=0, shuffle=False).data
        return cls(name, *_arrays(learnt), *_arrays(sx.load_test_set(name)), epochs)

    def training_set(self, seed: int, batch: int) -> sx.TrainingSet:
        """
        Return the samples in batches, in an order that follows from the seed.
        """
        return sx.training_set(self.x, self.labels, batch=batch, shuffle="epoch", seed=seed, nvalid=0)

    def net(self, algorithm: sx.Algorithm, seed: int) -> sx.Net:
        """
        Return the network with its first weights.
        """
        sizes = [self.x.shape[1], HIDDEN, 10]
        return sx.mlp(sizes, ["sigmoid", "softmax"], sx.training(algorithm, seed=seed)).value

    def error(self, classes: np.ndarray) -> float:
        """
        Return the share of test samples of another class, in per cent.
        """
        return 100.0 * float(np.mean(classes != self.test_labels))


def _arrays(part: sx.DataSet) -> tuple[np.ndarray, np.ndarray]:
    assert part.y is not None
    return np.ascontiguousarray(part.scaled(), np.float32), part.y.argmax(axis=1)


Contest = tuple[Callable[[int], float], Callable[[int], float] | None]
"""From a seed to the test error, in per cent: ours, and theirs if there is one."""


def _contests(task: Task, libraries: dict[str, Any]) -> Iterator[tuple[str, Contest]]:
    torch, sklearn = libraries["torch"], libraries["sklearn"]
    for name, pair in {**PAIRS, **WHOLE}.items():
        batch = len(task.x) if name in WHOLE else BATCH
        yield name, (_ours(task, pair, batch), _theirs(task, torch, pair, batch))
    yield PERCEPTRON, (lambda seed: perceptron(task, seed), _scikit(task) if sklearn else None)


def _ours(task: Task, pair: Pair, batch: int) -> Callable[[int], float]:
    def error(seed: int) -> float:
        net = learn(task.net(pair.ours, seed), task.training_set(seed, batch), task.epochs)
        return task.error(sx.outputs(net, task.test_x).argmax(axis=1))

    return error


def learn(net: sx.Net, data: sx.TrainingSet, epochs: int) -> sx.Net:
    """
    Return a network after some epochs, learnt on this thread.
    """
    learner = NetworkLearner(net, data, backend("numpy"))
    for _ in range(epochs):
        while not learner.learn(1.0).epoch_done:
            pass
    return learner.merge(net)


def perceptron(task: Task, seed: int) -> float:
    """
    Return the test error of one layer of thresholds, read by its weighted sums.
    """
    how = sx.training("perceptron", seed=seed)
    net = sx.mlp([task.x.shape[1], 10], "binary_threshold", how).value
    params = learn(net, task.training_set(seed, 1), task.epochs).params[0]
    return task.error((task.test_x @ params["W"] + params["b"]).argmax(axis=1))


def _theirs(task: Task, torch: Any, pair: Pair, batch: int) -> Callable[[int], float] | None:
    if torch is None or pair.theirs is None:
        return None
    optimizer, searches = pair.theirs, isinstance(pair.ours, FullBatchAlgorithm)

    def error(seed: int) -> float:
        net = TorchNet(torch, task.net(pair.ours, seed).params, optimizer, pair.torch_options())
        for batch_x, batch_labels in batches(task.training_set(seed, batch), task.epochs):
            (net.search if searches else net.step)(torch.from_numpy(batch_x), torch.from_numpy(batch_labels))
        return task.error(net.classes(torch.tensor(task.test_x)))

    return error


def batches(data: sx.TrainingSet, epochs: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """
    Yield samples and classes as this library learns them in its first epochs.
    """
    assert data.y is not None
    labels = data.y.argmax(axis=1)
    for epoch in range(epochs):
        order = data.order(epoch)
        assert order is not None
        for part in data.batch_slices():
            yield data.x[order[part]], labels[order[part]]


def _scikit(task: Task) -> Callable[[int], float]:
    from sklearn.linear_model import Perceptron  # optional, like every peer

    kind: Any = Perceptron  # its stub says that tol were a number

    def error(seed: int) -> float:
        model = kind(max_iter=task.epochs, tol=None, random_state=seed)
        return task.error(np.asarray(model.fit(task.x, task.labels).predict(task.test_x)))

    return error


def _compare(name: str, contest: Contest, seeds: int) -> None:
    start = perf_counter()
    ours, theirs = contest
    mine = [ours(seed) for seed in range(seeds)]
    cells = [name, spread(mine), "", ""]
    if theirs:
        others = [theirs(seed) for seed in range(seeds)]
        cells[2:] = spread(others), difference(mine, others)
    print(f"| {' | '.join(cells)} |", f"<!-- {perf_counter() - start:.0f} s -->", flush=True)


def spread(values: Sequence[float]) -> str:
    """
    Return the mean and the standard deviation as text.
    """
    return f"{mean(values):.2f}" + (f" ± {stdev(values):.2f}" if len(values) > 1 else "")


def difference(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """
    Return the mean difference of pairs and the half width of its 95 % confidence interval, as text.
    """
    pairs = [a - b for a, b in zip(ours, theirs, strict=True)]
    if len(pairs) < 2:
        return f"{mean(pairs):+.2f}"
    student = STUDENT[min(len(pairs) - 1, len(STUDENT)) - 1]
    return f"{mean(pairs):+.2f} ± {student * stdev(pairs) / math.sqrt(len(pairs)):.2f}"
