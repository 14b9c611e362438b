from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.errors import OptionError, ShapeError
from synapse_rx.layers import LayerNorm
from tests.contracts.layer import Chain


@pytest.mark.parametrize(
    ("axes", "along"), [(-1, 3), (0, 1), ((0, 2), (1, 3)), ([-1, -2], (2, 3)), (None, (1, 2, 3))]
)
def test_samples_come_out_with_mean_0_and_variance_1_along_the_axes(
    axes: Any, along: Any, rng: np.random.Generator
) -> None:
    x = 3 * rng.standard_normal((5, 4, 6, 7)) + 2

    y = Chain(LayerNorm(axes, epsilon=1e-12, affine=False), (4, 6, 7), 5).forward(x)

    np.testing.assert_allclose(y.mean(along), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(along), 1, rtol=1e-9)


def test_there_is_a_scale_and_a_shift_for_each_place_along_the_axes() -> None:
    assert [spec.shape for spec in LayerNorm().specs((4, 6, 7))] == [(7,), (7,)]
    assert [spec.shape for spec in LayerNorm((0, 2)).specs((4, 6, 7))] == [(4, 7), (4, 7)]
    assert [spec.shape for spec in LayerNorm(None).specs((4, 6))] == [(4, 6), (4, 6)]
    assert LayerNorm(affine=False).specs((4,)) == ()


def test_other_samples_of_the_batch_do_not_matter(rng: np.random.Generator) -> None:
    x = rng.standard_normal((5, 4))
    one, many = Chain(LayerNorm(), (4,), 1), Chain(LayerNorm(), (4,), 5)

    np.testing.assert_allclose(one.forward(x[:1]), many.forward(x)[:1], rtol=1e-12)


def test_training_and_use_are_the_same(rng: np.random.Generator) -> None:
    x = rng.standard_normal((5, 4))

    np.testing.assert_array_equal(
        Chain(LayerNorm(), (4,), 5).forward(x), Chain(LayerNorm(), (4,), 5, training=False).forward(x)
    )


@pytest.mark.parametrize(("axes", "shape"), [(1, (4,)), ((0, -1), (4,)), ((0, 3), (4, 5, 6)), (-3, (2, 2))])
def test_axes_that_samples_do_not_have_are_refused(axes: Any, shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"layer_norm along axes .* needs as many different axes"):
        LayerNorm(axes).out_shape(shape)


@pytest.mark.parametrize("axes", [(), (1, 1), 1.5, "last", True, (0, "1")])
def test_what_is_no_axis_is_refused(axes: Any) -> None:
    with pytest.raises(
        OptionError, match="axes of layer_norm must be a whole number, several different ones"
    ):
        LayerNorm(axes)


def test_an_epsilon_of_0_is_refused() -> None:
    with pytest.raises(OptionError, match="epsilon of layer_norm must be a number > 0"):
        LayerNorm(epsilon=0)
