from __future__ import annotations

from typing import Any

import numpy as np

from synapse_rx.layers import Embedding

EXAMPLES = [
    (Embedding(5, 3), (4,)),
    (Embedding(1, 1), (1,)),
    (Embedding(7, 2, padding=3, initializer="glorot"), (2, 3)),
]


def _numbers(layer: Embedding, in_shape: Any, n: int, dtype: Any) -> Any:
    x = np.random.default_rng(1).integers(0, layer.numbers, (n, *in_shape))
    if layer.padding is not None:
        x[x == layer.padding] = 0  # its vector has no gradient by design
    return x.astype(dtype)


INPUTS = {Embedding: _numbers}
