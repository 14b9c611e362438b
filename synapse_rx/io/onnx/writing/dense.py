"""Layers of weights for each unit, in ONNX."""

from __future__ import annotations

import numpy as np

from ....layers import Dense, Embedding, PReLU
from ....network.places import Place
from .graph import Graph, Translation


def dense(place: Place, x: str, g: Graph) -> str:
    rows = x if len(place.in_shape) == 1 else g.node("Flatten", x, axis=1)
    return g.node("Gemm", rows, g.parameter(place, "W"), g.parameter(place, "b"))


def embedding(place: Place, x: str, g: Graph) -> str:
    return g.node("Gather", g.parameter(place, "W"), g.node("Cast", x, to=7), axis=0)


def prelu(place: Place, x: str, g: Graph) -> str:
    slopes = g.parameters(place)["a"]
    # Slopes are spread over the axes in front of their own, not over those behind.
    shape = slopes.shape + (1,) * (len(place.in_shape) - slopes.ndim)
    return g.node("PRelu", x, g.parameter(place, "a", np.reshape(slopes, shape)))


TABLE: dict[type, Translation] = {Dense: dense, Embedding: embedding, PReLU: prelu}
