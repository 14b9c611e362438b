"""Plain dense networks: those that are known to machine code as a whole, and what it needs to know about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...activations import Linear, ReLU, Sigmoid, Softmax, Tanh
from ...layers import Activation, Dense
from ...params import Layout
from ...remembered import remembered
from ...typing import Array
from ..arch import Arch

ACTIVATIONS: Mapping[type, int] = {Linear: 0, Sigmoid: 1, Tanh: 2, ReLU: 3}
"""The numbers of activations that stand behind any layer; softmax, with a number for itself, behind the last."""

SOFTMAX = 4


@remembered
def plain_layers(arch: Arch) -> Array | None:
    """
    Return for each layer inputs, outputs, where W starts in the vector, where b does, the activation's number.

    None if there are other layers than dense ones with activations known here. Of one architecture it is the same array
    every time, which nobody writes to (marked so, kernels would be compiled for it once more).
    """
    rows: list[list[int]] = []
    for place in arch.places:
        layer = place.layer
        if type(layer) is Dense:
            inputs, w, b = int(np.prod(place.in_shape)), *_offsets(arch.layout, place.path)
            rows.append([inputs, layer.units, w, b, 0])
        elif type(layer) is Activation and rows and rows[-1][4] == 0:
            code = ACTIVATIONS.get(type(layer.function))
            if code is None and place is arch.places[-1] and layer.function == Softmax():
                code = SOFTMAX
            if code is None:
                return None
            rows[-1][4] = code
        else:
            return None
    return np.array(rows, np.int64) if rows and len(arch.out_shape) == 1 else None


def _offsets(layout: Layout, path: Any) -> list[int]:
    found = {entry.path: entry.offset for entry in layout.entries}
    return [found[(*path, "W")], found[(*path, "b")]]
