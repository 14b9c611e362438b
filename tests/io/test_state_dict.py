"""Which weights of PyTorch go where, and what is said where they go nowhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import (
    DataError,
    FormatError,
    MissingExtraError,
    OptionError,
    ShapeError,
    UnknownNameError,
)
from synapse_rx.files import safetensors


@pytest.fixture
def net() -> sx.Net:
    return sx.mlp([3, 4, 2], ["tanh", "softmax"]).value


def linear(ins: int, outs: int, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {"weight": rng.standard_normal((outs, ins)), "bias": rng.standard_normal(outs)}


def state(**modules: dict[str, Any]) -> dict[str, Any]:
    return {f"{name}.{key}": array for name, own in modules.items() for key, array in own.items()}


def test_modules_are_called_like_layers_unless_told_otherwise(net: sx.Net) -> None:
    assert list(sx.to_state_dict(net)) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    assert list(sx.to_state_dict(net, modules=["a.b", "c"])) == [
        "a.b.weight",
        "a.b.bias",
        "c.weight",
        "c.bias",
    ]


def test_what_goes_there_and_back_is_the_same(net: sx.Net) -> None:
    other = sx.mlp([3, 4, 2], ["tanh", "softmax"], sx.training(seed=5)).value

    assert sx.with_state_dict(other, sx.to_state_dict(net)).params == net.params != other.params


def test_a_cell_is_edited_by_swap(net: sx.Net) -> None:
    cell = sx.atom(net)

    cell.swap(sx.with_state_dict, state(a=linear(3, 4), b=linear(4, 2)))

    assert np.allclose(cell.value.params["1.W"], linear(4, 2)["weight"].T)
    with pytest.raises(OptionError, match="swap"):
        sx.with_state_dict(cell, {})  # pyright: ignore[reportArgumentType]


def test_layers_and_weights_make_a_network(tmp_path: Path) -> None:
    weights = state(a=linear(3, 4), b=linear(4, 2))
    layers = [sx.Input(3), sx.Dense(4, "tanh"), sx.Dense(2, "softmax")]
    safetensors.write(tmp_path / "weights.safetensors", weights, {})

    made = sx.import_state_dict(weights, layers, sx.training("adam"), labels=["no", "yes"], dtype="float64")
    read = sx.import_state_dict(tmp_path / "weights.safetensors", layers, modules=["a", "b"])

    assert made.value.params["1.W"].tolist() == weights["b.weight"].T.tolist()
    assert made.value.labels == ("no", "yes") and made.value.training.algorithm == sx.Adam()
    assert np.allclose(read.value.params.flat, made.value.params.flat)
    with pytest.raises(ShapeError, match="layer 0"):
        sx.import_state_dict(weights, [sx.Input(5), *layers[1:]])
    (tmp_path / "weights.pt").write_bytes(b"PK\3\4 and so on")
    with pytest.raises(FormatError, match="weights_only=True"):
        sx.import_state_dict(tmp_path / "weights.pt", layers)


def test_the_copy_is_nobody_elses(net: sx.Net) -> None:
    taken = sx.to_state_dict(net)
    taken["0.weight"][...] = 0

    assert net.params["0.W"].any()


def test_lists_are_arrays_too(net: sx.Net) -> None:
    given = {name: array.tolist() for name, array in sx.to_state_dict(net).items()}

    assert sx.with_state_dict(net, given).params == net.params


def test_layers_and_modules_can_be_chosen_in_their_order(net: sx.Net) -> None:
    given = state(last=linear(4, 2), first=linear(3, 4), other=linear(9, 9))

    whole = sx.with_state_dict(net, given, modules=["first", "last"])
    one = sx.with_state_dict(net, given, modules=["first"], layers=[0])

    assert np.allclose(whole.params["1.b"], given["last.bias"])
    assert np.allclose(one.params["0.b"], given["first.bias"])
    assert np.array_equal(one.params["1.W"], net.params["1.W"])


def test_layers_within_layers_are_found_by_their_paths() -> None:
    block = sx.Residual([sx.Dense(3, "relu"), sx.Dense(3)], sx.Dense(3))
    net = sx.neural_net([sx.Input(3), block, sx.named("head", sx.Dense(2))])

    names = {name.rpartition(".")[0] for name in sx.to_state_dict(net)}

    assert names == {"0.body.0", "0.body.1", "0.shortcut", "head"}
    one = sx.with_state_dict(net.value, linear(3, 3), layers=["0.body.1"])
    assert np.allclose(one.params["0.body.1.b"], linear(3, 3)["bias"])


def test_a_sequential_is_known_in_any_order(net: sx.Net) -> None:
    given = {
        f"{10 * index}.{key}": array
        for index in (1, 0)
        for key, array in linear(3 + index, 4 - 2 * index).items()
    }

    assert np.allclose(sx.with_state_dict(net, given).params["0.b"], given["0.bias"])


def test_shared_layers_stand_there_once() -> None:
    net = sx.neural_net([sx.Input(3), sx.shared("same", sx.Dense(3)), sx.shared("same", sx.Dense(3))])

    assert list(sx.to_state_dict(net)) == ["same.weight", "same.bias"]


def test_running_values_are_exchanged_and_the_count_of_batches_is_not_asked_for() -> None:
    net = sx.neural_net([sx.Input(3), sx.BatchNorm(), sx.Dense(2)]).value
    norm = {
        name: np.full(3, value)
        for value, name in enumerate(("weight", "bias", "running_mean", "running_var"), 1)
    }
    counted = norm | {"num_batches_tracked": np.array(9)}

    one = sx.with_state_dict(net, state(norm=norm, head=linear(3, 2)))
    other = sx.with_state_dict(net, state(norm=counted, head=linear(3, 2)))

    assert one == other
    assert [one.kept["0.mean"][0], one.kept["0.variance"][0]] == [3, 4]
    again = sx.to_state_dict(one, like=state(norm=counted, head=linear(3, 2)))
    assert again["norm.num_batches_tracked"] == 0 and again["norm.running_var"][0] == 4


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (state(a=linear(3, 4)), ["2 layers", "1 modules", "0 Dense: weight (4, 3), bias (4,)", "a: weight"]),
        ({}, ["2 layers", "0 modules", "none"]),
        (
            state(a=linear(3, 4), b=linear(4, 5)),
            ["layer 1 (Dense)", "Linear", "weight (2, 4), bias (2,)", "'b'", "weight (5, 4), bias (5,)"],
        ),
        (state(a=linear(3, 4), b={"bias": np.zeros(2)}), ["layer 1", "module 'b' has bias (2,)"]),
        (state(a=linear(3, 4), b=linear(4, 2) | {"weight_g": np.zeros(2)}), ["weight_g (2,)"]),
        (state(a=linear(4, 3), b=linear(4, 2)), ["layer 0", "weight (4, 3)", "weight (3, 4)"]),
    ],
)
def test_the_shapes_of_both_sides_are_named(given: Any, parts: list[str], net: sx.Net) -> None:
    with pytest.raises(ShapeError) as caught:
        sx.with_state_dict(net, given)

    assert all(part in str(caught.value) for part in parts), caught.value
    with pytest.raises(ShapeError):
        sx.to_state_dict(net, like=given)


@pytest.mark.parametrize(
    ("given", "options", "error", "said"),
    [
        (3, {}, OptionError, "model.state_dict"),
        ({3: np.zeros(2)}, {}, OptionError, "mapping from names"),
        ({"state_dict": {"weight": np.zeros(2)}}, {}, OptionError, "'state_dict' holds a mapping"),
        (state(a=linear(3, 4)), {"modules": ["b"]}, UnknownNameError, "unknown module 'b'"),
        (linear(3, 4), {"layers": [7]}, UnknownNameError, "unknown layer with weights '7'"),
        (linear(3, 4) | {"bias": ["a", "b", "c", "d"]}, {"layers": [0]}, DataError, "does not hold numbers"),
        (linear(3, 4) | {"bias": np.full(4, np.nan)}, {"layers": [0]}, DataError, "0.b are not all finite"),
        (linear(3, 4) | {"bias": np.full(4, 1e300)}, {"layers": [0]}, DataError, "finite in float32"),
    ],
)
def test_what_is_no_state_dict_is_refused(
    given: Any, options: Any, error: type[Exception], said: str, net: sx.Net
) -> None:
    with pytest.raises(error, match=said):
        sx.with_state_dict(net, given, **options)


@pytest.mark.parametrize(
    ("layer", "in_shape"),
    [
        (sx.LSTM(2, peepholes=True), (3, 2)),
        (sx.GRU(2, reset="before"), (3, 2)),
        (sx.RNN(2, "sigmoid"), (3, 2)),
        (sx.Synapse(), (3,)),
        (sx.LayerNorm(0), (3, 2)),
        (sx.PReLU("element"), (3, 2)),
        (sx.MultiHeadAttention(2, key_units=3), (3, 2)),
        (sx.MultiHeadAttention(2, units=5), (3, 2)),
    ],
    ids=str,
)
def test_layers_that_are_nothing_in_pytorch_are_named(layer: Any, in_shape: Any) -> None:
    net = sx.neural_net([sx.Input(in_shape), sx.Chain([layer]), sx.Flatten(), sx.Dense(2)])

    with pytest.raises(OptionError, match=rf"layer 0\.0, {type(layer).__name__}\(.* is nothing in PyTorch"):
        sx.to_state_dict(net)
    assert list(sx.to_state_dict(net, layers=[2])) == ["2.weight", "2.bias"]


def test_a_bias_that_the_module_has_not_is_zeros_but_none_is_lost(net: sx.Net) -> None:
    given = {"weight": linear(3, 4)["weight"]}

    without = sx.with_state_dict(net, given, layers=[0])

    assert not without.params["0.b"].any()
    assert list(sx.to_state_dict(without, given, layers=[0])) == ["weight"]
    with_bias = sx.with_state_dict(net, linear(3, 4), layers=[0])
    with pytest.raises(ShapeError, match="has no bias"):
        sx.to_state_dict(with_bias, given, layers=[0])


def test_what_is_asked_for_is_looked_at(net: sx.Net, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError, match="a cell or a snapshot, not int"):
        sx.to_state_dict(3)  # pyright: ignore[reportArgumentType]
    with pytest.raises(OptionError, match="'jax'"):
        sx.to_state_dict(net, tensors="jax")
    with pytest.raises(ShapeError, match="as many names"):
        sx.to_state_dict(net, modules=["a"])
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match="pip install torch"):
        sx.to_state_dict(net, tensors="torch")


def test_pytorch_is_not_imported_for_arrays() -> None:
    code = (
        "import sys, synapse_rx as sx; net = sx.mlp([3, 2]).value; "
        "sx.with_state_dict(net, sx.to_state_dict(net)); print('torch' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
