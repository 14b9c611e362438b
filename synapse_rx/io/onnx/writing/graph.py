"""An ONNX graph while it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import frozen

from ....described import brief
from ....network.places import Place
from ....snapshot import Net
from ....typing import Array, Shapes
from ..library import library

Value = str | tuple[str, ...]
"""What goes from layer to layer: the name of a tensor, or several."""

Translation = Callable[[Place, Any, "Graph"], Any]
"""What writes a layer: from its place and the name(s) of its inputs to those of its outputs."""

INFER: int = -1
"""A size that is worked out from the others; here always that of the batch, or of what is folded into it."""


class Untranslatable(Exception):
    """A layer, or an option of it, that has no form in ONNX; the message says why."""


@frozen
class Refusal:
    """A layer that could not be written, and why."""

    place: Place
    reason: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.place.path))} ({brief(self.place.described)}): {self.reason}"


class Graph:
    """
    Nodes and constants of a graph, in the order they are written.

    Args:
        net: The network, for its parameters.
        table: What writes each class of layers.
    """

    def __init__(self, net: Net, table: dict[type, Translation]) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, np.ndarray] = {}
        self.refusals: list[Refusal] = []
        self._net = net
        self._table = table
        self._names: dict[bytes, str] = {}
        self._count = 0

    def place(self, place: Place, x: Any) -> Any:
        """Write a layer and return what it gives; one that cannot be written is noted in `refusals`."""
        try:
            translation = self._table.get(type(place.layer))
            if translation is None:
                raise Untranslatable("no form in ONNX is known for it")
            return translation(place, x, self)
        except Untranslatable as error:
            self.refusals.append(Refusal(place, str(error)))
            return self.nothing(place.out_shape)

    def places(self, places: tuple[Place, ...], x: Any) -> Any:
        """Write layers one behind the other."""
        for place in places:
            x = self.place(place, x)
        return x

    def node(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Write a node of one output and return its name; the name "" is an input that is left away."""
        return self.nodes_of(op, inputs, 1, **attributes)[0]

    def nodes_of(self, op: str, inputs: tuple[str, ...], outputs: int, **attributes: Any) -> tuple[str, ...]:
        """Write a node and return the names of its outputs."""
        names = tuple(self._fresh(op) for _ in range(outputs))
        self.nodes.append(
            library().helper.make_node(op, list(inputs), list(names), name=names[0], **attributes)
        )
        return names

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        """Return the name of a constant; equal ones are there once."""
        array = np.ascontiguousarray(value, dtype).reshape(np.shape(value))
        key = repr((array.dtype.str, array.shape)).encode() + array.tobytes()
        if key not in self._names:
            self._names[key] = self._fresh("constant")
            self.constants[self._names[key]] = array
        return self._names[key]

    def whole(self, *numbers: int) -> str:
        """Return the name of a constant row of whole numbers, such as a shape."""
        return self.constant(numbers, np.int64)

    def parameters(self, place: Place) -> dict[str, Array]:
        """Return the parameters of a layer and what it keeps, by name."""
        views = self._net.params.layout.views(self._net.params.flat, place.path)
        return views | self._net.kept.layout.views(self._net.kept.flat, place.path)

    def parameter(self, place: Place, name: str, array: Array | None = None) -> str:
        """
        Return the name of a parameter as a constant, "0.W".

        Args:
            place: Whose it is.
            name: Its name in the layer.
            array: It in the form that ONNX wants, by default as it is.
        """
        value = self.parameters(place)[name] if array is None else array
        full = ".".join(map(str, (*place.path, name)))
        self.constants[full] = np.ascontiguousarray(value, np.float32).reshape(value.shape)
        return full

    def reshape(self, x: str, *shape: int) -> str:
        """Write a reshape; one size may be `INFER`."""
        return self.node("Reshape", x, self.whole(*shape))

    def nothing(self, shape: Shapes) -> Value:
        """Return stand-ins for values that could not be written."""
        several = bool(shape) and isinstance(shape[0], tuple)
        return ("",) * len(shape) if several else ""

    def _fresh(self, word: str) -> str:
        self._count += 1
        return f"{word.lower()}_{self._count}"
