from __future__ import annotations

from typing import Any

import numpy as np

from synapse_rx.layers import Lambda


def softsign(x: Any) -> Any:
    return x / (1 + np.abs(x))


def normalized(x: Any) -> Any:
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 0.1)


def pairs(x: Any) -> Any:
    return np.einsum("nij,nkj->nik", x, np.tanh(x))


def bilinear(xs: Any) -> Any:
    a, b = xs
    return a[:, :, None] * b[:, None, :]


def halves(x: Any) -> Any:
    return np.sin(x[:, :2]), np.concatenate([x[:, 2:], x[:, :1] ** 2], axis=1)


EXAMPLES = [
    (Lambda(softsign), (3,)),
    (Lambda(normalized, (2, 3)), (2, 3)),
    (Lambda(pairs), (3, 2)),
    (Lambda(np.tanh), (2, 1, 3)),
    (Lambda(bilinear), ((2,), (3,))),
    (Lambda(halves, ((2,), (4,))), (5,)),
]
