"""Networks as ONNX graphs."""

from __future__ import annotations

import json
import math
from os import PathLike
from typing import Any

from attrs import evolve

from ...activations.joined import Joined
from ...atoms import Atom
from ...data import Normalization
from ...errors import OptionError
from ...files.atomic import replacing
from ...layers import Activation
from ...layers.several import each, is_several
from ...network import Arch
from ...network.places import Place
from ...snapshot import Net
from ...typing import Shape
from .library import library
from .metadata import LABELS
from .writing.activations import function
from .writing.graph import INFER, Graph, Refusal, Untranslatable
from .writing.layers import TRANSLATIONS

OPSET = 17
"""The version of ONNX's operators that is written; runtimes know it since 2022."""
IR = 8
"""The version of the format that goes with it."""
LARGEST = 2**31 - 2**20
"""Bytes a file of this format may have, with some room for the graph."""


def export_onnx(net: Atom[Net] | Net, path: str | PathLike[str]) -> None:
    """
    Write a network to an ONNX file, which is there whole or not at all; `to_onnx` says what is in it.

    Args:
        net: A cell, of which the present snapshot is written, or a snapshot.
        path: The file; by convention it ends in ".onnx".

    Raises:
        OptionError: If ``net`` is no network, or a layer of it has no form in ONNX; the message lists them all.
        MissingExtraError: If the package onnx is not installed.
        OSError: If the file cannot be written.
    """
    content = to_onnx(net).SerializeToString()
    with replacing(path) as file:
        file.write(content)


def to_onnx(net: Atom[Net] | Net) -> Any:
    """
    Return a network as an ONNX graph, an ``onnx.ModelProto``, checked by ``onnx.checker``.

    It takes raw samples (batch, *sample_shape), any number of them: what normalises them is part of the graph. It
    gives what `outputs` gives. All numbers are float32, weights have the names of `Params` ("0.W"), labels are JSON in
    the metadata. A network of several inputs takes and one of several outputs gives as many tensors.

    Args:
        net: A cell, of which the present snapshot is taken, or a snapshot.

    Raises:
        OptionError: If ``net`` is no network, or a layer of it has no form in ONNX; the message lists them all.
        MissingExtraError: If the package onnx is not installed.
    """
    snapshot = net.value if isinstance(net, Atom) else net
    if not isinstance(snapshot, Net):
        raise OptionError(f"a network can be exported, a cell or a snapshot, not {type(net).__name__}")
    if not isinstance(snapshot.arch, Arch):
        raise OptionError(f"a network of layers can be exported, not {type(snapshot.arch).__name__}")
    if 4 * (snapshot.params.flat.size + snapshot.kept.flat.size) > LARGEST:
        raise OptionError("an ONNX file holds at most 2 GiB, less than the parameters of this network need")
    graph = Graph(snapshot, TRANSLATIONS)
    inputs = _names("input", snapshot.arch.inputs)
    outputs = _names("output", snapshot.arch.outputs)
    for name, value in zip(outputs, _write(snapshot, inputs, graph), strict=True):
        graph.nodes.append(library().helper.make_node("Identity", [value], [name], name=name))
    if graph.refusals:
        _refuse(graph.refusals)
    model = _model(snapshot, inputs, outputs, graph)
    library().checker.check_model(model)
    return model


def _write(net: Net, inputs: tuple[str, ...], graph: Graph) -> tuple[str, ...]:
    """Write all layers and return the outputs; several are not joined to a row as they are in training."""
    values: Any = inputs
    if net.normalization is not None:
        values = _normalized(net.normalization, values, net.arch.inputs, graph)
    places = list(net.arch.places)
    x = values[0]
    if is_several(net.arch.shapes[0]):
        del places[0]  # it only cuts the rows of data sets apart
        x = values
    if not is_several(net.arch.shapes[-1]):
        return (graph.places(tuple(places), x),)
    *places, _, joined = places
    assert isinstance(joined.layer, Activation) and isinstance(joined.layer.function, Joined)
    functions, y = joined.layer.function.functions, graph.places(tuple(places), x)
    return tuple(_activated(f, part, joined, graph) for f, part in zip(functions, y, strict=True))


def _activated(f: Any, y: str, place: Place, graph: Graph) -> str:
    try:
        return function(f, y, graph)
    except Untranslatable as error:
        graph.refusals.append(Refusal(evolve(place, described=Activation(f)), str(error)))
        return ""


def _normalized(
    how: Normalization, values: tuple[str, ...], shapes: tuple[Shape, ...], graph: Graph
) -> tuple[str, ...]:
    """Write what is done to raw samples, whose features are taken in flat order, of several inputs all together."""
    if len(values) == 1 and how.matrix is None:
        assert how.scale is not None
        centred = graph.node("Sub", values[0], graph.constant(how.shift.reshape(shapes[0])))
        return (graph.node("Mul", centred, graph.constant(how.scale.reshape(shapes[0]))),)
    rows = [graph.node("Flatten", value, axis=1) for value in values]
    row = graph.node("Concat", *rows, axis=1) if len(rows) > 1 else rows[0]
    row = graph.node("Sub", row, graph.constant(how.shift))
    if how.matrix is not None:
        row = graph.node("MatMul", row, graph.constant(how.matrix))
    else:
        row = graph.node("Mul", row, graph.constant(how.scale))
    if len(values) == 1:
        return (graph.reshape(row, INFER, *shapes[0]),)
    sizes = graph.whole(*map(math.prod, shapes))
    parts = graph.nodes_of("Split", (row, sizes), len(values), axis=1)
    return tuple(graph.reshape(part, INFER, *shape) for part, shape in zip(parts, shapes, strict=True))


def _model(net: Net, inputs: tuple[str, ...], outputs: tuple[str, ...], graph: Graph) -> Any:
    onnx = library()

    def described(names: tuple[str, ...], shapes: Any) -> list[Any]:
        return [
            onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", *shape])
            for name, shape in zip(names, each(shapes), strict=True)
        ]

    used = {name for node in graph.nodes for name in node.input}
    constants = [
        onnx.numpy_helper.from_array(array, name) for name, array in graph.constants.items() if name in used
    ]
    written = onnx.helper.make_graph(
        graph.nodes,
        "net",
        described(inputs, net.arch.inputs),
        described(outputs, net.arch.outputs),
        constants,
    )
    opset = onnx.helper.make_opsetid("", OPSET)
    model = onnx.helper.make_model(written, opset_imports=[opset], ir_version=IR, producer_name="synapse_rx")
    if net.labels is not None:
        onnx.helper.set_model_props(model, {LABELS: json.dumps(_plain(net.labels))})
    return model


def _names(word: str, shapes: tuple[Shape, ...]) -> tuple[str, ...]:
    return (word,) if len(shapes) == 1 else tuple(f"{word}{index}" for index in range(len(shapes)))


def _plain(labels: Any) -> Any:
    """Return labels as JSON has them; what it does not know, as text."""
    if isinstance(labels, tuple):
        return [_plain(label) for label in labels]
    value = labels.item() if hasattr(labels, "item") else labels
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _refuse(refusals: list[Refusal]) -> None:
    raise OptionError(
        "this network cannot be written as an ONNX graph: "
        + "; ".join(f"layer {refusal}" for refusal in refusals)
        + "; replace them (sx.replace_layer), or save the network with sx.save"
    )
