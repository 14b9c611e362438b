"""The network as its algorithm sees it: vectors cut into blocks that give what the whole gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.algorithms import Problem
from synapse_rx.backends import NumpyBackend
from synapse_rx.network import problem as module
from synapse_rx.network.problem import BLOCK, NetworkProblem
from tests.nets import blobs, small_net, trained


def problem(n: int, dtype: str = "float32") -> NetworkProblem:
    return NetworkProblem(NumpyBackend(), np.arange(n, dtype=dtype), lambda: None)


@pytest.mark.parametrize("n", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
def test_blocks_part_the_vectors_without_a_gap(n: int) -> None:
    one = problem(n)
    other = np.arange(n)

    blocks = list(one.blocks(one.theta, other))

    assert all(len(a) == len(b) <= BLOCK for a, b in blocks)
    assert all(np.shares_memory(a, one.theta) for a, _ in blocks)
    np.testing.assert_array_equal(np.concatenate([np.empty(0), *(a for a, _ in blocks)]), one.theta)
    np.testing.assert_array_equal(np.concatenate([np.empty(0), *(b for _, b in blocks)]), other)


def test_zeros_are_new_and_like_theta() -> None:
    one = problem(5)

    zeros = one.zeros()

    assert zeros.dtype == np.float32
    assert not np.shares_memory(zeros, one.zeros())
    np.testing.assert_array_equal(zeros, np.zeros(5))


@pytest.mark.parametrize("n", [5, BLOCK + 1])
def test_a_temporary_is_as_long_as_the_longest_block_and_always_the_same(n: int) -> None:
    one: Problem = problem(n)

    assert one.temporary(0) is one.temporary(0)
    assert not np.shares_memory(one.temporary(0), one.temporary(1))
    assert len(one.temporary(0)) == max(len(block) for (block,) in one.blocks(one.theta))
    assert one.temporary(0).dtype == np.float32


@given(st.integers(1, 40))
def test_any_size_of_block_gives_the_same_network(block: int) -> None:
    net = small_net(sx.Backprop(0.1, 0.9, nesterov=True))
    whole = trained(net, blobs())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        blocked = trained(net, blobs())

    np.testing.assert_array_equal(blocked.params.flat, whole.params.flat)


def test_a_network_larger_than_a_block_is_trained_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    data = blobs(20, features=784, batch=10)
    net = sx.mlp([784, 200, 2], ["sigmoid", "softmax"], sx.Backprop(0.1, 0.9)).value
    assert net.params.flat.size > BLOCK
    blocked = trained(net, data)

    monkeypatch.setattr(module, "BLOCK", 1 << 30)

    np.testing.assert_array_equal(trained(net, data).params.flat, blocked.params.flat)
