"""The layers of a Keras model as a graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import numpy as np

from ...errors import FormatError
from ...typing import Shape
from ..assembly import Node
from .file import Weights, place_of

ALONG_SEQUENCES = ("Conv1D", "MaxPooling1D", "AveragePooling1D", "ZeroPadding1D", "UpSampling1D")
"""Layers that take sequences as images of one axis."""


@attrs.frozen
class Details:
    """What a model says about a layer: its options, and its weights in the order Keras has them."""

    config: Mapping[str, Any]
    weights: list[np.ndarray]

    def option(self, name: str, default: Any = None) -> Any:
        """Return an option, or what it is by default where it is not there or null."""
        found = self.config.get(name)
        return default if found is None else found

    def only(self, name: str, *values: Any) -> None:
        """Raise a FormatError unless an option is one of these values, or not there."""
        found = self.option(name, values[0])
        if found not in values:
            raise FormatError(f"{name}={found!r} is not supported")

    def take(self, count: int) -> list[np.ndarray]:
        """
        Return the weights.

        Raises:
            FormatError: If there are not so many.
        """
        if len(self.weights) != count:
            raise FormatError(f"it has {len(self.weights)} arrays, not {count}")
        return self.weights


@attrs.frozen
class Model:
    """
    What a file holds.

    Attributes:
        nodes: The layers in order.
        start: The name of what enters.
        end: The name of what comes out.
        sizes: The sizes of a sample as Keras has them.
        channels_last: Whether the last of them are channels.
    """

    nodes: list[Node]
    start: str
    end: str
    sizes: Shape
    channels_last: bool


def read_model(config: Any, weights: Weights) -> Model:
    """
    Return the layers of a model.

    Raises:
        FormatError: If it is no sequence of layers nor a graph of them with one input and one output.
    """
    kind: str = config["class_name"]
    about: Any = config["config"]
    if kind not in ("Sequential", "Functional", "Model"):
        raise FormatError(f"a Sequential or functional model can be read, not {kind}")
    named = list(_named(about, weights))
    inputs = _chained(named) if kind == "Sequential" else {name: _inputs(layer) for name, layer, _ in named}
    nodes = _sorted(
        [
            Node(layer["class_name"], name, inputs[name], (name,), details)
            for name, layer, details in named
            if layer["class_name"] != "InputLayer" and inputs[name]
        ]
    )
    if kind == "Sequential":
        start, end = "", named[-1][0]
    else:
        start, end = _only(about["input_layers"], "input"), _only(about["output_layers"], "output")
    sizes = _sizes(config, named, start)
    formats = {node.detail.option("data_format") for node in nodes if node.op != "Flatten"} - {None}
    if len(formats) > 1:
        raise FormatError("some layers have the channels first and others last")
    spatial = len(sizes) > 2 or (len(sizes) == 2 and any(node.op in ALONG_SEQUENCES for node in nodes))
    return Model(nodes, start, end, sizes, spatial and formats != {"channels_first"})


def _named(about: Any, weights: Weights) -> Iterator[tuple[str, Any, Details]]:
    used: dict[str, int] = {}
    for layer in about if isinstance(about, list) else about["layers"]:
        options = layer["config"]
        name = str(options.get("name") or layer.get("name"))
        place = place_of(layer["class_name"], used)
        yield name, layer, Details(options, weights(name, place))


def _chained(named: list[tuple[str, Any, Details]]) -> dict[str, tuple[str, ...]]:
    inputs: dict[str, tuple[str, ...]] = {}
    last = ""
    for name, layer, _ in named:
        if layer["class_name"] == "InputLayer":
            inputs[name] = ()
        else:
            inputs[name], last = (last,), name
    return inputs


def _inputs(layer: Any) -> tuple[str, ...]:
    """Return the layers that one takes its inputs from, in the form of Keras 3 or of those before."""
    nodes = layer["inbound_nodes"]
    if not nodes:
        return ()
    if len(nodes) > 1:
        raise FormatError(f"{layer['class_name']} ({layer.get('name')}) stands in several places at once")
    if isinstance(nodes[0], dict):
        return tuple(_histories(nodes[0]["args"]))
    return tuple(str(one[0]) for one in nodes[0])


def _histories(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _histories(one)
    elif isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        yield str(value["config"]["keras_history"][0])


def _sorted(nodes: list[Node]) -> list[Node]:
    """Return nodes with each behind those it takes from."""
    makers = {node.outputs[0]: node for node in nodes}
    if len(makers) != len(nodes):
        raise FormatError("two layers have one name")
    waiting = {node.name: sum(one in makers for one in node.inputs) for node in nodes}
    takers: dict[str, list[Node]] = {}
    for node in nodes:
        for one in node.inputs:
            takers.setdefault(one, []).append(node)
    ready = [node for node in nodes if not waiting[node.name]]
    for node in ready:  # grows while it is gone through
        for taker in takers.get(node.name, []):
            waiting[taker.name] -= 1
            if not waiting[taker.name]:
                ready.append(taker)
    if len(ready) != len(nodes):
        raise FormatError("its layers take from each other in a circle")
    return ready


def _only(ends: Any, word: str) -> str:
    """Return the one input or output, ["name", 0, 0] in Keras 3 or [["name", 0, 0]]."""
    if ends and isinstance(ends[0], str):
        ends = [ends]
    if len(ends) != 1:
        raise FormatError(f"a model with one {word} can be read; this has {len(ends)}")
    return str(ends[0][0])


def _sizes(config: Any, named: list[tuple[str, Any, Details]], start: str) -> Shape:
    first = next((one for one in named if one[0] == start), named[0])
    _, layer, details = first
    found = details.option("batch_shape") or details.option("batch_input_shape")
    for one in (layer, config):
        found = found or (one.get("build_config") or {}).get("input_shape")
    sizes: Shape = tuple(found or ())[1:]
    if not sizes or not all(type(size) is int and 1 <= size < 1 << 31 for size in sizes):
        raise FormatError(f"samples need sizes that are known; the input has {found}")
    return sizes
