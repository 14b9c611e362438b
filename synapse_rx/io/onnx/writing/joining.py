"""Layers that hold or join others, in ONNX."""

from __future__ import annotations

from functools import reduce
from typing import Any

from ....layers import (
    Add,
    Average,
    Branch,
    Concatenate,
    Fork,
    Multiply,
    Parallel,
    Residual,
    TimeDistributed,
)
from ....network.places import Place
from .graph import INFER, Graph, Translation


def fork(place: Place, x: Any, g: Graph) -> tuple[str, ...]:
    return tuple(g.places(branch, x) for branch in place.branches)


def parallel(place: Place, x: Any, g: Graph) -> tuple[str, ...]:
    return tuple(g.places(branch, part) for branch, part in zip(place.branches, x, strict=True))


def residual(place: Place, x: str, g: Graph) -> str:
    through = g.places(place.branches[0], x)
    beside = g.places(place.branches[1], x) if len(place.branches) > 1 else x
    return g.node("Add", through, beside)


def time_distributed(place: Place, x: str, g: Graph) -> str:
    (inner,) = place.branches
    y = g.places(inner, g.reshape(x, INFER, *place.in_shape[1:]))
    return g.reshape(y, INFER, *place.out_shape)


def branch(place: Place, x: str, g: Graph) -> tuple[str, ...]:
    layer: Any = place.layer
    axis = 1 + layer.axis % len(place.in_shape)
    if len(layer.sizes) == 1:
        return (x,)
    return g.nodes_of("Split", (x, g.whole(*layer.sizes)), len(layer.sizes), axis=axis)


def concatenate(place: Place, x: Any, g: Graph) -> str:
    layer: Any = place.layer
    return g.node("Concat", *x, axis=1 + layer.axis % len(place.out_shape))


def add(place: Place, x: Any, g: Graph) -> str:
    return g.node("Sum", *x)


def average(place: Place, x: Any, g: Graph) -> str:
    return g.node("Mean", *x)


def multiply(place: Place, x: Any, g: Graph) -> str:
    return reduce(lambda product, part: g.node("Mul", product, part), x)


TABLE: dict[type, Translation] = {
    Fork: fork,
    Parallel: parallel,
    Residual: residual,
    TimeDistributed: time_distributed,
    Branch: branch,
    Concatenate: concatenate,
    Add: add,
    Average: average,
    Multiply: multiply,
}
