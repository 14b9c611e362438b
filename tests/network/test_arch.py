"""Architectures: shapes, parameters, plain data, and errors that name the layer."""

from __future__ import annotations

import json
import pickle
from typing import Any

import attrs
import numpy as np
import pytest
from attrs import evolve, frozen

import synapse_rx as sx
from synapse_rx.errors import OptionError, ShapeError, UnknownNameError
from synapse_rx.initializers import Constant
from synapse_rx.losses import CrossEntropy, SquaredError
from synapse_rx.typing import Shape

MLP = sx.Arch(64, [sx.Dense(100, "sigmoid"), sx.Dense(10, "softmax")])


@frozen
class OnlyImages(sx.Layer):
    """
    A layer that is particular about what it takes.
    """

    def out_shape(self, in_shape: Shape) -> Shape:
        if len(in_shape) != 3:
            raise ShapeError(f"OnlyImages takes samples (channels, height, width), not {in_shape}")
        return in_shape

    def forward(self, x: Any, s: Any) -> Any:
        return x

    def backward(self, x: Any, y: Any, dy: Any, s: Any) -> Any:
        return dy


def test_shapes_go_from_the_input_to_the_output() -> None:
    assert MLP.shapes == ((64,), (100,), (10,))
    assert MLP.in_shape == (64,)
    assert MLP.out_shape == (10,)


def test_samples_may_have_several_axes() -> None:
    arch = sx.Arch((1, 8, 8), [sx.Activation("tanh"), sx.Dense(3)])

    assert arch.shapes == ((1, 8, 8), (1, 8, 8), (3,))
    assert arch.layout.entries[0].shape == (64, 3)


def test_parameters_lie_one_behind_the_other_in_the_order_of_the_layers() -> None:
    names = {entry.name: (entry.offset, entry.shape) for entry in MLP.layout.entries}

    assert names == {
        "0.W": (0, (64, 100)),
        "0.b": (6400, (100,)),
        "1.W": (6500, (100, 10)),
        "1.b": (7500, (10,)),
    }
    assert MLP.layout.size == 7510


def test_layers_without_parameters_keep_their_number() -> None:
    arch = sx.Arch(3, [sx.Activation("tanh"), sx.Dense(2)])

    assert [entry.name for entry in arch.layout.entries] == ["1.W", "1.b"]


def test_a_network_may_have_no_parameters_at_all() -> None:
    arch = sx.Arch(3, [sx.Activation("tanh")])

    assert arch.layout.size == 0
    assert sx.fresh_params(arch).flat.shape == (0,)


def test_the_output_is_known_by_its_activation() -> None:
    assert MLP.output.kind == "softmax"
    assert sx.Arch(3, [sx.Dense(2)]).output.kind == "linear"
    assert sx.Arch(3, [sx.Dense(2), sx.Activation("tanh")]).output.kind == "tanh"


@pytest.mark.parametrize(
    ("activation", "loss"),
    [
        ("sigmoid", CrossEntropy()),
        ("softmax", CrossEntropy()),
        ("binary_threshold", CrossEntropy()),
        ("linear", SquaredError()),
        ("tanh", SquaredError()),
        ("relu", SquaredError()),
        ("softplus", SquaredError()),
        ("bipolar_threshold", SquaredError()),
    ],
)
def test_the_default_loss_suits_the_output(activation: str, loss: Any) -> None:
    assert sx.Arch(3, [sx.Dense(2, activation)]).default_loss() == loss


