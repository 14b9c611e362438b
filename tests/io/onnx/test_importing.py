"""Graphs of others as networks: what is read, into what, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import FormatError
from tests.contracts.layer import samples
from tests.io.onnx.runtime import answers
from tests.io.onnx.test_exporting import WRITTEN, network
from tests.layers.examples import INPUTS
from tests.nets import blobs, small_net, trained

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

NOT_READ = {
    "pad",
    "multi_head_attention",
    "positional_encoding",
    "dropout",
    "spatial_dropout",
    "gaussian_dropout",
}
"""Layers that are written in operators which are not read back, at least with some options, or as nothing."""


def readable(layer: Any, in_shape: Any) -> bool:
    arch = sx.Arch(sx.Input(in_shape), [layer]) if isinstance(in_shape[0], int) else None
    if arch is None or len(arch.outputs) > 1 or layer in (sx.Activation("linear"), sx.residual()):
        return False
    even = getattr(layer, "size", 1) == 4
    other_axes = isinstance(layer, sx.LayerNorm) and layer.axes in (0, (-1, 0))
    inner = isinstance(layer, sx.TimeDistributed) and layer != sx.TimeDistributed(sx.Dense(3))
    padded = getattr(layer, "padding", None) is not None and isinstance(layer, sx.Recurrent)
    return not (layer.kind in NOT_READ or even or other_axes or inner or padded)


READ = [(layer, in_shape) for layer, in_shape in WRITTEN if readable(layer, in_shape)]


def write(nodes: list[Any], shape: Any, constants: dict[str, Any], path: Path, **options: Any) -> Path:
    """
    Write a graph from "x" to "y" as other programs do.
    """
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", kind, list(shape))],
        [helper.make_tensor_value_info("y", kind, None)],
        [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    opset = options.get("opset", 17)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def node(op: str, inputs: str, output: str, **attributes: Any) -> Any:
    return onnx.helper.make_node(op, inputs.split(), [output], name=f"{op}_{output}", **attributes)


def check(path: Path, x: np.ndarray, turned: Callable[[np.ndarray], np.ndarray] = lambda x: x) -> Any:
    """
    Read a file and compare what the network gives with what onnxruntime gives for the file.
    """
    net = sx.import_onnx(path)
    there = answers(path.read_bytes(), x)[0]

    here = sx.outputs(net, turned(np.asarray(x, np.float32)))

    assert there.shape == here.shape
    np.testing.assert_allclose(here, there, rtol=1e-5, atol=1e-5)
    return net


@pytest.mark.parametrize(
    ("layer", "in_shape"), READ, ids=[f"{layer.kind}{k}" for k, (layer, _) in enumerate(READ)]
)
def test_what_is_written_is_read_back(layer: Any, in_shape: Any, tmp_path: Path) -> None:
    make = INPUTS.get(type(layer))
    x = make(layer, in_shape, 5, np.float32) if make else samples(in_shape, 5, np.float32)
    net = network([layer], in_shape)
    sx.export_onnx(net, tmp_path / "net.onnx")

    back = sx.import_onnx(tmp_path / "net.onnx")

    np.testing.assert_allclose(sx.outputs(back, x), sx.outputs(net, x), rtol=1e-5, atol=1e-5)


def test_labels_and_normalisation_come_back_and_training_goes_on(tmp_path: Path) -> None:
    raw = blobs(nvalid=5, shuffle=False)
    learnt = trained(small_net(), blobs(normalize="standardize", nvalid=5, shuffle=False), 3)
    sx.export_onnx(learnt, tmp_path / "net.onnx")

    back = sx.import_onnx(tmp_path / "net.onnx", sx.training("adam", learning_rate=0.01))

    assert back.value.labels == learnt.labels
    assert back.value.params.names == learnt.params.names
    np.testing.assert_allclose(sx.outputs(back, raw.x), sx.outputs(learnt, raw.x), rtol=1e-5, atol=1e-6)
    before = back.value.params
    sx.deref(sx.train(back, raw, 2))
    assert back.value.params != before
    assert back.value.training.stats.epochs == 2


def test_a_graph_with_its_channels_last_is_read_with_them_first(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = write(
        [
            node("Transpose", "x", "a", perm=[0, 3, 1, 2]),
            node("Conv", "a w b", "c", kernel_shape=[3, 3], auto_pad="SAME_UPPER", strides=[2, 2]),
            node("Relu", "c", "d"),
            node("Transpose", "d", "e", perm=[0, 2, 3, 1]),
            node("Reshape", "e shape", "f"),
            node("MatMul", "f v", "g"),
            node("Add", "g u", "y"),
        ],
        ["N", 5, 6, 2],
        {
            "w": rng.normal(size=(3, 2, 3, 3)).astype("f4"),
            "b": rng.normal(size=3).astype("f4"),
            "shape": np.array([-1, 27]),
            "v": rng.normal(size=(27, 4)).astype("f4"),
            "u": rng.normal(size=4).astype("f4"),
        },
        tmp_path / "last.onnx",
    )

    net = check(path, samples((5, 6, 2), 3, np.float32), lambda x: x.transpose(0, 3, 1, 2))

    assert net.value.arch.in_shape == (2, 5, 6)
    assert [layer.kind for layer in net.value.arch.layers] == ["conv2d", "flatten", "dense"]


def test_arithmetic_on_inputs_becomes_a_normalisation(tmp_path: Path) -> None:
    path = write(
        [
            node("Div", "x whole", "a"),
            node("Sub", "a mean", "b"),
            node("Div", "b deviation", "c"),
            node("Gemm", "c w", "y"),
        ],
        ["N", 3],
        {
            "whole": np.float32(255),
            "mean": np.array([0.1, 0.2, 0.3], "f4"),
            "deviation": np.array([0.5, 2, 1], "f4"),
            "w": np.ones((3, 2), "f4"),
        },
        tmp_path / "net.onnx",
    )

    net = check(path, samples((3,), 4, np.float32) * 100)

    assert net.value.normalization.kind == "standardize"


def test_a_constant_behind_weights_becomes_part_of_them(tmp_path: Path) -> None:
    path = write(
        [
            node("Conv", "x w", "a"),
            node("Mul", "a scale", "b"),
            node("Add", "shift b", "c"),
            node("Sub", "one c", "y"),
        ],
        ["N", 1, 4, 4],
        {
            "w": samples((1, 3, 3), 2, np.float32),
            "scale": np.array([2, -1], "f4").reshape(1, 2, 1, 1),
            "shift": np.array([0.5, 1.5], "f4").reshape(2, 1, 1),
            "one": np.float32(1),
        },
        tmp_path / "net.onnx",
    )

    net = check(path, samples((1, 4, 4), 3, np.float32))

    assert len(net.value.arch.layers) == 1


def test_a_gelu_that_is_written_out_is_one(tmp_path: Path) -> None:
    path = write(
        [
            node("Div", "x root", "a"),
            node("Erf", "a", "b"),
            node("Add", "b one", "c"),
            node("Mul", "x c", "d"),
            node("Mul", "d half", "y"),
        ],
        ["N", 5],
        {"root": np.float32(np.sqrt(2)), "one": np.float32(1), "half": np.float32(0.5)},
        tmp_path / "net.onnx",
    )

    assert check(path, samples((5,), 4, np.float32)).value.arch.layers == (sx.Activation("gelu"),)


def test_half_of_a_gelu_is_refused(tmp_path: Path) -> None:
    path = write(
        [
            node("Mul", "x root", "a"),
            node("Erf", "a", "b"),
            node("Add", "b one", "c"),
            node("Mul", "x c", "y"),
        ],
        ["N", 5],
        {"root": np.float32(np.sqrt(0.5)), "one": np.float32(1)},
        tmp_path / "net.onnx",
    )

    with pytest.raises(FormatError, match="half"):
        sx.import_onnx(path)


@pytest.mark.parametrize("mode", ["SAME_LOWER", "VALID"])
def test_automatic_padding_is_read(mode: str, tmp_path: Path) -> None:
    path = write(
        [
            node("Conv", "x w", "a", auto_pad=mode, strides=[2, 1]),
            node("MaxPool", "a", "b", kernel_shape=[2, 2], auto_pad=mode),
            node("ReduceMean", "b", "y", axes=[3, 2], keepdims=0),
        ],
        [1, 1, 7, 6],
        {"w": samples((1, 2, 3), 2, np.float32)},
        tmp_path / "net.onnx",
    )

    check(path, samples((1, 7, 6), 1, np.float32))


def test_branches_are_read_as_what_they_are(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    weights = {f"w{k}": rng.normal(size=(4, 4)).astype("f4") for k in range(3)}
    path = write(
        [
            node("Gemm", "x w0", "a"),
            node("Tanh", "a", "b"),
            node("Gemm", "b w1", "c"),
            node("Add", "c b", "d"),
            node("Gemm", "d w2", "e"),
            node("Concat", "e d e2", "f", axis=1),
            node("Sigmoid", "d", "e2"),
        ],
        ["N", 4],
        weights,
        tmp_path / "net.onnx",
    )
    with pytest.raises(FormatError, match="nothing makes before it"):
        sx.import_onnx(path)  # e2 is made behind

    path = write(
        [
            node("Gemm", "x w0", "a"),
            node("Tanh", "a", "b"),
            node("Gemm", "b w1", "c"),
            node("Add", "c b", "d"),
            node("Gemm", "d w2", "e"),
            node("Sigmoid", "d", "e2"),
            node("Concat", "e d e2", "y", axis=1),
        ],
        ["N", 4],
        weights,
        tmp_path / "net.onnx",
    )
    net = check(path, samples((4,), 3, np.float32))

    assert [layer.kind for layer in net.value.arch.layers] == ["dense", "residual", "fork", "concatenate"]
    assert net.value.params.names == ("0.W", "0.b", "1.body.0.W", "1.body.0.b", "2.0.0.W", "2.0.0.b")


def test_everything_that_is_not_supported_is_listed_at_once(tmp_path: Path) -> None:
    path = write(
        [node("Sin", "x", "a"), node("Einsum", "a", "b", equation="ij->ji"), node("Sin", "b", "y")],
        ["N", 4],
        {},
        tmp_path / "net.onnx",
    )

    with pytest.raises(FormatError, match="Sin: Sin_a, Sin_y; Einsum: Einsum_b"):
        sx.import_onnx(path)


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ("Relu x a, Transpose a y", "in an order here that no layer makes"),
        ("Relu x a, Gather a index y", "place 1 along an axis"),
        ("Relu x a, Add a places y", "no weights are before it"),
        ("Reshape x mixed y", "mixes samples"),
        ("MatMul square x y", "a constant times samples"),
        ("Relu x a, Sub a x y", "branches that are joined by it"),
        ("Relu x a, Sigmoid x b, Tanh a c, Add a b d, Add c d y", "branches cross"),
        ("Gemm x x y", "joined by it"),
        ("Relu x a, MatMul a long y", "do not fit"),
    ],
)
def test_what_cannot_be_read_is_named(nodes: str, message: str, tmp_path: Path) -> None:
    constants = {
        "index": np.array(1),
        "places": np.ones((3, 4), "f4"),
        "mixed": np.array([5, -1]),
        "square": np.ones((3, 3), "f4"),
        "long": np.ones((5, 2), "f4"),
    }
    words = [one.split() for one in nodes.split(", ")]
    options = {"Transpose": {"perm": [0, 2, 1]}, "Gather": {"axis": 1}}
    made = [node(op, " ".join(inputs), output, **options.get(op, {})) for op, *inputs, output in words]
    path = write(made, ["N", 3, 4], constants, tmp_path / "net.onnx")

    with pytest.raises(FormatError, match=message) as caught:
        sx.import_onnx(path)

    assert "net.onnx" in str(caught.value)


def test_an_input_of_unknown_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="sizes that are known"):
        sx.import_onnx(write([node("Relu", "x", "y")], ["N", "width"], {}, tmp_path / "net.onnx"))


def test_inputs_with_their_channels_last_are_normalised_by_channel(tmp_path: Path) -> None:
    path = write(
        [
            node("Sub", "x mean", "a"),
            node("Mul", "a scale", "b"),
            node("Transpose", "b", "c", perm=[0, 3, 1, 2]),
            node("Conv", "c w", "d"),
            node("Transpose", "d", "y", perm=[0, 2, 3, 1]),
        ],
        ["N", 4, 5, 3],
        {
            "mean": np.array([1, 2, 3], "f4").reshape(1, 1, 1, 3),
            "scale": np.array([0.5, 2, 1], "f4"),
            "w": samples((3, 2, 2), 2, np.float32),
        },
        tmp_path / "net.onnx",
    )

    x = samples((4, 5, 3), 3, np.float32)
    there = answers(path.read_bytes(), x)[0]

    here = sx.outputs(sx.import_onnx(path), x.transpose(0, 3, 1, 2))

    np.testing.assert_allclose(here.transpose(0, 2, 3, 1), there, rtol=1e-5, atol=1e-5)


def test_a_flattened_image_may_be_normalised_whatever_its_order(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    path = write(
        [
            node("Transpose", "x", "a", perm=[0, 3, 1, 2]),
            node("MaxPool", "a", "b", kernel_shape=[2, 2]),
            node("Transpose", "b", "c", perm=[0, 2, 3, 1]),
            node("Flatten", "c", "d"),
            node("BatchNormalization", "d scale shift mean variance", "e"),
            node("Gemm", "e w", "y"),
        ],
        ["N", 3, 4, 2],
        {
            **{name: rng.uniform(0.5, 2, 12).astype("f4") for name in ("scale", "shift", "mean", "variance")},
            "w": rng.normal(size=(12, 3)).astype("f4"),
        },
        tmp_path / "net.onnx",
    )

    check(path, samples((3, 4, 2), 3, np.float32), lambda x: x.transpose(0, 3, 1, 2))
