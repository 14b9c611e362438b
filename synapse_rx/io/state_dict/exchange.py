"""Weights to and from the state dicts of PyTorch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np
from attrs import evolve, frozen

from ...atoms import Atom
from ...errors import DataError, MissingExtraError, OptionError, ShapeError, UnknownNameError
from ...network import Arch
from ...network.compiled import layered
from ...network.places import Path, Place
from ...params import Params, path_of
from ...snapshot import Net
from ...typing import Array
from .counterparts import Counterpart, counterpart
from .modules import Module, array_of, chosen_modules, modules_of, shape_of, shapes_of, state_of

BATCHES = "num_batches_tracked"
"""A count that PyTorch keeps beside running values, and that has no meaning here."""


def to_state_dict(
    net: Atom[Net] | Net,
    like: Mapping[str, Any] | None = None,
    *,
    modules: Iterable[str] | None = None,
    layers: Iterable[int | str] | None = None,
    tensors: str = "numpy",
) -> dict[str, Any]:
    """
    Return the weights of a network as PyTorch names and arranges them.

    Layers and modules are matched one by one, in order: `Dense` and ``Linear``, convolutions and transposed ones,
    `BatchNorm` with its running values, `LayerNorm`, `Embedding`, `PReLU`, `RNN`, `LSTM`, `GRU` and
    `MultiHeadAttention`. Those without weights play no part.

    Args:
        net: A cell, of which the present snapshot is taken, or a snapshot.
        like: A state dict of the model that the weights are for, which gives them their names: ``model.state_dict()``.
            Without it modules are called like layers here: "0.weight", "3.body.0.bias".
        modules: The names of the modules, in the order of the layers, where the model does not list them so; the other
            modules are left out.
        layers: The layers, by position or path; by default all that have weights.
        tensors: "numpy" for arrays or "torch" for tensors, copies in either case.

    Raises:
        OptionError: If a layer is nothing in PyTorch, or there is no such layer or module.
        ShapeError: If layers and modules do not match.
        MissingExtraError: If tensors are asked for and PyTorch is not installed.
    """
    snapshot = net.value if isinstance(net, Atom) else net
    if not isinstance(snapshot, Net):
        raise OptionError(f"to_state_dict takes a network, a cell or a snapshot, not {type(net).__name__}")
    if tensors not in ("numpy", "torch"):
        raise OptionError(f"tensors= is 'numpy' or 'torch', not {tensors!r}")
    parts = _parts(snapshot, layers)
    if like is None:
        there = _called(parts, modules)
    else:
        there = _matched(parts, chosen_modules(modules_of(like), modules))
    found: dict[str, Array] = {}
    for part, module in zip(parts, there, strict=True):
        _check_no_bias_lost(part, module)
        for name in module.tensors:
            value = snapshot.training.stats.steps if name == BATCHES else part.there[name]
            found[module.full(name)] = np.array(value)
    return found if tensors == "numpy" else _as_tensors(found)


def with_state_dict(
    net: Net,
    state_dict: Mapping[str, Any] | str | PathLike[str],
    *,
    modules: Iterable[str] | None = None,
    layers: Iterable[int | str] | None = None,
) -> Net:
    """
    Return a snapshot with weights from PyTorch: ``net.swap(with_state_dict, model.state_dict())``.

    Layers and modules are matched as by `to_state_dict`. A bias that a module does not have is zeros; of the two biases
    of recurrent modules the sum is taken. How the network is trained, and what its algorithm has in mind, stays.

    Args:
        net: The snapshot.
        state_dict: Arrays or tensors by name, or a safetensors file of them; PyTorch need not be installed.
        modules: The names of the modules to take weights from, in the order of the layers; by default all, in the order
            of the state dict, and those called by numbers alone, as in a ``Sequential``, in the order of these.
        layers: The layers to give weights to, by position or path; by default all that have any.

    Raises:
        OptionError: If a layer is nothing in PyTorch, or there is no such layer or module.
        ShapeError: If layers and modules do not match; the message names the shapes of both.
        DataError: If what is there is no array of finite numbers.
        FormatError: If the file is no safetensors file, or damaged.
        OSError: If it cannot be read at all.
    """
    if not isinstance(net, Net):
        raise OptionError(
            f"with_state_dict takes a snapshot, not {type(net).__name__}; net.swap(with_state_dict, state_dict) edits "
            "the one in a cell"
        )
    parts = _parts(net, layers)
    params, kept = {}, {}
    for part, module in zip(
        parts, _matched(parts, chosen_modules(modules_of(state_of(state_dict)), modules)), strict=True
    ):
        ours = part.peer.back(_given(part, module))
        params |= _own(net.params, part.place.path, ours)
        kept |= _own(net.kept, part.place.path, ours)
    for name, array in (params | kept).items():
        if not np.isfinite(array).all():
            raise DataError(f"the weights for {name} are not all finite in {net.params.flat.dtype}")
    return evolve(net, params=net.params.replace(params), kept=net.kept.replace(kept))


@frozen(eq=False)
class _Part:
    """A layer with weights, and what it is in PyTorch."""

    place: Place
    peer: Counterpart
    there: dict[str, Array]

    @property
    def name(self) -> str:
        return _word(self.place.path)

    def __str__(self) -> str:
        return f"{self.name} {type(self.place.layer).__name__}: {shapes_of(self.there)}"


def _parts(net: Net, layers: Iterable[int | str] | None) -> list[_Part]:
    places = _with_weights(layered(net).arch)
    if layers is not None:
        wanted = [path_of(layer) for layer in layers]
        for path in wanted:
            if path not in places:
                raise UnknownNameError.of("layer with weights", _word(path), map(_word, places))
        places = {path: places[path] for path in wanted}
    found: list[_Part] = []
    for path, place in places.items():
        peer = counterpart(place)
        if peer is None:
            raise OptionError(
                f"layer {_word(path)}, {place.described!r}, is nothing in PyTorch; layers= names those to be exchanged"
            )
        own = net.params.layout.views(net.params.flat, path) | net.kept.layout.views(net.kept.flat, path)
        found.append(_Part(place, peer, peer.there(own)))
    return found


def _with_weights(arch: Arch) -> dict[Path, Place]:
    """Return the primitive layers that have weights, by their paths; one that stands in several places once."""
    found: dict[Path, Place] = {}
    for root in arch.places:
        for place in root.walk():
            if place.specs or place.keeps:
                found.setdefault(place.path, place)
    return found


def _called(parts: Sequence[_Part], names: Iterable[str] | None) -> list[Module]:
    """Return modules of these names that have what the layers are there."""
    called = [part.name for part in parts] if names is None else list(names)
    if len(called) != len(parts):
        raise ShapeError(
            f"{len(parts)} layers with weights ({_listed(parts)}) need as many names, not {called}"
        )
    return [Module(name, part.there) for name, part in zip(called, parts, strict=True)]


def _matched(parts: Sequence[_Part], modules: Sequence[Module]) -> list[Module]:
    """
    Return the modules, if each is that of the layer in its place.

    Raises:
        ShapeError: If not.
    """
    if len(parts) != len(modules):
        raise ShapeError(
            f"{len(parts)} layers with weights ({_listed(parts)}) do not match {len(modules)} modules "
            f"({_listed(modules)}); modules= and layers= choose among them"
        )
    for part, module in zip(parts, modules, strict=True):
        shapes = {name: shape_of(tensor) for name, tensor in part.there.items()}
        given = {name: shape_of(tensor) for name, tensor in module.tensors.items() if name != BATCHES}
        given = {name: shape for name, shape in shapes.items() if _is_bias(name)} | given
        if given != shapes:
            raise ShapeError(
                f"layer {part.name} ({type(part.place.layer).__name__}) is a {part.peer.module} in PyTorch with "
                f"{shapes_of(part.there)}, but {module.called} has {shapes_of(module.tensors)}"
            )
    return list(modules)


def _given(part: _Part, module: Module) -> dict[str, Array]:
    """Return what a module has as arrays, with zeros for the biases that it does not have."""
    found: dict[str, Array] = {}
    for name, own in part.there.items():
        if name in module.tensors:
            array = array_of(module.full(name), module.tensors[name])
            with np.errstate(over="ignore"):  # what is too large is refused afterwards
                found[name] = array.astype(own.dtype)
        else:
            found[name] = np.zeros(own.shape, own.dtype)
    return found


def _own(params: Params, path: Path, ours: Mapping[str, Array]) -> dict[str, Array]:
    """Return those of the arrays that ``params`` has at ``path``, by full name, in their shapes."""
    here = [entry for entry in params.layout.entries if entry.path[:-1] == path]
    return {entry.name: ours[str(entry.path[-1])].reshape(entry.shape) for entry in here}


def _check_no_bias_lost(part: _Part, module: Module) -> None:
    for name, array in part.there.items():
        if name not in module.tensors and array.any():
            raise ShapeError(
                f"module {module.name!r} has no {name}, but that of layer {part.name} is not zeros"
            )


def _is_bias(name: str) -> bool:
    return name.rpartition(".")[2].startswith("bias") or name == "in_proj_bias"


def _as_tensors(arrays: Mapping[str, Array]) -> dict[str, Any]:
    try:
        import torch  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise MissingExtraError("tensors='torch' needs PyTorch: pip install torch") from error
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def _listed(items: Sequence[Any]) -> str:
    return "; ".join(map(str, items)) or "none"


def _word(path: Path) -> str:
    return ".".join(map(str, path))