def test_a_layer_that_does_not_fit_is_named_with_its_place_and_both_shapes() -> None:
    with pytest.raises(
        ShapeError, match=r"layer 1 \(OnlyImages\(\)\) cannot take \(5,\): .*\(channels, height, width\)"
    ):
        sx.Arch((1, 8, 8), [sx.Dense(5), OnlyImages()])


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "at least one layer"),
        ([sx.Dense(2), sx.Input(2)], r"only the first layer is an Input.*Input\(shape=\(2,\)\)"),
        ([3], "layer takes a name, a Layer or its plain data, not 3"),
        ("dense", "layers are a sequence"),
        (sx.Dense(2), "layers are a sequence"),
        (None, "layers are a sequence"),
        (["dense"], "dense needs units"),
    ],
    ids=str,
)
def test_what_is_no_layer_is_refused(layers: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        sx.Arch(3, layers)


def test_an_unknown_layer_is_answered_by_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'dense'"):
        sx.Arch(3, [{"kind": "denes", "units": 3}])


@pytest.mark.parametrize("shape", [0, -3, (2, 0), "64", None])
def test_an_input_without_a_size_is_refused(shape: Any) -> None:
    with pytest.raises((ShapeError, OptionError)):
        sx.Arch(shape, [sx.Dense(2)])


ROUND_TRIPS = [
    MLP,
    sx.Arch((1, 8, 8), [sx.Dense(3, sx.LeakyReLU(0.2), "he", Constant(0.1)), sx.Activation("softmax")]),
    sx.Arch(sx.Input(2), (sx.Dense(1),)),
]


@pytest.mark.parametrize("arch", ROUND_TRIPS, ids=repr)
def test_it_survives_the_way_to_plain_data_and_back(arch: sx.Arch) -> None:
    back = sx.from_data(sx.Arch, json.loads(json.dumps(sx.to_data(arch))))

    assert back == arch
    assert hash(back) == hash(arch)
    assert back.layout == arch.layout


@pytest.mark.parametrize("arch", ROUND_TRIPS, ids=repr)
def test_it_survives_a_pickle(arch: sx.Arch) -> None:
    back = pickle.loads(pickle.dumps(arch))

    assert back == arch
    assert back.shapes == arch.shapes
    assert back.layout == arch.layout


def test_it_is_a_frozen_value() -> None:
    assert sx.Arch(64, [sx.Dense(100, "sigmoid"), sx.Dense(10, "softmax")]) == MLP
    assert sx.Arch(64, [sx.Dense(100, "tanh"), sx.Dense(10, "softmax")]) != MLP
    assert sx.Arch(32, MLP.layers) != MLP
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        MLP.layers = ()  # type: ignore[misc]


def test_an_edit_works_everything_out_again() -> None:
    smaller = evolve(MLP, layers=[sx.Dense(5)])

    assert smaller.shapes == ((64,), (5,))
    assert smaller.layout.size == 325


def test_what_it_was_made_from_may_change_afterwards() -> None:
    layers = [sx.Dense(3)]
    arch = sx.Arch(2, layers)

    layers.append(sx.Dense(4))

    assert len(arch.layers) == 1


@pytest.mark.parametrize(
    ("arch", "shown"),
    [
        (MLP, "64 > 100 sigmoid > 10 softmax"),
        (sx.Arch((1, 8, 8), [sx.Dense(3), sx.Activation("tanh")]), "1x8x8 > 3 linear > tanh"),
    ],
    ids=str,
)
def test_it_shows_its_sizes_and_activations(arch: sx.Arch, shown: str) -> None:
    assert repr(arch) == shown


class TestFreshParameters:
    def test_one_seed_gives_one_result(self) -> None:
        assert sx.fresh_params(MLP, 3) == sx.fresh_params(MLP, 3)
        assert sx.fresh_params(MLP, 3) != sx.fresh_params(MLP, 4)

    def test_the_result_is_the_same_tomorrow(self) -> None:
        params = sx.fresh_params(sx.Arch(2, [sx.Dense(2, "tanh"), sx.Dense(1, "relu")]), 7, "float64")

        # numpy 2.4: rng = default_rng(7); rng.uniform(-1.5**0.5, 1.5**0.5, 4); rng.standard_normal(2)
        weights = [0.3064200623168074, 0.9729711311668938, 0.675289270487702, -0.6731021695086119]
        golden = [*weights, 0, 0, -0.45467078517172255, -0.9916465549964624, 0]
        np.testing.assert_allclose(params.flat, golden, rtol=1e-12)

    def test_they_are_drawn_in_float64_and_rounded(self) -> None:
        double, single = sx.fresh_params(MLP, 3, "float64").flat, sx.fresh_params(MLP, 3).flat

        np.testing.assert_array_equal(single, double.astype(np.float32))
        assert single.dtype == np.float32

    def test_they_cannot_be_written_to(self) -> None:
        with pytest.raises(ValueError, match="read-only"):
            sx.fresh_params(MLP)[0]["W"][0, 0] = 1

    def test_weights_follow_the_initialiser_and_biases_are_zero(self) -> None:
        params = sx.fresh_params(sx.Arch(400, [sx.Dense(300, "relu")]), 1, "float64")

        assert params["0.W"].std() == pytest.approx((2 / 400) ** 0.5, rel=0.01)
        assert not params["0.b"].any()

    @pytest.mark.parametrize(
        ("seed", "dtype"), [(-1, "float32"), (1.5, "float32"), (0, "float16"), (0, "double!"), (0, 7)]
    )
    def test_an_option_that_is_none_is_refused(self, seed: Any, dtype: Any) -> None:
        with pytest.raises(OptionError, match=r"seed=|dtype"):
            sx.fresh_params(MLP, seed, dtype)

    def test_a_type_of_numpy_is_as_good_as_its_name(self) -> None:
        assert sx.fresh_params(MLP, 1, np.float64) == sx.fresh_params(MLP, 1, "float64")  # type: ignore[arg-type]


def test_a_log_softmax_is_trained_by_cross_entropy() -> None:
    assert sx.Arch(3, [sx.Dense(2, "log_softmax")]).default_loss() == sx.losses.CrossEntropy()
