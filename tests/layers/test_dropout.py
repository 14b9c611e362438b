from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError, ShapeError
from synapse_rx.layers import Dropout, GaussianDropout, Layer, SpatialDropout
from tests.contracts.layer import Chain

EVERY = [Dropout(0.3), GaussianDropout(0.3), SpatialDropout(0.3)]
N = 20_000


def noise(layer: Layer, shape: tuple[int, ...] = (4, 2), n: int = N, **options: Any) -> Any:
    """Return what ones become."""
    return Chain(layer, shape, n, **options).forward(np.ones((n, *shape)))


@pytest.mark.parametrize("layer", EVERY, ids=str)
def test_the_noise_has_mean_1_and_the_variance_it_says(layer: Layer) -> None:
    drawn = noise(layer)

    assert drawn.mean() == pytest.approx(1, abs=0.02)
    assert drawn.var() == pytest.approx(0.3 / 0.7, rel=0.03)


@pytest.mark.parametrize("layer", [Dropout(0.3), SpatialDropout(0.3)], ids=str)
def test_inputs_are_dropped_or_magnified(layer: Layer) -> None:
    drawn = noise(layer)

    np.testing.assert_allclose(np.unique(drawn), [0, 1 / 0.7])
    assert (drawn == 0).mean() == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("rate", [0.01, 0.5, 0.9])
def test_the_rate_is_the_share_that_is_dropped(rate: float) -> None:
    assert (noise(Dropout(rate)) == 0).mean() == pytest.approx(rate, abs=0.01)


def test_channels_are_dropped_whole() -> None:
    drawn = noise(SpatialDropout(), (3, 4, 5), 200)

    assert (drawn.min((2, 3)) == drawn.max((2, 3))).all()
    assert len(np.unique(drawn[:, :, 0, 0], axis=0)) == 8


def test_gaussian_noise_is_normal() -> None:
    drawn = (noise(GaussianDropout(0.5)) - 1).ravel()

    assert (np.abs(drawn) < 1).mean() == pytest.approx(0.6827, abs=0.01)
    assert (np.abs(drawn) < 2).mean() == pytest.approx(0.9545, abs=0.01)


@pytest.mark.parametrize("layer", EVERY, ids=str)
class TestEveryNoise:
    def test_the_gradient_is_multiplied_by_the_noise(self, layer: Layer, rng: np.random.Generator) -> None:
        chain, dy = Chain(layer, (3, 2), 6), rng.standard_normal((6, 3, 2))
        drawn = chain.forward(np.ones((6, 3, 2))).copy()

        np.testing.assert_array_equal(chain.backward(dy), dy * drawn)

    def test_every_pass_draws_anew(self, layer: Layer) -> None:
        chain, x = Chain(layer, (3, 2), 50), np.ones((50, 3, 2))
        first = chain.forward(x).copy()

        assert (chain.forward(x) != first).any()

    @pytest.mark.parametrize("options", [{"training": False}, {"frozen": True}], ids=str)
    def test_in_use_and_frozen_it_passes_everything_on(
        self, layer: Layer, options: dict[str, Any], rng: np.random.Generator
    ) -> None:
        chain, x, dy = Chain(layer, (3, 2), 6, **options), *rng.standard_normal((2, 6, 3, 2))

        np.testing.assert_array_equal(chain.forward(x), x)
        np.testing.assert_array_equal(chain.backward(dy), dy)

    def test_a_rate_of_0_passes_everything_on(self, layer: Any, rng: np.random.Generator) -> None:
        x = rng.standard_normal((6, 3, 2))

        np.testing.assert_array_equal(Chain(type(layer)(0), (3, 2), 6).forward(x), x)

    @pytest.mark.parametrize("rate", [1, -0.1, float("nan"), "half", None])
    def test_a_rate_out_of_range_is_refused(self, layer: Any, rate: Any) -> None:
        with pytest.raises(OptionError, match=rf"rate of {layer.kind} must be a number in \[0, 1\), not"):
            type(layer)(rate)


def test_single_numbers_have_no_channels_to_drop() -> None:
    with pytest.raises(ShapeError, match=r"samples \(C, \*spatial\), not of \(5,\); take dropout"):
        SpatialDropout().out_shape((5,))


def test_one_seed_trains_one_network_and_use_is_deterministic() -> None:
    data, layers = sx.load_training_set("digits"), [sx.Input(64), Dropout(0.2), sx.Dense(10, "softmax")]
    one, other, third = (
        sx.deref(sx.train(sx.neural_net(layers, sx.training("adam", seed=seed)), data, 2))
        for seed in (1, 1, 2)
    )

    assert one.params == other.params != third.params
    x = sx.load_test_set("digits").x
    np.testing.assert_array_equal(sx.outputs(one, x), sx.outputs(one, x))
