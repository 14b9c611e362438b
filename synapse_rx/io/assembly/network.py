"""A network of layers with their weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve

from ...algorithms import Algorithm
from ...atoms import Atom
from ...data import Normalization
from ...errors import FormatError
from ...layers import Input
from ...network import Arch, neural_net
from ...params import Layout, Params
from ...snapshot import Net, Training
from ...typing import Array, Shape
from .body import Body, Path, walk


def assemble(
    in_shape: Shape, body: Body, training: Training | Algorithm | str, labels: Any = None
) -> Atom[Net]:
    """
    Return a network of the layers of ``body``, which takes samples of ``in_shape``, ready to be trained on.

    Raises:
        FormatError: If weights are missing, too many, of other shapes, or not finite.
        SynapseError: If the layers do not fit each other, or the training does not fit them.
    """
    body.check()
    if not body.parts:
        raise FormatError("it holds no layer")
    layers = [part.layer for part in body.parts]
    arch = Arch(Input(in_shape), layers)
    leaves = walk(body.parts)
    weights = {(*path, name): array for path, leaf in leaves for name, array in leaf.weights.items()}
    kept = {(*path, name): array for path, leaf in leaves for name, array in leaf.kept.items()}
    _check(arch.layout, weights)
    _check(arch.keeps, kept)
    doubles = bool(weights) and all(array.dtype == np.float64 for array in weights.values())
    dtype = "float64" if doubles else "float32"
    if labels is not None and len(labels) != arch.out_shape[-1]:
        labels = None
    net = neural_net([Input(in_shape), *layers], training, labels=labels, dtype=dtype)
    given = evolve(
        net.value,
        params=_filled(arch.layout, weights, dtype),
        kept=_filled(arch.keeps, kept, dtype),
        normalization=_normalization(body),
    )
    net.reset(given)
    return net


def _check(layout: Layout, arrays: Mapping[Path, Array]) -> None:
    wanted = {entry.path: entry.shape for entry in layout.entries}
    if set(wanted) != set(arrays):
        raise FormatError(
            f"it has weights for {sorted(map(str, arrays))}, not for {sorted(map(str, wanted))}"
        )
    for path, shape in wanted.items():
        name, array = ".".join(map(str, path)), arrays[path]
        if array.shape != shape:
            raise FormatError(f"the weights {name} have the shape {array.shape}, not {shape}")
        if not np.isfinite(array).all():
            raise FormatError(f"the weights {name} are not all finite")


def _filled(layout: Layout, arrays: Mapping[Path, Array], dtype: str) -> Params:
    flat = np.empty(layout.size, dtype)
    for entry in layout.entries:
        entry.view(flat)[...] = arrays[entry.path]
    flat.setflags(write=False)
    return Params(layout, flat)


def _normalization(body: Body) -> Normalization | None:
    if body.offset is None or body.scale is None:
        return None
    return Normalization("standardize", body.offset.ravel(), body.scale.ravel())
