"""Attention in ONNX."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ....layers import MultiHeadAttention
from ....layers.several import each
from ....network.places import Place
from .graph import Graph, Translation

NEVER = -1e30
"""What is added to the logits of steps that nobody looks at; their weights are 0 then."""


def multi_head_attention(place: Place, x: Any, g: Graph) -> str:
    layer: Any = place.layer
    shapes, given = each(place.in_shape), x if isinstance(x, tuple) else (x,)
    lengths = given[-1] if len(shapes[-1]) == 1 else None
    sequences = given[: len(given) - (lengths is not None)]
    queries, memory = sequences[0], sequences[-1]
    counts = None if lengths is None else _counts(lengths, shapes[len(sequences) - 1][0], g)
    if counts is not None:
        memory = _cleared(memory, counts, g)
        queries = memory if len(sequences) == 1 else queries
    q, k, v = (
        _heads(_projected(name, place, of, g), layer.heads, width, g)
        for name, of, width in zip("qkv", (queries, memory, memory), _widths(place, g), strict=True)
    )
    keys = _widths(place, g)[0] // layer.heads
    logits = g.node("MatMul", q, g.node("Transpose", k, perm=[0, 1, 3, 2]))
    logits = g.node("Mul", logits, g.constant(1 / math.sqrt(keys)))
    steps = shapes[0][0]
    if layer.causal:
        logits = g.node("Add", logits, g.constant(np.triu(np.full((steps, steps), NEVER), 1)))
    if counts is None:
        weights = g.node("Softmax", logits, axis=-1)
    else:
        seen = g.node("Unsqueeze", g.node("Transpose", counts, perm=[0, 2, 1]), g.whole(1))
        held = g.node("Where", seen, logits, g.constant(NEVER))
        weights = g.node("Mul", g.node("Softmax", held, axis=-1), g.node("Cast", seen, to=1))
    found = g.node("Transpose", g.node("MatMul", weights, v), perm=[0, 2, 1, 3])
    y = _projected("o", place, g.node("Reshape", found, g.whole(0, 0, -1)), g)
    return _cleared(y, counts, g) if counts is not None and len(sequences) == 1 else y


def _projected(name: str, place: Place, x: str, g: Graph) -> str:
    y = g.node("MatMul", x, g.parameter(place, f"W{name}"))
    return g.node("Add", y, g.parameter(place, f"b{name}")) if f"b{name}" in g.parameters(place) else y


def _widths(place: Place, g: Graph) -> tuple[int, int, int]:
    """Return the numbers in the queries, keys and values of all heads."""
    own = g.parameters(place)
    return own["Wq"].shape[1], own["Wk"].shape[1], own["Wv"].shape[1]


def _heads(x: str, heads: int, width: int, g: Graph) -> str:
    """Return (N, steps, width) as (N, heads, steps, width / heads)."""
    return g.node("Transpose", g.node("Reshape", x, g.whole(0, 0, heads, width // heads)), perm=[0, 2, 1, 3])


def _counts(lengths: str, steps: int, g: Graph) -> str:
    """Return which steps count, (N, steps, 1): those numbered below the length, from 0."""
    numbers = g.constant(np.arange(steps).reshape(1, -1, 1))
    return g.node("Less", numbers, g.node("Unsqueeze", lengths, g.whole(2)))


def _cleared(x: str, counts: str, g: Graph) -> str:
    return g.node("Where", counts, x, g.constant(0.0))


TABLE: dict[type, Translation] = {MultiHeadAttention: multi_head_attention}
