"""The published batch sum, as examples/synann_mnist.py makes it: what it does, and what is left of it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from synapse_rx.initializers import LogitUniform
from synapse_rx.layers import BatchNorm, Synapse
from tests.contracts.layer import Chain
from tests.docs.shell import ROOT
from tests.scratches import central_differences


@pytest.fixture(scope="module")
def example() -> Iterator[Any]:
    """The example as a module; its layer stays known, so it is made once."""
    pytest.importorskip("matplotlib")
    spec = importlib.util.spec_from_file_location("synann_mnist", ROOT / "examples" / "synann_mnist.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def features(n: int = 6, width: int = 5) -> Any:
    z = np.random.default_rng(1).standard_normal((n, width))
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def test_the_batch_sum_multiplies_each_feature_by_one_number(example: Any) -> None:
    x = features()

    y = Chain(example.BatchSummedSynapse(), (5,), 6).forward(x)

    np.testing.assert_allclose(y / x, np.broadcast_to((y / x)[:1], x.shape), rtol=1e-12)


def test_a_sample_depends_on_its_batch(example: Any) -> None:
    x = features()
    whole = Chain(example.BatchSummedSynapse(), (5,), 6).forward(x)
    part = Chain(example.BatchSummedSynapse(), (5,), 3).forward(x[:3])

    assert np.abs(whole[:3] / part - 1).max() > 0.1


def test_its_gradients_are_those_of_central_differences(example: Any) -> None:
    layer, x, dy = example.BatchSummedSynapse(), features(), np.random.default_rng(2).standard_normal((6, 5))
    chain = Chain(layer, (5,), 6)
    chain.forward(x)

    dx = chain.backward(dy)

    def loss(x: Any, theta: Any) -> float:
        other = Chain(layer, (5,), 6)
        other.theta[...] = theta
        return float((dy * other.forward(x)).sum())

    np.testing.assert_allclose(
        dx, central_differences(lambda x: loss(x, chain.theta), x), rtol=1e-5, atol=1e-9
    )
    wanted = central_differences(lambda theta: loss(x, theta), chain.theta)
    np.testing.assert_allclose(chain.grad, wanted, rtol=1e-5, atol=1e-9)


def test_batch_normalisation_cancels_it_but_not_the_synapses(example: Any) -> None:
    x, normal = features(), BatchNorm(epsilon=1e-30, affine=False)
    summed = Chain(example.BatchSummedSynapse(), (5,), 6).forward(x)
    proper = Chain(Synapse(initializer=LogitUniform(0.2, 0.9)), (5,), 6).forward(x)
    without = Chain(normal, (5,), 6).forward(x).copy()

    np.testing.assert_allclose(Chain(normal, (5,), 6).forward(summed), without, rtol=1e-9)
    assert np.abs(Chain(normal, (5,), 6).forward(proper) - without).max() > 0.01


def test_what_the_example_measures_says_the_same(example: Any) -> None:
    measured = example.cancelled(16, 20)

    assert measured["left behind batch normalisation, epsilon 1e-30"] < 1e-12
    assert measured["proper synapses make a difference of"] > 0.01
