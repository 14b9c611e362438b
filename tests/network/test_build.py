"""Making networks: what is taken, what it becomes, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.activations import LeakyReLU
from synapse_rx.errors import LabelError, LossError, OptionError, ShapeError, SynapseError, UnknownNameError
from synapse_rx.losses import CrossEntropy, SquaredError


def test_a_network_is_a_cell_that_holds_a_value() -> None:
    net = sx.mlp([4, 3, 2], ["tanh", "softmax"], sx.training(learning_rate=0.2, seed=5))

    assert isinstance(net, sx.Atom)
    assert net.value.arch == sx.Arch(4, [sx.Dense(3, "tanh"), sx.Dense(2, "softmax")])
    assert net.value.params == sx.fresh_params(net.value.arch, 5)
    assert net.value.training.algorithm == sx.Backprop(0.2)
    assert net.value.version == 0
    assert net.value.labels is None


def test_layers_and_sizes_give_the_same_network() -> None:
    by_layers = sx.neural_net([sx.Input(4), sx.Dense(3, "tanh"), sx.Dense(2, "softmax")])

    assert by_layers.value == sx.mlp([4, 3, 2], ["tanh", "softmax"]).value


def test_one_seed_gives_one_network() -> None:
    one, other, third = (sx.mlp([4, 3], "tanh", sx.training(seed=seed)).value for seed in (1, 1, 2))

    assert one == other
    assert one != third


def test_one_activation_may_be_meant_for_all_layers() -> None:
    for given in ("tanh", sx.Tanh(), {"kind": "tanh"}, ["tanh", sx.Tanh()]):
        assert sx.mlp([4, 3, 2], given).value == sx.mlp([4, 3, 2], ["tanh", "tanh"]).value  # type: ignore[arg-type]


def test_activations_may_have_options() -> None:
    net = sx.mlp([4, 3, 2], [LeakyReLU(0.2), "softmax"]).value

    assert net.arch.layers[0].activation == LeakyReLU(0.2)  # type: ignore[attr-defined]


def test_the_first_size_may_be_a_shape() -> None:
    assert sx.mlp([(1, 8, 8), 3]).value.arch.in_shape == (1, 8, 8)  # type: ignore[list-item]


def test_sizes_may_be_integers_of_numpy() -> None:
    assert sx.mlp(np.array([4, 3, 2])).value == sx.mlp([4, 3, 2]).value  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["backprop", sx.Backprop(), sx.training(), {"kind": "backprop"}], ids=str)
def test_a_training_an_algorithm_and_a_name_are_all_understood(how: Any) -> None:
    assert sx.mlp([4, 3], "tanh", how).value == sx.mlp([4, 3], "tanh").value


@pytest.mark.parametrize(
    ("activation", "loss"),
    [("softmax", CrossEntropy()), ("sigmoid", CrossEntropy()), ("tanh", SquaredError())],
)
def test_the_loss_is_chosen_by_the_output(activation: str, loss: Any) -> None:
    assert sx.mlp([4, 3], activation).value.training.loss == loss


def test_a_loss_that_was_asked_for_is_kept() -> None:
    assert sx.mlp([4, 3], "softmax", sx.training(loss="mse")).value.training.loss == sx.MeanSquaredError()


@pytest.mark.parametrize("dtype", ["float32", "float64", np.float64, np.dtype("float32")], ids=str)
def test_the_type_is_that_of_all_parameters(dtype: Any) -> None:
    assert sx.mlp([4, 3], dtype=dtype).value.params.flat.dtype == dtype


def test_labels_may_be_known_beforehand() -> None:
    assert sx.mlp([4, 3], "softmax", labels=["a", "b", "c"]).value.labels == ("a", "b", "c")


@pytest.mark.parametrize(
    ("units", "activations", "error", "message"),
    [
        ([4], "tanh", OptionError, r"numbers of inputs and of outputs at least, not \[4\]"),
        ([], "tanh", OptionError, "at least"),
        (4, "tanh", OptionError, r"at least, not \[4\]"),
        ([4, 0], "tanh", OptionError, "units= takes a whole number of at least 1, not 0"),
        ([4, -3, 2], "tanh", OptionError, "at least 1, not -3"),
        ([4, 2.5], "tanh", OptionError, "not 2.5"),
        ([4, "3"], "tanh", OptionError, "not '3'"),
        ([0, 3], "tanh", ShapeError, "not 0"),
        ([-4, 3], "tanh", ShapeError, "not -4"),
        (
            [4, 3, 2],
            ["tanh"],
            OptionError,
            r"\[4, 3, 2\] has 2 layers .* as many activations .* not 1: \['tanh'\]",
        ),
        ([4, 3], ["tanh", "tanh"], OptionError, "has 1 layers"),
        ([4, 3], [], OptionError, "not 0"),
        ([4, 3], "tanhh", UnknownNameError, "unknown activation 'tanhh'; did you mean 'tanh'"),
        ([4, 3], ["sofmax"], UnknownNameError, "did you mean 'softmax'"),
        ([4, 3], [7], OptionError, "activation takes a name"),
    ],
    ids=str,
)
def test_what_makes_no_network_is_refused_by_name(
    units: Any, activations: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        sx.mlp(units, activations)

    assert isinstance(caught.value, SynapseError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "must be an Input, such as Input\\(64\\), not nothing"),
        ([sx.Dense(3)], "must be an Input.*not Dense"),
        ([sx.Input(3)], "at least one layer"),
        ([sx.Input(3), sx.Input(3)], "only the first layer is an Input"),
    ],
    ids=str,
)
def test_a_network_begins_with_its_input(layers: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        sx.neural_net(layers)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"training": 7}, OptionError, "algorithm takes a name"),
        ({"training": "backprob"}, UnknownNameError, "did you mean 'backprop'"),
        ({"dtype": "float16"}, OptionError, "float32"),
        ({"dtype": None}, OptionError, "dtype"),
        ({"labels": ["a", "b"]}, LabelError, "2 labels for 3 outputs"),
        ({"labels": ["a", "b", "a"]}, LabelError, "names a class twice"),
        ({"labels": "abc"}, OptionError, "takes a sequence of labels"),
        ({"training": sx.training(loss="cross_entropy")}, LossError, "tanh"),
    ],
    ids=str,
)
def test_an_option_that_makes_no_sense_is_refused(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        sx.mlp([4, 3], "tanh", **options)


def test_only_networks_may_be_put_into_the_cell() -> None:
    net = sx.mlp([4, 3])
    before = net.value

    with pytest.raises(sx.errors.ValidationError, match="what a swap calls must return one"):
        net.reset(before.params)  # type: ignore[arg-type]

    assert net.value is before
