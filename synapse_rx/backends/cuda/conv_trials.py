"""What the kernels of convolutions are tried with, and what should come out."""

from __future__ import annotations

from typing import Any

import numpy as np

from .conv_geometry import ConvGeometry
from .tiles import RELU, SIGMOID, TANH, applied

TRIALS = (
    (
        ConvGeometry(
            sizes=(5, 9, 8), kernel=(2, 3, 2), stride=(1, 2, 1), dilation=(2, 1, 2), before=(0, 1, 0), counts=(3, 5, 6),
            channels=4, maps=6, groups=2,
        ),
        TANH,
        False,
    ),
    (
        ConvGeometry(
            sizes=(9, 12), kernel=(3, 4), stride=(1, 1), dilation=(1, 1), before=(1, 0), counts=(8, 9),
            channels=2, maps=19, groups=1, pool=(2, 2),
        ),
        RELU,
        False,
    ),
    (
        ConvGeometry(
            sizes=(23,), kernel=(5,), stride=(3,), dilation=(1,), before=(2,), counts=(8,),
            channels=3, maps=5, groups=1, by_channel=True, pool=(4,),
        ),
        SIGMOID,
        True,
    ),
)  # fmt: skip
"""Geometries that the kernels are tried with, their activations, and whether these come before maxima."""


def reference(g: ConvGeometry, x: Any, w: Any, b: Any, dy: Any, function: int) -> tuple[Any, Any, Any, Any]:
    """Return maps, and gradients of weights, bias and images, for arrays of the host."""
    n, channels, maps = len(x), g.channels // g.groups, g.maps // g.groups
    if g.by_channel:
        by_map = w.reshape(g.groups, channels, maps, *g.kernel).swapaxes(1, 2)
    else:
        by_map = w.reshape(g.groups, maps, channels, *g.kernel)
    behind = [
        max(0, (count - 1) * s + (k - 1) * d + 1 - size - before)
        for count, s, k, d, size, before in zip(
            g.counts, g.stride, g.kernel, g.dilation, g.sizes, g.before, strict=True
        )
    ]
    padded = np.pad(x, ((0, 0), (0, 0), *zip(g.before, behind, strict=True)))
    padded = padded.reshape(n, g.groups, channels, *padded.shape[2:])
    places = [
        (tap, (..., *(slice(a * d, a * d + (c - 1) * s + 1, s)
                      for a, d, c, s in zip(tap, g.dilation, g.counts, g.stride, strict=True))))
        for tap in np.ndindex(*g.kernel)
    ]  # fmt: skip
    z: Any = sum(np.einsum("gmc,ngcijk->ngmijk", by_map[(..., *tap)], padded[at]) for tap, at in places)
    z = z.reshape(n, g.maps, *g.counts) + b.reshape(-1, 1, 1, 1)
    y, slopes = applied(z, function)
    dz = np.zeros_like(z)
    made = np.empty_like(dy)
    for at in np.ndindex(*dy.shape):
        begin = [k * p for k, p in zip(at[2:], g.pool, strict=True)]
        window = (*at[:2], *(slice(k, k + p) for k, p in zip(begin, g.pool, strict=True)))
        first = (
            *window[:2],
            *(k + o for k, o in zip(begin, np.unravel_index(y[window].argmax(), g.pool), strict=True)),
        )
        made[at] = y[first]
        dz[first] = dy[at] * slopes[first]
    given = dz.reshape(n, g.groups, maps, *g.counts)
    dw, back = np.empty_like(by_map), np.zeros_like(padded)
    for tap, at in places:
        dw[(..., *tap)] = np.einsum("ngmijk,ngcijk->gmc", given, padded[at])
        back[at] += np.einsum("gmc,ngmijk->ngcijk", by_map[(..., *tap)], given)
    inside = (..., *(slice(before, before + size) for before, size in zip(g.before, g.sizes, strict=True)))
    dw = (dw.swapaxes(1, 2) if g.by_channel else dw).reshape(w.shape)
    return made, dw, dz.sum(axis=(0, 2, 3, 4)), back[inside].reshape(x.shape)
