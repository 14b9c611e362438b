"""ONNX files of strangers: whatever is in them, a named error or a network, and nothing outside of their folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.errors import FormatError
from tests.io.onnx.test_exporting import network
from tests.io.onnx.test_importing import node, write

onnx = pytest.importorskip("onnx")

MODELS = [
    sx.to_onnx(network(layers, in_shape)).SerializeToString()
    for layers, in_shape in [
        ([sx.Conv2D(2, 3, "relu"), sx.MaxPool2D(2), sx.Flatten(), sx.Dense(3, "softmax")], (1, 6, 6)),
        ([sx.LSTM(2, returns="sequence", bidirectional=True), sx.GRU(2), sx.residual(sx.Dense(2))], (3, 2)),
    ]
]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_with_other_bytes_is_read_or_refused(tmp_path: Path, data: Any) -> None:
    content = bytearray(data.draw(st.sampled_from(MODELS)))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        change = data.draw(st.sampled_from(["set", "cut", "insert", "drop"]))
        if change == "set":
            content[place] = data.draw(st.integers(0, 255))
        elif change == "insert":
            content[place:place] = data.draw(st.binary(min_size=1, max_size=8))
        elif change == "drop" and len(content) > 16:
            del content[place : place + data.draw(st.integers(1, 8))]
        elif change == "cut" and place > 16:
            del content[place:]
    path = tmp_path / "net.onnx"
    path.write_bytes(content)

    try:
        net = sx.import_onnx(path)
    except FormatError as error:
        assert "net.onnx" in str(error)
    else:
        assert net.value.params.flat.size < 1000


@pytest.mark.parametrize("content", [b"", b"\x00" * 64, b"not a network", b"\xff" * 1000])
def test_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(content)

    with pytest.raises(FormatError, match=r"net\.onnx"):
        sx.import_onnx(tmp_path / "net.onnx")


def external(tmp_path: Path, location: str, **more: str) -> Path:
    """
    Write a model whose weights lie in another file.
    """
    path = write([node("MatMul", "x w", "y")], ["N", 2], {"w": np.ones((2, 2), "f4")}, tmp_path / "net.onnx")
    model = onnx.load(path)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in {"location": location, **more}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    path.write_bytes(model.SerializeToString())
    return path


def test_weights_in_a_file_beside_are_read(tmp_path: Path) -> None:
    np.arange(5, dtype="<f4").tofile(tmp_path / "weights")

    net = sx.import_onnx(external(tmp_path, "weights", offset="4", length="16"))

    assert net.value.params[0]["W"].tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("location", ["../weights", "/etc/passwd", "a/../../weights", "", ".", "link"])
def test_files_outside_of_the_folder_are_refused(location: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    np.ones(4, "<f4").tofile(tmp_path / "weights")
    (folder / "link").symlink_to(tmp_path / "weights")

    with pytest.raises(FormatError, match="outside of the folder"):
        sx.import_onnx(external(folder, location))


@pytest.mark.parametrize(
    "more", [{"offset": "-4"}, {"offset": "8"}, {"length": "1000000000000"}, {"offset": "x"}, {"length": "8"}]
)
def test_places_that_a_file_does_not_have_are_refused(more: dict[str, str], tmp_path: Path) -> None:
    np.ones(4, "<f4").tofile(tmp_path / "weights")

    with pytest.raises(FormatError, match="weights"):
        sx.import_onnx(external(tmp_path, "weights", **more))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="missing"):
        sx.import_onnx(external(tmp_path, "missing"))
    with pytest.raises(FileNotFoundError):
        sx.import_onnx(tmp_path / "nothing.onnx")


@pytest.mark.parametrize(
    "nodes",
    [
        [node("ConstantOfShape", "huge", "c"), node("Add", "x c", "y")],
        [node("Expand", "one huge", "c"), node("Add", "x c", "y")],
        [node("MaxPool", "x", "y", kernel_shape=[1 << 20, 1 << 20])],
        [node("Pad", "x pads", "y")],
        [node("Resize", "x  scales", "y")],
        [node("Shape", "s", "s"), node("Reshape", "x s", "y")],
        [
            *(node("Concat", f"c{k} c{k}", f"c{k + 1}", axis=0) for k in range(60)),
            node("Add", "x c60", "y"),
        ],
    ],
)
def test_a_small_file_takes_little_memory(nodes: list[Any], tmp_path: Path) -> None:
    constants = {
        "huge": np.array([1 << 40, 1 << 20]),
        "one": np.float32(1),
        "pads": np.array([0, 0, 1 << 40, 0, 0, 0, 0, 0]),
        "scales": np.array([1, 1, 1 << 20, 1 << 20], "f4"),
        "c0": np.ones(16, "f4"),
    }
    path = write(nodes, ["N", 1, 4, 4], constants, tmp_path / "net.onnx")

    with pytest.raises(FormatError, match=r"net\.onnx"):
        sx.import_onnx(path)


def test_many_branches_within_each_other_are_refused(tmp_path: Path) -> None:
    nodes, last = [], "x"
    for k in range(2000):
        nodes += [node("Relu", last, f"r{k}")]
        last = f"r{k}"
    for k in range(1999, -1, -1):
        nodes += [node("Add", f"{last} r{k}", f"a{k}")]
        last = f"a{k}"
    nodes.append(node("Identity", last, "y"))

    with pytest.raises(FormatError, match=r"net\.onnx"):
        sx.import_onnx(write(nodes, ["N", 3], {}, tmp_path / "net.onnx"))


def test_graphs_within_graphs_are_refused(tmp_path: Path) -> None:
    inner = onnx.helper.make_graph([node("Relu", "x", "z")], "inner", [], [])
    nodes = [node("If", "x", "y", then_branch=inner, else_branch=inner)]

    with pytest.raises(FormatError, match="graphs of its own"):
        sx.import_onnx(write(nodes, ["N", 3], {}, tmp_path / "net.onnx"))


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    constants = {"w": np.full((2, 2), np.nan, "f4")}

    with pytest.raises(FormatError, match="not all finite"):
        sx.import_onnx(write([node("MatMul", "x w", "y")], ["N", 2], constants, tmp_path / "net.onnx"))
