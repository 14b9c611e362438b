"""Every layer that has a form in ONNX, in onnxruntime and here; what stands around the layers; what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.activations import Activation as Function
from synapse_rx.errors import OptionError
from synapse_rx.io.onnx.writing.activations import FUNCTIONS
from synapse_rx.io.onnx.writing.layers import TRANSLATIONS
from synapse_rx.layers.several import is_several
from synapse_rx.snapshot import Net
from tests.contracts.layer import samples
from tests.io.onnx.runtime import answers
from tests.layers.examples import EXAMPLES, INPUTS

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


def network(layers: list[Any], in_shape: Any, seed: int = 1) -> Net:
    """
    Return a network whose parameters and kept values are all different from what they start from.
    """
    shape = list(in_shape) if is_several(in_shape) else in_shape
    net = sx.neural_net([sx.Input(shape), *layers]).value
    rng = np.random.default_rng(seed)
    params = net.params.with_flat(rng.normal(scale=0.5, size=net.params.flat.shape))
    return evolve(net, params=params, kept=net.kept.with_flat(rng.uniform(0.5, 2, net.kept.flat.shape)))


def check(net: Net, x: Any) -> None:
    """
    Compare what onnxruntime gives for x with what the network gives.
    """
    model = sx.to_onnx(net)
    onnx.checker.check_model(model, full_check=True)
    given = x if isinstance(x, tuple) else (x,)

    found = answers(model, *given)

    wanted = sx.outputs(net, x)
    for there, here in zip(found, wanted if isinstance(wanted, tuple) else (wanted,), strict=True):
        assert there.shape == here.shape
        np.testing.assert_allclose(there, here, rtol=1e-5, atol=1e-5)


def written(layer: Any, in_shape: Any) -> bool:
    """
    Say whether a layer and all it holds have a form.
    """
    places = sx.Arch(sx.Input(list(in_shape) if is_several(in_shape) else in_shape), [layer]).places
    return all(
        type(place.layer) in TRANSLATIONS or place.path in (("inputs",), ("outputs",))
        for root in places
        for place in root.walk()
    ) and not getattr(layer, "carry", False)


WRITTEN = [(layer, in_shape) for layer, in_shape in EXAMPLES if written(layer, in_shape)]


@pytest.mark.parametrize(
    ("layer", "in_shape"), WRITTEN, ids=[f"{layer.kind}{k}" for k, (layer, _) in enumerate(WRITTEN)]
)
def test_a_layer_gives_the_same_in_onnxruntime(layer: Any, in_shape: Any) -> None:
    make = INPUTS.get(type(layer))

    check(
        network([layer], in_shape),
        make(layer, in_shape, 5, np.float32) if make else samples(in_shape, 5, np.float32),
    )


def test_every_translation_has_an_example() -> None:
    seen = {
        type(place.layer)
        for layer, in_shape in WRITTEN
        for root in sx.Arch(sx.Input(list(in_shape) if is_several(in_shape) else in_shape), [layer]).places
        for place in root.walk()
    }

    assert set(TRANSLATIONS) <= seen


@pytest.mark.parametrize("function", [f for f in Function.members() if f in FUNCTIONS], ids=lambda f: f.kind)
def test_an_activation_gives_the_same_far_from_zero_as_well(function: type[Function]) -> None:
    x = np.concatenate([np.linspace(-30, 30, 61), [0.0, -0.0, 1e-4, -1e-4]]).reshape(-1, 5)

    check(network([sx.Activation(function())], (5,)), x)


@pytest.mark.parametrize(
    "function",
    [sx.Swish(beta=2.5), sx.GELU(approximate=True), sx.ELU(0.3), sx.LeakyReLU(0.2), sx.ClippedReLU(1.5)],
)
def test_options_of_activations_are_written(function: Any) -> None:
    check(network([sx.Activation(function)], (7,)), samples((7,), 4, np.float32) * 3)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("function", [sx.Softmax, sx.LogSoftmax])
def test_a_softmax_goes_along_its_axis(function: Any, axis: int) -> None:
    check(network([sx.Activation(function(axis))], (3, 4, 2)), samples((3, 4, 2), 4, np.float32))


@pytest.mark.parametrize(
    "activation", ["relu", "sigmoid", "linear", "softplus", sx.LeakyReLU(0.3), sx.ELU(0.5)]
)
def test_a_simple_recurrent_layer_has_its_activation(activation: Any) -> None:
    check(
        network([sx.RNN(3, activation=activation, bidirectional=True)], (4, 2)),
        samples((4, 2), 5, np.float32),
    )


@pytest.mark.parametrize("returns", ["last", "sequence"])
@pytest.mark.parametrize("layer", [sx.RNN, sx.LSTM, sx.GRU])
def test_lengths_end_sequences(layer: Any, returns: str) -> None:
    net = network([layer(3, bidirectional=True, returns=returns)], ((4, 2), (1,)))
    lengths = np.array([[0], [1], [2.5], [4], [9]], np.float32)

    check(net, (samples((4, 2), 5, np.float32), lengths))


def test_padding_ends_sequences_of_words() -> None:
    words = np.array([[1, 2, 3, 4], [3, 0, 2, 0], [5, 0, 0, 0], [0, 0, 0, 0]], np.float32)
    net = network([sx.Embedding(6, 3, padding=0), sx.GRU(2, padding=0)], (4,))
    table = net.params["0.W"].copy()
    table[0] = 0

    check(evolve(net, params=net.params.replace({"0.W": table})), words)


def test_attention_passes_over_steps_that_do_not_count() -> None:
    lengths = np.array([[0], [1], [3], [5]], np.float32)

    check(network([sx.MultiHeadAttention(2)], ((5, 4), (1,))), (samples((5, 4), 4, np.float32), lengths))
    check(
        network([sx.MultiHeadAttention(2)], ((3, 4), (5, 2), (1,))),
        (samples((3, 4), 4, np.float32), samples((5, 2), 4, np.float32), lengths),
    )


def test_raw_samples_are_normalised_in_the_graph() -> None:
    x = samples((2, 3), 40, np.float32) * 5 + 3
    for kind in ("standardize", "min_max", "whiten"):
        net = network([sx.Dense(4, "tanh"), sx.Dense(2)], (2, 3))

        check(
            evolve(
                net, normalization=sx.fit_normalization(sx.test_set(x, x[:, :1].reshape(len(x), -1)), kind)
            ),
            x,
        )


def test_several_inputs_are_normalised_together() -> None:
    x = samples((7,), 40, np.float32) * 5 + 3
    for kind in ("standardize", "whiten"):
        net = network([sx.parallel(sx.Dense(2), sx.Dense(2)), sx.Add()], ((2, 3), (1,)))
        net = evolve(
            net, normalization=sx.fit_normalization(sx.test_set(x, x[:, :1].reshape(len(x), -1)), kind)
        )

        check(net, (x[:, :6].reshape(-1, 2, 3), x[:, 6:]))


def test_several_outputs_are_several_tensors() -> None:
    net = network([sx.Dense(4, "relu"), sx.fork(sx.Dense(3, "softmax"), sx.Dense(1), [])], (5,))

    check(net, samples((5,), 3, np.float32))

    assert [output.name for output in sx.to_onnx(net).graph.output] == ["output0", "output1", "output2"]


def test_shared_and_named_layers_are_written_by_their_names() -> None:
    tower = sx.shared("tower", sx.Dense(4, "tanh"))
    net = network([sx.named("first", sx.Dense(3)), sx.fork(tower, [tower, sx.Dense(4)]), sx.Multiply()], (2,))

    check(net, samples((2,), 3, np.float32))

    names = {constant.name for constant in sx.to_onnx(net).graph.initializer}
    assert {"first.W", "first.b", "tower.W", "tower.b"} <= names


def test_a_network_of_doubles_is_written_in_floats() -> None:
    net = sx.mlp([3, 4, 2], "tanh", dtype="float64")

    check(net.value, samples((3,), 3, np.float64))


def test_any_number_of_samples_may_be_given() -> None:
    net = network([sx.Conv2D(2, 3, padding="same"), sx.Flatten(), sx.Dense(3)], (1, 4, 5))
    model = sx.to_onnx(net).SerializeToString()

    assert [answers(model, samples((1, 4, 5), n, np.float32))[0].shape for n in (1, 7)] == [(1, 3), (7, 3)]


def test_labels_are_in_the_metadata() -> None:
    labels = ("zero", 1, np.int64(2))
    net = sx.neural_net([sx.Input(2), sx.Dense(3, "softmax")], labels=labels)

    metadata = {prop.key: prop.value for prop in sx.to_onnx(net).metadata_props}

    assert json.loads(metadata["synapse_rx.labels"]) == ["zero", 1, 2]


def test_a_file_is_what_the_graph_is(tmp_path: Path) -> None:
    net = sx.mlp([3, 4, 2], "relu")

    sx.export_onnx(net, tmp_path / "net.onnx")

    assert onnx.load(tmp_path / "net.onnx") == sx.to_onnx(net)
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


def test_everything_without_a_form_is_listed_at_once(tmp_path: Path) -> None:
    layers = [
        sx.Synapse(),
        sx.Dense(4, lambda z: z * 2),
        sx.residual(sx.Activation("binary_stochastic")),
        sx.Reshape((2, 2)),
        sx.GRU(2, carry=True),
    ]
    net = sx.neural_net([sx.Input(4), *layers])

    with pytest.raises(OptionError) as caught:
        sx.export_onnx(net, tmp_path / "net.onnx")

    message = str(caught.value)
    assert all(word in message for word in ("Synapse", "1 (", "binary_stochastic", "carry=False"))
    assert not list(tmp_path.iterdir())


def test_an_output_without_a_form_is_listed() -> None:
    net = sx.neural_net([sx.Input(4), sx.fork(sx.Dense(2, "binary_stochastic"), sx.Dense(1))])

    with pytest.raises(OptionError, match="binary_stochastic"):
        sx.to_onnx(net)


def test_something_else_is_refused() -> None:
    with pytest.raises(OptionError, match="not list"):
        sx.to_onnx([])  # pyright: ignore[reportArgumentType]
    with pytest.raises(OptionError, match="a network of layers can be exported, not RBM"):
        sx.to_onnx(sx.energy.rbm(6, 4))
