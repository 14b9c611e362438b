"""
Snapshots as plain data and arrays by name, and back.

A snapshot is made of few classes, and their annotations say what each field is, so that whatever comes from a file ends
up as what it should be or is refused. A field that is added to one of them is in the files from then on; read from an
older file it has its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import attrs
import numpy as np

from ..data import Normalization
from ..errors import FormatError, OptionError
from ..params import Entry, Layout, Params
from ..typing import Data
from .histories import Histories
from .net import Net
from .series import Series
from .slots import Slots
from .stats import Event, Stats
from .training import Position, State, Training
from .values import Arrays, decode, decode_array, encode, encode_array

RECORDS: tuple[type, ...] = (Net, Training, State, Position, Stats, Event, Normalization)
"""What a snapshot is made of, field by field."""

SHORT = {
    "params": "param",
    "training.state.slots": "optimizer",
    "training.state.position.sums": "position",
    "training.state": "state",
    "training.stats": "stats",
}
"""What parts of a snapshot are called among the arrays of a file; others by the attributes that lead to them."""


def to_record(net: Net) -> tuple[Data, dict[str, np.ndarray]]:
    """
    Return a snapshot as plain data and arrays by name: "param.0.W", "optimizer.velocity", "stats.loss".

    Raises:
        OptionError: If something in it cannot be written down.
    """
    arrays: dict[str, np.ndarray] = {}
    return _write(Net, net, "", arrays), arrays


def from_record(data: Data, arrays: Mapping[str, np.ndarray], memory: Mapping[str, Params]) -> Net:
    """
    Return the snapshot that `to_record` took apart.

    Args:
        data: The plain data.
        arrays: The arrays by name; parameters are in ``memory``.
        memory: All `Params` in it, by the paths of their fields, as `layouts` says.

    Raises:
        FormatError: If something is missing, too much, or not what it should be.
        SynapseError: If its parts do not fit together, or a description is unknown.
    """
    left = dict(arrays)
    net = _Reader(left, memory).read(Net, data, "")
    if left:
        raise FormatError(f"it has arrays that belong to nothing, such as {next(iter(left))!r}")
    return net


def part_to_data(hint: Any, value: Any, path: str, arrays: Arrays) -> Data:
    """
    Return one field of a snapshot, or of its training, as plain data.

    Args:
        hint: Its annotation.
        value: What it holds.
        path: The attributes that lead to it.
        arrays: Where arrays are put.

    Raises:
        OptionError: If it cannot be written down.
    """
    return _write(hint, value, path, arrays)


def part_from_data(hint: Any, data: Data, path: str, arrays: Arrays) -> Any:
    """
    Return the field that `part_to_data` took apart; its arrays are taken out of ``arrays``.

    Raises:
        FormatError: If it is not what it should be.
        SynapseError: If a description is unknown or refuses its fields.
    """
    return _Reader(arrays, {}).read(hint, data, path)


def hints(record: type) -> Mapping[str, Any]:
    """Return the annotations of a part of snapshots, by field."""
    return _hints(record)


def stats_of(data: Data, arrays: Mapping[str, np.ndarray]) -> Stats:
    """
    Return the statistics in the plain data of a snapshot.

    Raises:
        FormatError: If they are not what they should be.
    """
    training = _object(_object(data, "").get("training"), "training")
    return _Reader(dict(arrays), {}).read(Stats, training.get("stats"), "training.stats")


def layouts(data: Data) -> dict[str, tuple[np.dtype[Any], Layout]]:
    """
    Return type and layout of every flat vector of parameters in the plain data of a snapshot, by its field.

    Raises:
        FormatError: If one is not what it should be.
    """
    given = _object(data, "")
    return {name: _vector(name, given.get(name)) for name, hint in _hints(Net).items() if hint is Params}


def array_name(*path: str) -> str:
    """Return what an array is called in a file, from the attributes that lead to it."""
    full = ".".join(path)
    for long, short in SHORT.items():
        if full == long or full.startswith(f"{long}."):
            return short + full[len(long) :]
    return full


def _write(hint: Any, value: Any, path: str, arrays: Arrays) -> Data:
    kind, optional = _kind(hint)
    if optional and value is None:
        return None
    if not _is(kind, value):
        raise OptionError(f"{path} of this network must be {_word(kind)}, not {value!r}")
    if kind in RECORDS:
        hints = _hints(kind)
        return {
            field.name: _write(
                hints[field.name], getattr(value, field.name), _below(path, field.name), arrays
            )
            for field in attrs.fields(kind)
            if field.init
        }
    if kind is Params:
        arrays.update({array_name(path, name): view for name, view in value.items()})
        entries = [[list(e.path), list(e.shape), e.regularized, e.unit_axis] for e in value.layout.entries]
        return {"dtype": value.flat.dtype.name, "layout": entries}
    if kind is Series:
        return encode_array(value.array, array_name(path), arrays)
    if kind is Histories:
        return {name: encode_array(one.array, array_name(path, name), arrays) for name, one in value.items()}
    if kind is Slots:
        return {name: _write_slot(one, path, name, arrays) for name, one in value.items()}
    if kind is np.ndarray:
        return encode_array(value, array_name(path), arrays)
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        return [_write(inner, item, f"{path}.{index}", arrays) for index, item in enumerate(value)]
    return encode(value, array_name(path), arrays)


def _write_slot(value: Any, path: str, name: str, arrays: Arrays) -> Data:
    if not _is_slot(value):
        raise OptionError(f"{path}.{name} of this network must be an array or a number, not {value!r}")
    return encode(value, array_name(path, name), arrays)


class _Reader:
    """Makes snapshots of plain data, with arrays that are taken out of ``arrays``."""

    def __init__(self, arrays: Arrays, memory: Mapping[str, Params]) -> None:
        self._arrays = arrays
        self._memory = memory

    def read(self, hint: Any, data: Data, path: str) -> Any:
        kind, optional = _kind(hint)
        if optional and data is None:
            return None
        value = self._read(kind, data, path)
        if not _is(kind, value):
            raise FormatError(f"{path} must be {_word(kind)}, not {value!r}")
        return value

    def _read(self, kind: Any, data: Data, path: str) -> Any:
        if kind in RECORDS:
            return self._record(kind, data, path)
        if kind is Params:
            return self._memory[path]
        if kind is Series:
            return self._series(data, path)
        if kind is Histories:
            items = _object(data, path).items()
            return Histories({name: self._series(one, _below(path, name)) for name, one in items})
        if kind is Slots:
            return Slots({name: self._slot(one, path, name) for name, one in _object(data, path).items()})
        if kind is np.ndarray:
            return decode_array(data, self._arrays)
        if get_origin(kind) is tuple:
            if not isinstance(data, list):
                raise FormatError(f"{path} must be a list, not {data!r}")
            inner = get_args(kind)[0]
            return tuple(self.read(inner, item, f"{path}.{index}") for index, item in enumerate(data))
        return decode(data, self._arrays)

    def _record(self, kind: Any, data: Data, path: str) -> Any:
        hints, given = _hints(kind), _object(data, path)
        fields = {field.name: field for field in attrs.fields(kind) if field.init}
        if unknown := sorted(given.keys() - fields.keys()):
            raise FormatError(f"{_below(path, unknown[0])} is unknown here; a newer version may know it")
        for name, field in fields.items():
            if field.default is attrs.NOTHING and name not in given:
                raise FormatError(f"{_below(path, name)} is missing")
        values = {name: self.read(hints[name], one, _below(path, name)) for name, one in given.items()}
        return kind(**{fields[name].alias: value for name, value in values.items()})

    def _series(self, data: Data, path: str) -> Series:
        array = decode_array(data, self._arrays)
        if array.dtype != np.float64 or array.ndim != 1:
            raise FormatError(f"the history {path} must be a row of float64, not {array.dtype} {array.shape}")
        return Series(array)

    def _slot(self, data: Data, path: str, name: str) -> Any:
        value = decode(data, self._arrays)
        if not _is_slot(value):
            raise FormatError(f"{_below(path, name)} must be an array or a number, not {value!r}")
        return value


def _vector(name: str, data: Data) -> tuple[np.dtype[Any], Layout]:
    try:
        dtype = {"float32": np.dtype("<f4"), "float64": np.dtype("<f8")}[data["dtype"]]
        entries: list[Entry] = []
        offset = 0
        for path, shape, regularized, unit_axis in data["layout"]:
            parts = [*path, *shape, unit_axis]
            if not all(type(part) is int or (part in path and type(part) is str) for part in parts):
                raise TypeError(parts)
            if type(regularized) is not bool or min(shape, default=0) < 0:
                raise TypeError(shape)
            entries.append(Entry(tuple(path), tuple(shape), offset, regularized, unit_axis))
            offset += entries[-1].size
        return dtype, Layout(entries)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"the layout of {name} is damaged: {error!r}") from None


def _object(data: Data, path: str) -> dict[str, Data]:
    if not isinstance(data, dict):
        raise FormatError(f"{path or 'the network'} must be an object, not {data!r}")
    return data


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _kind(hint: Any) -> tuple[Any, bool]:
    """Return what ``hint`` says, and whether None will do as well."""
    if not isinstance(hint, UnionType):
        return hint, False
    kinds = [kind for kind in get_args(hint) if kind is not type(None)]
    return (kinds[0] if len(kinds) == 1 else Any), len(kinds) < len(get_args(hint))


def _is(kind: Any, value: Any) -> bool:
    if kind is Any:
        return True
    if kind is int:
        return type(value) is int and value >= 0
    if kind in (float, str, bool) or kind in RECORDS:
        return type(value) is kind
    return isinstance(value, get_origin(kind) or kind)


def _is_slot(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.bool_, np.number)) or type(value) in (bool, int, float)


def _word(kind: Any) -> str:
    return "a whole number >= 0" if kind is int else getattr(kind, "__name__", str(kind))


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
