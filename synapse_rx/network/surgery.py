"""
Surgery: another architecture for a network, with everything that was learnt and still fits kept.

Each function takes a snapshot and returns another, so they are made to be swapped in: ``net.swap(truncate, 2)``. What
stands where it stood with the shape it had keeps its numbers; what is new is drawn. The statistics stay, the state of
the algorithm starts fresh.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from attrs import evolve

from ..errors import LossError, OptionError
from ..layers import Input, Layer
from ..params import Params, path_of
from ..snapshot import Net, State, freeze
from .arch import Arch
from .build import fresh_params
from .places import Path


def append_layers(net: Net, *layers: Layer) -> Net:
    """
    Return ``net`` with layers behind its last.

    Raises:
        ShapeError: If one does not fit the one before it.
    """
    return _with_layers(net, (*net.arch.layers, *layers))


def truncate(net: Net, before: int | str) -> Net:
    """
    Return ``net`` without the layers from ``before`` on, so that it answers with features.

    Args:
        net: The snapshot.
        before: The position of the first layer that goes, or its path; counted from the end if negative.

    Raises:
        OptionError: If there is no such layer, or none would be left.
    """
    position = _position(net, before)
    if position == 0:
        raise OptionError(f"a network without layers is none; the first of {net.arch} must stay")
    return _with_layers(net, net.arch.layers[:position])


def replace_layer(net: Net, layer: int | str, *by: Layer) -> Net:
    """
    Return ``net`` with other layers in the place of one: ``net.swap(replace_layer, -1, Dense(5, "softmax"))``.

    The new ones are drawn. Those behind keep their numbers where these have the shape they had. Without ``by`` the
    layer is taken out.

    Raises:
        OptionError: If there is no such layer.
        ShapeError: If the layers do not fit each other.
    """
    layers, position = net.arch.layers, _position(net, layer)
    behind = position + len(by)
    new = [one.place((index,)) for index, one in enumerate(by, position)]

    def came_from(path: Path) -> Path:
        if any(path[: len(root)] == root for root in new):
            return ()
        if isinstance(path[0], int) and path[0] >= behind:
            return (path[0] - len(by) + 1, *path[1:])
        return path

    return _with_layers(net, (*layers[:position], *by, *layers[position + 1 :]), came_from)


def freeze_up_to(net: Net, layer: int | str) -> Net:
    """
    Return ``net`` with all layers before ``layer`` frozen: only it and those behind it learn.

    Raises:
        OptionError: If there is no such layer.
    """
    return freeze(net, *range(_position(net, layer)))


def with_input_shape(net: Net, *shape: int) -> Net:
    """
    Return ``net`` for samples of another shape; layers whose parameters hang on it are drawn anew.

    A normalisation learnt from samples of the other shape is dropped.

    Raises:
        ShapeError: If the layers do not fit.
    """
    return _rebuilt(net, Arch(Input(shape), net.arch.layers), lambda path: path)


def _with_layers(
    net: Net, layers: Sequence[Layer], came_from: Callable[[Path], Path] = lambda path: path
) -> Net:
    return _rebuilt(net, Arch(net.arch.input, layers), came_from)


def _rebuilt(net: Net, arch: Arch, came_from: Callable[[Path], Path]) -> Net:
    dtype = net.params.flat.dtype.name
    how = net.training
    params = _carried_over(net.params, fresh_params(arch, how.seed, dtype), came_from)
    kept = _carried_over(net.kept, arch.fresh_kept(dtype), came_from)
    same_outputs = arch.out_shape == net.arch.out_shape
    update = evolve(how.update, factors=_still_there(arch, how.update.factors))
    return Net(
        arch,
        params,
        evolve(how, loss=_loss(net, arch), update=update, state=State()),
        net.labels if same_outputs else None,
        net.version,
        net.normalization if arch.in_shape == net.arch.in_shape else None,
        kept,
    )


def _carried_over(old: Params, new: Params, came_from: Callable[[Path], Path]) -> Params:
    """Return ``new`` with the numbers of ``old`` where a parameter of the same shape stood."""
    flat = np.array(new.flat)
    before = {entry.path: entry for entry in old.layout.entries}
    for entry in new.layout.entries:
        origin = came_from(entry.path[:-1])
        source = before.get((*origin, entry.path[-1])) if origin else None
        if source is not None and source.shape == entry.shape:
            entry.view(flat)[...] = source.view(old.flat)
    flat.setflags(write=False)
    return Params(new.layout, flat)


def _loss(net: Net, arch: Arch) -> Any:
    loss = net.training.loss
    try:
        if loss is not None:
            loss.for_output(arch.output)
    except LossError:
        return arch.default_loss()
    return loss


def _still_there(arch: Arch, factors: Any) -> Any:
    """Return the factors of layers there still are."""
    kept = []
    for layer, factor in factors:
        try:
            arch.check_layer(layer)
        except OptionError:
            continue
        kept.append((layer, factor))
    return tuple(kept)


def _position(net: Net, layer: int | str) -> int:
    """Return the position of the layer meant; that of the layer it is inside of, for a path."""
    count = len(net.arch.layers)
    if isinstance(layer, int) and not isinstance(layer, bool):
        if -count <= layer < count:
            return layer % count
        raise OptionError(f"{net.arch} has layers 0 to {count - 1}, not {layer}")
    path = path_of(layer) if isinstance(layer, str) else ()
    for position, one in enumerate(net.arch.layers):
        if path and one.place((position,)) == path:
            return position
    raise OptionError(f"layers are named by positions 0 to {count - 1} or by their own names, not {layer!r}")
