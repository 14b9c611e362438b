"""
Parameters: every weight and bias of a network as one flat immutable vector with named views.

`Layout` says which part of the vector is which parameter; `Params` joins a layout and a vector into a
value: equal by content, hashable, never written to after it is made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

import attrs
import numpy as np

from .errors import ShapeError, UnknownNameError
from .frozen import is_frozen
from .typing import Array, Shape


def path_of(layer: int | str | tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return the path that names a layer: ``2`` is (2,), ``"1.0"`` is (1, 0), ``"encoder.0"`` is ("encoder", 0)."""
    if isinstance(layer, tuple):
        return layer
    if isinstance(layer, int):
        return (layer,)
    return tuple(int(part) if part.isdigit() else part for part in layer.split("."))


@attrs.frozen
class ParameterSpec:
    """
    What a layer asks for: one named parameter.

    ``fan_in`` and ``fan_out`` are the numbers of inputs and outputs an initialiser scales by; ``regularized`` is
    false for biases and the like, which penalties leave alone. ``unit_axis`` is the axis that counts units: the weights
    into one unit lie along the others.
    """

    name: str
    shape: Shape
    initializer: Any = attrs.field(repr=False)
    fan_in: int = 1
    fan_out: int = 1
    regularized: bool = True
    unit_axis: int = -1


@attrs.frozen
class Entry:
    """The place of one parameter: its path (layer positions, then its name), shape and offset."""

    path: tuple[int | str, ...]
    shape: Shape
    offset: int
    regularized: bool = True
    unit_axis: int = -1

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def name(self) -> str:
        """The path as one word, such as ``0.W``."""
        return ".".join(map(str, self.path))

    def view(self, flat: Array) -> Array:
        """Return this parameter's part of ``flat``, in its shape, without copying."""
        return flat[self.offset : self.offset + self.size].reshape(self.shape)


@attrs.frozen
class Layout:
    """The order, names and shapes of the parameters in the flat vector."""

    entries: tuple[Entry, ...] = attrs.field(converter=tuple)

    @classmethod
    def of(cls, specs: Mapping[tuple[int | str, ...], tuple[ParameterSpec, ...]]) -> Layout:
        """Lay the parameters of each path one behind the other, in the order given."""
        entries: list[Entry] = []
        offset = 0
        for path, asked in specs.items():
            for spec in asked:
                entries.append(
                    Entry((*path, spec.name), tuple(spec.shape), offset, spec.regularized, spec.unit_axis)
                )
                offset += entries[-1].size
        return cls(entries)

    @property
    def size(self) -> int:
        """The number of parameters altogether."""
        return self.entries[-1].offset + self.entries[-1].size if self.entries else 0

    def views(self, flat: Array, path: tuple[int | str, ...] = ()) -> dict[str, Array]:
        """Return the views of ``flat`` directly below ``path``, by name."""
        return {str(e.path[-1]): e.view(flat) for e in self.entries if e.path[:-1] == path}


@attrs.frozen(eq=False, repr=False)
class Params:
    """
    All parameters as one flat read-only vector and the layout of its named views.

    ``params[0]["W"]`` is the weight matrix of the first layer, ``params["0.W"]`` the same by its full name,
    ``params.flat`` the whole vector. A given array is copied unless it owns its memory and is read-only already, or
    lies in memory that cannot be written to, such as a file that is mapped read-only.

    Raises:
        ShapeError: If the vector's length is not the layout's.
    """

    layout: Layout
    flat: Array = attrs.field(converter=lambda flat: _frozen_vector(flat))
    _digest: list[bytes] = attrs.field(init=False, factory=list)

    def __attrs_post_init__(self) -> None:
        if self.flat.shape != (self.layout.size,):
            raise ShapeError(
                f"these parameters are one vector of {self.layout.size} numbers, not an array of {self.flat.shape}"
            )

    def __getitem__(self, key: int | str) -> Any:
        if isinstance(key, str):
            return self._entry(key).view(self.flat)
        return self._group((key,))

    def __len__(self) -> int:
        return len(self.layout.entries)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """The full names, such as ``("0.W", "0.b", "1.W", "1.b")``."""
        return tuple(entry.name for entry in self.layout.entries)

    def items(self) -> Iterator[tuple[str, Array]]:
        """Yield each full name with its read-only view."""
        return ((entry.name, entry.view(self.flat)) for entry in self.layout.entries)

    def with_flat(self, flat: Array) -> Params:
        """Return the same layout over another vector."""
        return Params(self.layout, np.asarray(flat, dtype=self.flat.dtype))

    def replace(self, values: Mapping[str, Array]) -> Params:
        """
        Return parameters with some of them replaced: ``params.replace({"0.b": zeros})``.

        Raises:
            UnknownNameError: If a name is not one of `names`.
            ShapeError: If a value's shape is not the parameter's.
        """
        flat = self.flat.copy()
        for name, value in values.items():
            entry = self._entry(name)
            given = np.asarray(value)
            if given.shape != entry.shape:
                raise ShapeError(f"parameter {name} has shape {entry.shape}, not {given.shape}")
            entry.view(flat)[...] = given
        return Params(self.layout, flat)

    def _group(self, path: tuple[int | str, ...]) -> Mapping[Any, Any]:
        depth = len(path)
        below = [entry for entry in self.layout.entries if entry.path[:depth] == path]
        if not below:
            raise KeyError(f"no parameters at {'.'.join(map(str, path))}; there are {', '.join(self.names)}")
        group: dict[Any, Any] = {}
        for entry in below:
            key = entry.path[depth]
            if len(entry.path) == depth + 1:
                group[key] = entry.view(self.flat)
            elif key not in group:
                group[key] = self._group((*path, key))
        return MappingProxyType(group)

    def _entry(self, name: str) -> Entry:
        for entry in self.layout.entries:
            if entry.name == name:
                return entry
        raise UnknownNameError.of("parameter", name, self.names)

    def _content(self) -> bytes:
        if not self._digest:
            self._digest.append(blake2b(self.flat, digest_size=16).digest())
        return self._digest[0]

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Params):
            return NotImplemented
        return (
            self.flat.dtype == other.flat.dtype
            and self.layout == other.layout
            and (self.flat is other.flat or self._content() == other._content())
        )

    def __hash__(self) -> int:
        return hash((self._content(), len(self)))

    def __reduce__(self) -> tuple[type[Params], tuple[Layout, Array]]:
        # Arrays come back writable from pickle and deepcopy; the constructor freezes them again.
        return Params, (self.layout, self.flat)

    def __repr__(self) -> str:
        parts = ", ".join(f"{e.name} {'x'.join(map(str, e.shape)) or '()'}" for e in self.layout.entries)
        return f"<Params {self.flat.size:,} {self.flat.dtype}: {parts or 'none'}>"


def _frozen_vector(flat: Any) -> Array:
    array = np.asarray(flat)
    if array.flags.writeable or not (array.flags.owndata or is_frozen(array)):
        array = array.copy()
        array.setflags(write=False)
    return array
