from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError
from synapse_rx.layers import BatchNorm
from tests.contracts.layer import Chain


def images(rng: np.random.Generator, n: int = 8) -> Any:
    return 3 * rng.standard_normal((n, 4, 2, 5)) + 7


def fresh(layer: BatchNorm, shape: tuple[int, ...], n: int, **options: Any) -> Chain:
    """Return a chain with scale 1, shift 0 and fresh running values."""
    chain = Chain(layer, shape, n, **options)
    half = chain.theta.size // 2
    chain.theta[:half], chain.theta[half:] = 1, 0
    half = chain.kept.size // 2
    chain.kept[:half], chain.kept[half:] = 0, 1
    return chain


@pytest.mark.parametrize(("per", "axes"), [("channel", (0, 2, 3)), ("element", 0)])
def test_a_batch_comes_out_with_mean_0_and_variance_1(per: str, axes: Any, rng: np.random.Generator) -> None:
    y = fresh(BatchNorm(per, epsilon=1e-12), (4, 2, 5), 8).forward(images(rng))

    np.testing.assert_allclose(y.mean(axes), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axes), 1, rtol=1e-9)


def test_running_values_follow_those_of_batches(rng: np.random.Generator) -> None:
    chain, x = fresh(BatchNorm(momentum=0.25), (4, 2, 5), 8), images(rng)

    chain.forward(x)

    mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), ddof=1)
    np.testing.assert_allclose(chain.kept, np.concatenate([0.25 * mean, 0.75 + 0.25 * variance]), rtol=1e-12)


def test_a_single_value_has_no_variance_and_is_normalised_with_the_running_ones() -> None:
    chain = fresh(BatchNorm(epsilon=1e-12), (2,), 1)
    chain.kept[...] = [1, 2, 4, 9]

    y = chain.forward(np.array([[5.0, 5.0]])).copy()
    dx = chain.backward(np.array([[1.0, 1.0]]))

    np.testing.assert_allclose(y, [[2, 1]])
    np.testing.assert_allclose(dx, [[1 / 2, 1 / 3]])
    np.testing.assert_allclose(chain.grad, [2, 1, 1, 1])
    np.testing.assert_array_equal(chain.kept, [1, 2, 4, 9])


def test_one_image_has_places_to_average_over(rng: np.random.Generator) -> None:
    x = images(rng, 1)

    y = fresh(BatchNorm(epsilon=1e-12), (4, 2, 5), 1).forward(x)

    np.testing.assert_allclose(y.mean((0, 2, 3)), 0, atol=1e-12)


def test_frozen_it_does_what_it_does_in_use(rng: np.random.Generator) -> None:
    x = images(rng)
    frozen, use = (
        Chain(BatchNorm(), (4, 2, 5), 8, frozen=True),
        Chain(BatchNorm(), (4, 2, 5), 8, training=False),
    )

    np.testing.assert_array_equal(frozen.forward(x), use.forward(x))


def test_what_is_the_same_everywhere_comes_out_as_the_shift() -> None:
    chain = fresh(BatchNorm(), (2,), 5)

    y = chain.forward(np.full((5, 2), 3.0)).copy()
    dx = chain.backward(np.random.default_rng(0).standard_normal((5, 2)))

    np.testing.assert_array_equal(y, np.zeros((5, 2)))
    assert np.isfinite(dx).all()


def test_penalties_leave_its_parameters_alone() -> None:
    assert [spec.regularized for spec in BatchNorm().specs((3, 2, 2))] == [False, False]
    assert [spec.shape for spec in BatchNorm().specs((3, 2, 2))] == [(3,), (3,)]
    assert [spec.shape for spec in BatchNorm("element").keeps((3, 2, 2))] == [(3, 2, 2), (3, 2, 2)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"per": "image"}, "per of batch_norm must be 'channel' or 'element', not 'image'"),
        ({"momentum": 1.5}, "momentum of batch_norm must be a number in [0, 1], not 1.5"),
        ({"epsilon": 0}, "epsilon of batch_norm must be a number > 0, not 0.0"),
        ({"affine": 1}, "affine of batch_norm must be True or False, not 1"),
    ],
)
def test_an_option_out_of_range_is_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        BatchNorm(**options)

    assert str(caught.value) == message


def trained(layers: list[Any], epochs: int = 3) -> sx.Net:
    data = sx.load_training_set("digits")
    net = sx.neural_net(layers, sx.training("adam", seed=3))
    return sx.deref(sx.train(net, data, epochs))


def test_a_network_with_it_learns_and_is_judged_with_what_it_kept() -> None:
    net = trained(
        [sx.Input(64), sx.Dense(30), BatchNorm(), sx.Activation("relu"), sx.Dense(10, "softmax")], 5
    )

    assert sx.evaluate(net, sx.load_test_set("digits")).accuracy > 0.9
    one = sx.outputs(net, sx.load_test_set("digits").x[:1])
    many = sx.outputs(net, sx.load_test_set("digits").x[:50])
    np.testing.assert_allclose(one[0], many[0], rtol=1e-5)


def test_the_running_values_are_part_of_the_snapshot() -> None:
    net = trained([sx.Input(64), BatchNorm(), sx.Dense(10, "softmax")])

    assert set(net.kept.names) == {"0.mean", "0.variance"}
    assert not np.array_equal(net.kept["0.mean"], np.zeros(64))
