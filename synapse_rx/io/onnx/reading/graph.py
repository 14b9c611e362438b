"""The graph of an ONNX file: what leads from the samples to the outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from ....errors import FormatError
from ....typing import Shape
from ...assembly import Node
from ..library import library
from ..metadata import LABELS
from .constants import FOLDS, Constants
from .file import array_of

DECIDING = ("ArgMax", "ArrayFeatureExtractor", "ZipMap")
"""Operators that make classes of probabilities, as scikit-learn's graphs end in; networks here do it by `estimate`."""
PASSING = ("Identity", "Cast", "Sub", "Add", "Mul", "Div", "Scaler")
"""Operators that may stand between the samples and a transposition that puts their channels first."""


@attrs.frozen
class Operation:
    """What a node says beside its inputs that depend on samples."""

    attributes: dict[str, Any]
    arguments: tuple[str, ...]
    outputs: tuple[str, ...]
    constants: Constants
    opset: int
    batch: int | None
    """The number of samples that the file was made for; None for any."""

    def constant(self, index: int) -> np.ndarray | None:
        """Return an input that is a constant; None if it is left away."""
        name = self.arguments[index] if index < len(self.arguments) else ""
        return self.constants[name] if name and name in self.constants else None

    def given(self, index: int) -> bool:
        """Return whether an input is there at all."""
        return index < len(self.arguments) and bool(self.arguments[index])

    def wanted(self, index: int) -> np.ndarray:
        """
        Return an input that must be a constant.

        Raises:
            FormatError: If it is none.
        """
        found = self.constant(index)
        if found is None:
            raise FormatError(f"input {index} must be a constant, not something that depends on samples")
        return found

    def option(self, name: str, default: Any) -> Any:
        """Return an attribute."""
        return self.attributes.get(name, default)

    def only(self, name: str, *values: Any) -> None:
        """Raise a FormatError unless an attribute is one of these values, or not there."""
        found = self.attributes.get(name, values[0])
        if found not in values:
            raise FormatError(f"{name}={found!r} is not supported")


@attrs.frozen
class Graph:
    """
    What a file holds.

    Attributes:
        nodes: The operations on the way from the samples to the output, in order.
        start: The tensor of the samples.
        end: The tensor of the outputs.
        sizes: The sizes of a sample.
        channels_last: Whether the first thing done to samples is to put their channels first.
        constants: Everything that does not depend on samples.
        labels: The classes, if it says what they are.
    """

    nodes: list[Node]
    start: str
    end: str
    sizes: Shape
    channels_last: bool
    constants: Constants
    labels: tuple[Any, ...] | None


def read_graph(model: Any, folder: Path) -> Graph:
    """
    Return the graph of a model.

    Raises:
        FormatError: If it has several inputs or outputs, sizes that are not known, or is damaged.
    """
    given = {tensor.name: array_of(tensor, folder) for tensor in model.graph.initializer}
    raw = [(node, _attributes(node, folder)) for node in model.graph.node]
    start, sizes, batch = _input(model.graph, given)
    makers = _makers(raw, given)
    constants = Constants(given, makers)
    opset = max((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), default=1)
    nodes = []
    known = {start}
    for node, attributes in raw:
        if any(output in makers for output in node.output):
            continue
        inputs = tuple(name for name in node.input if name and name not in constants)
        if unknown := [name for name in inputs if name not in known]:
            raise FormatError(
                f"{node.op_type} ({node.name}) takes {unknown[0]!r}, which nothing makes before it"
            )
        outputs = tuple(name for name in node.output if name)
        if twice := known & set(outputs):
            raise FormatError(f"{sorted(twice)[0]!r} is made twice")
        known |= set(outputs)
        about = Operation(attributes, tuple(node.input), tuple(node.output), constants, opset, batch)
        nodes.append(Node(node.op_type, node.name, inputs, outputs, about))
    by_output = {output: node for node in nodes for output in node.outputs}
    nodes = [_shortened(node, by_output) for node in nodes]
    end = _output(model.graph, nodes)
    labels = _labels(model, nodes)
    live = _live(nodes, end)
    return Graph(live, start, end, sizes, _channels_last(live, start, len(sizes)), constants, labels)


def _attributes(node: Any, folder: Path) -> dict[str, Any]:
    onnx = library()
    kinds = onnx.AttributeProto
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        if attribute.type in (kinds.GRAPH, kinds.GRAPHS):
            raise FormatError(f"{node.op_type} ({node.name}) holds graphs of its own, which is not supported")
        value: Any = None
        if attribute.type == kinds.FLOAT:
            value = float(str(np.float32(attribute.f)))  # 1e-05, not 9.999999747378752e-06
        elif attribute.type == kinds.INT:
            value = attribute.i
        elif attribute.type == kinds.STRING:
            value = attribute.s.decode("utf-8", "replace")
        elif attribute.type == kinds.TENSOR:
            value = array_of(attribute.t, folder)
        elif attribute.type == kinds.FLOATS:
            value = list(attribute.floats)
        elif attribute.type == kinds.INTS:
            value = list(attribute.ints)
        elif attribute.type == kinds.STRINGS:
            value = [text.decode("utf-8", "replace") for text in attribute.strings]
        else:
            raise FormatError(f"the attribute {attribute.name!r} of {node.op_type} is of an unknown type")
        found[attribute.name] = value
    if node.op_type == "Constant" and not node.domain:
        found = {name: np.asarray(value) for name, value in found.items() if value is not None}
        if len(found) != 1:
            raise FormatError(f"the constant {node.name!r} has no value, or several")
    return found


