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
from ..layers import Chain, Input, Layer, Named
from ..layers.combinators.alias import Alias
from ..params import Params, path_of
from ..snapshot import Net, State, freeze
from .arch import Arch
from .build import fresh_params
from .compiled import layered
from .inside import Change, changed, has
from .places import Path


def append_layers(net: Net, *layers: Layer) -> Net:
    """
    Return ``net`` with layers behind its last.

    Raises:
        ShapeError: If one does not fit the one before it.
    """
    return _with_layers(net, (*layered(net).arch.layers, *layers))


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
    return _with_layers(net, layered(net).arch.layers[:position])


def replace_layer(net: Net, layer: int | str, *by: Layer) -> Net:
    """
    Return ``net`` with other layers in the place of one: ``net.swap(replace_layer, -1, Dense(5, "softmax"))``.

    The new ones are drawn. Those behind keep their numbers where these have the shape they had. Without ``by`` the
    layer is taken out.

    Args:
        net: The snapshot.
        layer: The position of the layer, counted from the end if negative, its name, or the path of one inside others,
            such as "1.body.0"; there several layers become a chain, and none lets values go on as they are.
        *by: What stands there instead.

    Raises:
        OptionError: If there is no such layer.
        ShapeError: If the layers do not fit each other.
    """
    target = path_of(layer) if isinstance(layer, str) else ()
    if len(target) > 1:
        one = by[0] if len(by) == 1 else Chain(by)
        return _changed_inside(
            net, target, lambda _: one, lambda path: () if path[: len(target)] == target else path
        )
    layers, position = layered(net).arch.layers, _position(net, layer)
    behind = position + len(by)
    new = [one.place((index,)) for index, one in enumerate(by, position)]

    def came_from(path: Path) -> Path:
        if any(path[: len(root)] == root for root in new):
            return ()
        if isinstance(path[0], int) and path[0] >= behind:
            return (path[0] - len(by) + 1, *path[1:])
        return path

    return _with_layers(net, (*layers[:position], *by, *layers[position + 1 :]), came_from)


def rename_layer(net: Net, layer: int | str, name: str) -> Net:
    """
    Return ``net`` with a name for a layer, by which its parameters are found from then on (`Named`).

    ``net.swap(rename_layer, 0, "features")`` makes ``params["features.W"]`` of ``params["0.W"]``. What has a name gets
    another; what is shared gets it wherever it stands. What is said about how the layer learns goes with it.

    Args:
        net: The snapshot.
        layer: Its position, counted from the end if negative, its name, or the path of one inside others.
        name: The name: letters, digits and "_".

    Raises:
        OptionError: If there is no such layer, the name is none, or there is another of this name in the same place.
    """
    target = path_of(layer) if isinstance(layer, str) else ()
    if not target:
        position = _position(net, layer)
        target = layered(net).arch.layers[position].place((position,))
    found: list[Path] = []

    def renamed(one: Layer) -> Layer:
        alias = evolve(one, name=name) if isinstance(one, Alias) else Named(name, one)
        found.append(alias.place(target))
        return alias

    def came_from(path: Path) -> Path:
        new = found[0]
        return (*target, *path[len(new) :]) if path[: len(new)] == new else path

    def moved(path: Path) -> Path:
        return (*found[0], *path[len(target) :]) if path[: len(target)] == target else path

    after = _changed_inside(net, target, renamed, came_from)
    factors = tuple((_key(moved(path_of(key))), factor) for key, factor in net.training.update.factors)
    how = after.training
    return evolve(after, training=evolve(how, update=evolve(how.update, factors=factors)))


def freeze_up_to(net: Net, layer: int | str) -> Net:
    """
    Return ``net`` with all layers before ``layer`` frozen: only it and those behind it learn.

    Raises:
        OptionError: If there is no such layer.
    """
    before = layered(net).arch.layers[: _position(net, layer)]
    return freeze(net, *(_key(one.place((index,))) for index, one in enumerate(before)))


def with_input_shape(net: Net, *shape: int) -> Net:
    """
    Return ``net`` for samples of another shape; layers whose parameters hang on it are drawn anew.

    A normalisation learnt from samples of the other shape is dropped.

    Raises:
        ShapeError: If the layers do not fit.
    """
    return _rebuilt(net, Arch(Input(shape), layered(net).arch.layers), lambda path: path)


def _changed_inside(net: Net, target: Path, change: Change, came_from: Callable[[Path], Path]) -> Net:
    layers = layered(net).arch.layers
    if not any(has(one, (index,), target) for index, one in enumerate(layers)):
        net.arch.check_layer(_key(target))  # which lists those there are
        raise OptionError(f"{_key(target)!r} is no layer that could be changed by itself")
    return _with_layers(
        net, [changed(one, (index,), target, change) for index, one in enumerate(layers)], came_from
    )


def _key(path: Path) -> int | str:
    return path[0] if len(path) == 1 else ".".join(map(str, path))


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
    count = len(layered(net).arch.layers)
    if isinstance(layer, int) and not isinstance(layer, bool):
        if -count <= layer < count:
            return layer % count
        raise OptionError(f"{net.arch} has layers 0 to {count - 1}, not {layer}")
    path = path_of(layer) if isinstance(layer, str) else ()
    for position, one in enumerate(layered(net).arch.layers):
        if path and one.place((position,)) == path:
            return position
    raise OptionError(f"layers are named by positions 0 to {count - 1} or by their own names, not {layer!r}")
