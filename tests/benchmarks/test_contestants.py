"""All contestants learn the same, and the problem is what it says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.contestants import Contestant, contestants
from benchmarks.contestants.by_hand import ByHand
from benchmarks.contestants.ours import Bare, Ours
from benchmarks.contestants.problem import Problem, problem
from benchmarks.harness import equal_threads


@pytest.fixture
def task() -> Problem:
    return problem("random", 256, 64)


def check(one: Contestant, task: Problem) -> None:
    hand = ByHand(task)
    for each in (one, one, hand, hand):
        each.epoch()

    for got, wanted in zip(one.weights(), hand.weights(), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-3, atol=1e-5)
    assert task.loss(one.weights()) < task.loss(task.first_weights())


@pytest.mark.parametrize("make", [Ours, Bare])
def test_this_library_learns_what_the_step_by_hand_does(
    make: Callable[[Problem], Contestant], task: Problem
) -> None:
    check(make(task), task)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("PyTorch eager", marks=pytest.mark.peer("torch")),
        pytest.param("JAX jit per step", marks=pytest.mark.peer("jax")),
        pytest.param("JAX scan", marks=pytest.mark.peer("jax")),
        pytest.param("scikit-learn", marks=pytest.mark.peer("sklearn")),
    ],
)
def test_a_peer_learns_what_the_step_by_hand_does(name: str, task: Problem) -> None:
    with equal_threads(1):
        check(contestants(task)[name], task)


def test_watches_and_readers_change_nothing(task: Problem) -> None:
    check(Ours(task, watches=3, readers=2), task)


def test_an_epoch_is_made_of_full_batches() -> None:
    task = problem("random", 300, 128)

    assert task.x.shape == (256, 784)
    assert [len(x) for (x,) in task.batches(task.x)] == [128, 128]
    assert task.x.dtype == np.float32
    assert 0 <= task.x.min() and task.x.max() <= 1


def test_the_loss_of_equal_outputs_is_the_logarithm_of_their_number(task: Problem) -> None:
    nothing = type(task.first_weights())(*(0 * part for part in task.first_weights()))

    assert task.loss(nothing) == pytest.approx(np.log(10))


@pytest.mark.mnist
def test_mnist_is_learnt_as_numbers_from_0_to_1() -> None:
    task = problem("mnist", 2048, 1024)

    assert task.x.shape == (2048, 784)
    assert (task.x.min(), task.x.max()) == (0, 1)