def _makers(raw: list[Any], given: dict[str, np.ndarray]) -> dict[str, tuple[str, Any, Any]]:
    """Return the nodes that take nothing from the samples but their number."""
    makers: dict[str, tuple[str, Any, Any]] = {}
    for node, attributes in raw:
        constant = all(not name or name in given or name in makers for name in node.input)
        if node.op_type == "Shape" or (constant and node.op_type in FOLDS):
            if len(node.output) != 1 or node.output[0] in makers or node.output[0] in given:
                raise FormatError(
                    f"{node.op_type} ({node.name}) makes {list(node.output)}, which is not right"
                )
            makers[node.output[0]] = (node.op_type, tuple(node.input), attributes)
    return makers


def _input(graph: Any, given: dict[str, np.ndarray]) -> tuple[str, Shape, int | None]:
    inputs = [one for one in graph.input if one.name not in given]
    if len(inputs) != 1:
        names = ", ".join(one.name for one in inputs) or "none"
        raise FormatError(f"a graph with one input can be read; this has {len(inputs)}: {names}")
    dims = inputs[0].type.tensor_type.shape.dim
    sizes = tuple(dim.dim_value for dim in dims[1:])
    if not sizes or any(not 1 <= size < 1 << 31 for size in sizes):
        shown = [dim.dim_param or dim.dim_value or "?" for dim in dims]
        raise FormatError(
            f"samples need sizes that are known, and the number of samples in front; the input has {shown}"
        )
    return inputs[0].name, sizes, dims[0].dim_value or None


def _output(graph: Any, nodes: list[Node]) -> str:
    """Return the output that depends on samples smoothly; those that name classes are left out."""
    makers = {output: node for node in nodes for output in node.outputs}
    found = []
    for output in graph.output:
        name = output.name
        while name in makers and makers[name].op in ("ZipMap", "Identity", "Cast"):
            name = makers[name].inputs[0]
        if not _decides(name, makers):
            found.append(name)
    found = list(dict.fromkeys(found))
    if len(found) != 1:
        raise FormatError(f"a graph with one output can be read; this has {len(found)}: {', '.join(found)}")
    return found[0]


def _decides(name: str, makers: dict[str, Node]) -> bool:
    left, seen = [name], set()
    while left:
        node = makers.get(left.pop())
        if node is None or id(node) in seen:
            continue
        if node.op in DECIDING:
            return True
        seen.add(id(node))
        left += node.inputs
    return False


def _live(nodes: list[Node], end: str) -> list[Node]:
    """Return the nodes that the output needs, in order."""
    wanted, found = {end}, []
    for node in reversed(nodes):
        if wanted & set(node.outputs):
            wanted |= set(node.inputs)
            found.append(node)
    return found[::-1]


def _shortened(node: Node, makers: dict[str, Node]) -> Node:
    """Return a node that takes the last of several joined tensors as one that takes that tensor itself."""
    about: Operation = node.detail
    if node.op != "Gather" or len(node.inputs) != 1 or about.arguments[0] != node.inputs[0]:
        return node
    index, axis = about.constant(1), about.option("axis", 0)
    joined = makers.get(node.inputs[0])
    if joined is None or joined.op != "Concat" or joined.detail.option("axis", 0) != axis or axis != 0:
        return node
    if index is None or index.size != 1 or int(index.reshape(())) not in (0, -1):
        return node
    chosen = joined.detail.arguments[int(index.reshape(()))]
    if chosen not in joined.inputs:
        return node
    return attrs.evolve(
        node, inputs=(chosen,), detail=attrs.evolve(about, arguments=(chosen, *about.arguments[1:]))
    )


def _channels_last(nodes: list[Node], start: str, axes: int) -> bool:
    tensor = start
    for node in nodes:
        if tensor not in node.inputs:
            continue
        if node.op == "Transpose":
            return axes > 1 and node.detail.option("perm", None) == [0, axes, *range(1, axes)]
        if node.op not in PASSING or len(node.inputs) > 1:
            return False
        tensor = node.outputs[0]
    return False


def _labels(model: Any, nodes: list[Node]) -> tuple[Any, ...] | None:
    for prop in model.metadata_props:
        if prop.key == LABELS:
            try:
                found = json.loads(prop.value)
                return tuple(found) if isinstance(found, list) and found and _plain(found) else None
            except (ValueError, RecursionError):
                raise FormatError("the labels among its metadata are no JSON") from None
    for node in nodes:
        about: Operation = node.detail
        for name in ("classlabels_int64s", "classlabels_strings"):
            if node.op == "ZipMap" and about.option(name, None):
                return tuple(about.option(name, None))
        if node.op == "ArrayFeatureExtractor" and (classes := about.constant(0)) is not None:
            return tuple(classes.ravel().tolist())
    return None


def _plain(labels: list[Any]) -> bool:
    return all(isinstance(label, (str, int, float)) for label in labels) and len(set(labels)) == len(labels)
