from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import synapse_rx as sx
from synapse_rx.activations import Softmax
from synapse_rx.activations.rows import NARROW, row_max, row_sum
from synapse_rx.errors import ShapeError
from tests.scratches import quiet, scratch

logits = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=2, max_dims=3, max_side=5), elements=st.floats(-500, 500)
)


def softmax(z: Any) -> Any:
    y = np.empty_like(z)
    with quiet():
        Softmax().forward(z, y, scratch(len(z), z.dtype))
    return y


@given(logits)
def test_every_row_is_a_distribution(z: Any) -> None:
    y = softmax(z)

    assert (y >= 0).all()
    np.testing.assert_allclose(y.sum(-1), 1, rtol=1e-14)


@given(logits, st.floats(-100, 100))
def test_a_common_shift_changes_nothing(z: Any, shift: float) -> None:
    np.testing.assert_allclose(softmax(z + shift), softmax(z), rtol=1e-9, atol=1e-12)


@given(logits)
def test_the_order_of_outputs_is_that_of_logits(z: Any) -> None:
    y = softmax(z)

    np.testing.assert_array_equal(np.take_along_axis(y, z.argmax(-1)[..., None], -1)[..., 0], y.max(-1))


def test_the_gradient_has_no_part_along_a_common_shift(rng: np.random.Generator) -> None:
    z, dy = rng.standard_normal((6, 4)), rng.standard_normal((6, 4))
    y, dz = softmax(z), np.empty_like(z)

    Softmax().backward(z, y, dy, dz, scratch(6))

    np.testing.assert_allclose(dz.sum(-1), 0, atol=1e-15)


def test_a_single_logit_is_certain() -> None:
    np.testing.assert_array_equal(softmax(np.array([[-3.0], [700.0]])), [[1], [1]])


@pytest.mark.parametrize("shape", [(7, 3), (1, NARROW), (5, NARROW + 1), (2, 3, 4)], ids=str)
def test_row_sums_and_maxima_are_those_of_numpy(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    x, s, out = rng.standard_normal(shape), scratch(shape[0]), np.empty(shape[:-1])

    row_max(x, out, s)
    np.testing.assert_array_equal(out, x.max(-1))
    row_sum(x, out, s)
    np.testing.assert_allclose(out, x.sum(-1), rtol=1e-12)


def test_a_row_with_nan_has_the_maximum_nan() -> None:
    x, out = np.array([[1.0, np.nan, 3.0], [1.0, 2.0, 3.0]]), np.empty(2)

    row_max(x, out, scratch(2))

    np.testing.assert_array_equal(out, [np.nan, 3])


def test_a_network_whose_samples_lack_the_axis_is_refused_with_the_position_of_the_layer() -> None:
    with pytest.raises(ShapeError, match=r"layer 1 .* softmax along axis 1 needs samples with more axes"):
        sx.neural_net([sx.Input(4), sx.Dense(3), sx.Activation(Softmax(axis=1))])
    with pytest.raises(ShapeError, match=r"layer 0 .* softmax along axis 1"):
        sx.neural_net([sx.Input(4), sx.Dense(3, Softmax(axis=1))])


def test_a_softmax_over_channels_is_a_distribution_at_each_place(rng: np.random.Generator) -> None:
    net = sx.neural_net([sx.Input((3, 2, 2)), sx.Activation(Softmax(axis=0))])

    y = sx.outputs(net, rng.standard_normal((5, 3, 2, 2)))

    np.testing.assert_allclose(y.sum(axis=1), 1, rtol=1e-6)


def test_a_hidden_softmax_learns_through_its_jacobian() -> None:
    net = sx.neural_net(
        [sx.Input(64), sx.Dense(40), sx.Activation("softmax"), sx.BatchNorm(), sx.Dense(10, "softmax")],
        sx.training("adam", learning_rate=0.01),
    )

    snapshot = sx.deref(sx.train(net, sx.load_training_set("digits"), 5))

    assert sx.evaluate(snapshot, sx.load_test_set("digits")).accuracy > 0.8


def test_a_log_softmax_learns_what_a_softmax_learns() -> None:
    errors = []
    for output in ("softmax", "log_softmax"):
        how = sx.training("adam", learning_rate=0.01, loss="cross_entropy")
        net = sx.neural_net([sx.Input(64), sx.Dense(10, output)], how, dtype="float64")
        snapshot = sx.deref(sx.train(net, sx.load_training_set("digits"), 3))
        errors.append(sx.evaluate(snapshot, sx.load_test_set("digits")).errors["cross_entropy"])

    assert errors[0] == pytest.approx(errors[1], rel=1e-9)
