"""The algorithms that are compared with PyTorch's learn what PyTorch's do, and their tables say what was measured."""

from __future__ import annotations

import numpy as np
import pytest

import synapse_rx as sx
from benchmarks.algorithms import Times
from benchmarks.contestants.optimizers import PAIRS, Pair, TorchNet, ways
from benchmarks.contestants.problem import problem
from benchmarks.harness import Contest
from benchmarks.mnist_algorithms import Task, batches, difference, learn, spread


@pytest.fixture
def task() -> Task:
    rng = np.random.default_rng(0)
    x, labels = rng.random((300, 20), dtype=np.float32), rng.integers(10, size=300)
    return Task("random", x, labels, x[:50], labels[:50], 2)


@pytest.mark.peer("torch")
@pytest.mark.parametrize("name", [name for name, pair in PAIRS.items() if pair.theirs])
def test_both_learn_the_same(name: str, task: Task) -> None:
    torch = pytest.importorskip("torch")
    pair = PAIRS[name]
    data = task.training_set(3, 128)
    net = task.net(pair.ours, 3)
    assert pair.theirs
    peer = TorchNet(torch, net.params, pair.theirs, pair.torch_options())

    ours = learn(net, data, task.epochs).params
    for x, labels in batches(data, task.epochs):
        peer.step(torch.from_numpy(x), torch.from_numpy(labels))

    # PyTorch's theta is the point that Nesterov's momentum looks ahead to.
    tolerance = 0.02 if "Nesterov" in name else 1e-4
    weights = [parameter.detach().numpy().T for parameter in peer.module.parameters()]
    for got, wanted in zip((ours[0]["W"], ours[0]["b"], ours[1]["W"], ours[1]["b"]), weights, strict=True):
        np.testing.assert_allclose(got, wanted, atol=tolerance)
    assert not np.allclose(ours.flat, net.params.flat, atol=1e-4)


@pytest.mark.peer("torch")
def test_the_ways_of_pytorch_are_those_its_class_has() -> None:
    torch = pytest.importorskip("torch")

    assert list(ways(torch, "Adam")) == ["loop", "foreach", "fused"]
    assert list(ways(torch, "Rprop")) == ["loop", "foreach"]


def test_batches_are_those_the_learner_takes(task: Task) -> None:
    data = task.training_set(1, 128)

    parts = list(batches(data, 2))

    assert [len(x) for x, _ in parts] == [128, 128, 44] * 2
    rows = data.order(1)
    assert rows is not None
    np.testing.assert_array_equal(np.concatenate([x for x, _ in parts[3:]]), data.x[rows])


def test_a_row_shows_ratios_to_sgd_and_to_the_fastest_peer() -> None:
    seconds = {
        "SGD": 1.0,
        "SGD/loop": 3.0,
        "SGD/fused": 2.0,
        "Adam": 1.5,
        "Adam/loop": 2.4,
        "Adam/fused": 3.0,
    }
    times = Times(problem("random", 128, 64), Contest({name: (value,) for name, value in seconds.items()}))

    assert times.row("Adam")[3:] == ["1.50", "1200000.0", "loop", "1.20", "1.60"]
    assert times.fastest("SGD") == "SGD/fused"
    assert times.fastest("Lion") is None


def test_a_difference_is_that_of_pairs() -> None:
    assert difference([2.0, 3.0, 4.0], [1.0, 2.0, 3.0]) == "+1.00 ± 0.00"
    assert difference([1.0, 3.0], [1.0, 2.0]) == "+0.50 ± 6.36"
    assert difference([1.0], [1.5]) == "-0.50"
    assert spread([1.0, 3.0]) == "2.00 ± 1.41"


def test_a_pair_gives_both_the_same_learning_rate() -> None:
    pair = Pair(sx.Adam(0.25), "Adam", {"amsgrad": True})

    assert pair.torch_options() == {"lr": 0.25, "amsgrad": True}
    assert Pair(sx.RProp(), "Rprop", {"lr": 0.5}).torch_options() == {"lr": 0.5}
