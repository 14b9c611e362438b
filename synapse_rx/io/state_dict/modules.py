"""The modules that a state dict has weights of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np
from attrs import frozen

from ...errors import DataError, FormatError, OptionError, UnknownNameError
from ...files import safetensors
from ...typing import Array, Shape

OUTPUT = "out_proj"
"""The module within PyTorch's attention, which belongs to it."""
PROJECTIONS = ("in_proj_weight", "q_proj_weight")
"""Tensors that attention alone has, one or the other."""


@frozen(eq=False)
class Module:
    """
    A module.

    Attributes:
        name: What leads to it, "" for the model itself.
        tensors: What it has, by name.
    """

    name: str
    tensors: dict[str, Any]

    def full(self, tensor: str) -> str:
        """Return what one of its tensors is called in a state dict."""
        return f"{self.name}.{tensor}" if self.name else tensor

    @property
    def called(self) -> str:
        """The module in words."""
        return f"module {self.name!r}" if self.name else "the model"

    def __str__(self) -> str:
        return f"{self.name or 'the model'}: {shapes_of(self.tensors)}"


def state_of(given: Mapping[str, Any] | str | PathLike[str]) -> Mapping[str, Any]:
    """
    Return a state dict, or that in a safetensors file.

    Raises:
        FormatError: If the file is none, or damaged.
        OSError: If it cannot be read at all.
    """
    if not isinstance(given, str | PathLike):
        return given
    try:
        return safetensors.read(given)[1]
    except FormatError as error:
        raise FormatError(
            f"{error}; files of torch.save are not read here, but torch.load(..., weights_only=True) gives state dicts"
        ) from None


def modules_of(state_dict: Mapping[str, Any]) -> list[Module]:
    """
    Return the modules of a state dict in its order; those called by numbers alone in the order of these.

    A ``Sequential`` is the one as well as the other, but in a file its tensors may be sorted by size or by letters.

    Raises:
        OptionError: If it is no mapping from names to arrays.
    """
    if not isinstance(state_dict, Mapping) or not all(isinstance(name, str) for name in state_dict):
        raise OptionError(
            "a state dict is a mapping from names to arrays, such as model.state_dict(), not "
            f"{type(state_dict).__name__}"
        )
    attention = {key.rpartition(".")[0] for key in state_dict if key.endswith(PROJECTIONS)}
    groups: dict[str, dict[str, Any]] = {}
    for key, value in state_dict.items():
        if isinstance(value, Mapping):
            raise OptionError(f"{key!r} holds a mapping, not an array; is that the state dict that is meant?")
        name, _, tensor = key.rpartition(".")
        outer, _, last = name.rpartition(".")
        if last == OUTPUT and outer in attention:
            name, tensor = outer, f"{OUTPUT}.{tensor}"
        groups.setdefault(name, {})[tensor] = value
    found = [Module(name, tensors) for name, tensors in groups.items()]
    numbered = all(part.isdecimal() for name in groups for part in name.split("."))
    return sorted(found, key=lambda module: _numbers(module.name)) if numbered else found


def _numbers(name: str) -> list[int]:
    return [int(part) for part in name.split(".")]


def chosen_modules(modules: Sequence[Module], names: Iterable[str] | None) -> list[Module]:
    """
    Return the modules of these names in that order; all if None is given.

    Raises:
        UnknownNameError: If there is none of a name.
    """
    if names is None:
        return list(modules)
    known = {module.name: module for module in modules}
    for name in names:
        if name not in known:
            raise UnknownNameError.of("module", name, known)
    return [known[name] for name in names]


def array_of(name: str, value: Any) -> Array:
    """
    Return a tensor of any library as an array.

    Raises:
        DataError: If it is none, or does not hold numbers.
    """
    for step in ("detach", "cpu"):
        value = getattr(value, step, lambda value=value: value)()
    if str(getattr(value, "dtype", "")) == "torch.bfloat16":
        value = value.float()  # numpy has no such numbers
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise DataError(f"{name!r} of the state dict does not hold numbers, but {array.dtype}")
    return array


def shape_of(tensor: Any) -> Shape:
    """Return the shape of an array, or of lists that will be one."""
    return tuple(tensor.shape) if hasattr(tensor, "shape") else np.shape(tensor)


def shapes_of(tensors: Mapping[str, Any]) -> str:
    """Return names and shapes in words."""
    return ", ".join(f"{name} {shape_of(tensor)}" for name, tensor in tensors.items())
