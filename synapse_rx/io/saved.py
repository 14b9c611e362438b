"""Networks in files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from errno import EISDIR
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve

from ..atoms import Atom
from ..errors import FormatError, OptionError, UnknownNameError
from ..files import safetensors
from ..files.safetensors_header import Entry
from ..files.strict_json import dumps, loads
from ..functions import trusting
from ..params import Layout, Params
from ..snapshot import Net, Stats, Training, only_nets
from ..snapshot.records import array_name, from_record, layouts, stats_of, to_record
from ..typing import Array

KEY = "synapse_rx.net"
"""The key of what is not an array, as JSON, among the metadata of a file."""

VERSION = 1
"""The version of the format that is written; those before it can be read."""


def save(net: Atom[Net] | Net, path: str | PathLike[str]) -> None:
    """
    Write a network to a safetensors file, with everything that training goes on from.

    The file is there whole or not at all: what was there stays until the new one is complete and on the disk.

    Args:
        net: A cell, of which the present snapshot is written, or a snapshot.
        path: The file; by convention it ends in ".safetensors".

    Raises:
        OptionError: If ``net`` is no network, or something in it cannot be written down, such as a loss made of
            functions.
        OSError: If the file cannot be written.
    """
    snapshot = net.value if isinstance(net, Atom) else net
    if not isinstance(snapshot, Net):
        raise OptionError(f"save takes a network, a cell or a snapshot, not {type(net).__name__}")
    write_snapshot(snapshot, path)


def write_snapshot(net: Net, path: str | PathLike[str], *, cached: bool = True) -> None:
    """
    Write a snapshot to a file, as `save` does.

    Args:
        net: The snapshot.
        path: The file.
        cached: Whether the system is to keep the file in memory for those who read it soon.

    Raises:
        OptionError: If something in it cannot be written down.
        OSError: If the file cannot be written.
    """
    data, arrays = to_record(net)
    safetensors.write(path, arrays, {KEY: dumps({"version": VERSION, "net": data})}, cached=cached)


def load(
    path: str | PathLike[str], *, functions: Iterable[Callable[..., Any]] = (), mmap: bool = False
) -> Atom[Net]:
    """
    Read a network that `save` wrote: an `Atom` of its own that holds the very same value.

    Of a network that was in training when it was written the status is "stopped"; training it on continues exactly
    where it stood. Nothing in the file is executed. Classes of one's own (layers, losses, ...) must be defined before.

    Args:
        path: The file.
        functions: Those that it may use, if it names any (in a `Lambda` layer, say): a file cannot choose them itself.
        mmap: Leave parameters and other arrays in the file, mapped into memory. They are there at once then, whatever
            their size, take no memory of their own, and several processes share them. But the file must not be written
            to or cut short as long as the network is used (to be replaced or deleted, as `save` does it, is no harm;
            Windows does not allow that), and damage in them is not noticed.

    Raises:
        FormatError: If the file is another one, damaged or of a newer version, or has a description of unknown kind.
        OSError: If it cannot be read at all.
    """
    return Atom(load_snapshot(path, functions=functions, mmap=mmap), validator=only_nets)


def load_snapshot(
    path: str | PathLike[str], *, functions: Iterable[Callable[..., Any]] = (), mmap: bool = False
) -> Net:
    """
    Read a network that `save` wrote, as a value; otherwise like `load`.

    Args:
        path: The file.
        functions: Those that it may use, if it names any.
        mmap: Leave parameters and other arrays in the file.

    Raises:
        FormatError: If the file is another one, damaged or of a newer version, or has a description of unknown kind.
        OSError: If it cannot be read at all.
    """
    if Path(path).is_dir():
        raise IsADirectoryError(
            EISDIR, "it is a folder; resume reads the newest checkpoint in one", str(path)
        )
    about, arrays, params = _mapped(path) if mmap else _read(path)
    with trusting(functions), _blaming(path):
        net = from_record(about, arrays, params)
    return _at_rest(net)


def load_stats(path: str | PathLike[str]) -> Stats:
    """
    Read what happened in the training of a network that `save` wrote, and nothing else of it.

    Raises:
        FormatError: If the file is another one, or damaged.
        OSError: If it cannot be read at all.
    """
    metadata, arrays = safetensors.read(path)
    with _blaming(path):
        return stats_of(_about(path, metadata), arrays)


def _read(path: str | PathLike[str]) -> tuple[Any, dict[str, Array], dict[str, Params]]:
    """Return the plain data in a file, its arrays, and its parameters, which are read to where they stay."""
    vectors: dict[str, Vector] = {}

    def memory(metadata: Mapping[str, str], entries: Mapping[str, Entry]) -> dict[str, Array]:
        with _blaming(path):
            vectors.update(_vectors(_about(path, metadata), entries))
        return {name: view for vector in vectors.values() for name, view in vector.make_room().items()}

    metadata, arrays = safetensors.read(path, into=memory)
    params = {field: vector.params() for field, vector in vectors.items()}
    return _about(path, metadata), _others(arrays, vectors), params


def _mapped(path: str | PathLike[str]) -> tuple[Any, dict[str, Array], dict[str, Params]]:
    """Return the same, with arrays and parameters that stay in the file."""
    metadata, entries, memory = safetensors.map_file(path)
    with _blaming(path):
        about = _about(path, metadata)
        vectors = _vectors(about, entries)
        arrays = {name: entry.view(memory) for name, entry in entries.items()}
        params = {field: vector.mapped(memory) for field, vector in vectors.items()}
    return about, _others(arrays, vectors), params


def _vectors(about: Any, entries: Mapping[str, Entry]) -> dict[str, Vector]:
    return {field: Vector(field, dtype, layout, entries) for field, (dtype, layout) in layouts(about).items()}


def _others(arrays: Mapping[str, Array], vectors: Mapping[str, Vector]) -> dict[str, Array]:
    known = {name for vector in vectors.values() for name in vector.names}
    return {name: array for name, array in arrays.items() if name not in known}


class Vector:
    """
    Parameters that lie in a file one by one, and in memory in one flat vector.

    Attributes:
        names: What they are called in the file.

    Raises:
        FormatError: If the file does not have each of them, as it should be.
    """

    def __init__(
        self, field: str, dtype: np.dtype[Any], layout: Layout, entries: Mapping[str, Entry]
    ) -> None:
        self.names = [array_name(field, entry.name) for entry in layout.entries]
        for name, entry in zip(self.names, layout.entries, strict=True):
            there = entries.get(name)
            if there is None or (there.dtype, there.shape) != (dtype, entry.shape):
                raise FormatError(f"{name} is missing, or no {dtype} of {entry.shape}")
        if len(set(self.names)) != len(self.names):
            raise FormatError(f"{field} names a parameter twice")
        self._layout, self._dtype = layout, dtype
        self._there = [entries[name] for name in self.names]
        self._flat: Array | None = None

    def make_room(self) -> dict[str, Array]:
        """Return memory for them, by what they are called in the file, which has them once and so is not smaller."""
        self._flat = flat = np.empty(self._layout.size, self._dtype)
        return {name: e.view(flat) for name, e in zip(self.names, self._layout.entries, strict=True)}

    def params(self) -> Params:
        """Return them as a value, once they have been read to there."""
        assert self._flat is not None
        self._flat.setflags(write=False)
        return Params(self._layout, self._flat)

    def mapped(self, memory: Array) -> Params:
        """Return them as a value that lies in the bytes of the file; copied, if it is not in one piece there."""
        start = self._there[0].first if self._there else 0
        places = zip(self._there, self._layout.entries, strict=True)
        if all(there.first == start + entry.offset * self._dtype.itemsize for there, entry in places):
            return Params(self._layout, Entry(self._dtype, (self._layout.size,), start).view(memory))
        flat = np.concatenate([there.view(memory).reshape(-1) for there in self._there])
        return Params(self._layout, flat)


def _about(path: Any, metadata: Mapping[str, str]) -> Any:
    if KEY not in metadata:
        raise FormatError(
            "it holds no network, which is what save writes; import_state_dict makes one of layers and PyTorch weights"
        )
    safetensors.require_checksums(path, metadata)
    about = loads(metadata[KEY])
    if not isinstance(about, dict) or not {"version", "net"} <= about.keys():
        raise FormatError("it does not say what it holds")
    version = about["version"]
    if type(version) is not int or not 1 <= version <= VERSION:
        raise FormatError(
            f"it is written in version {version!r} of the format, but only those up to {VERSION} are known here; a "
            "newer synapse_rx may read it"
        )
    return about["net"]


@contextmanager
def _blaming(path: Any) -> Iterator[None]:
    """Turn whatever goes wrong into an error of the file; descriptions may raise anything over what they are given."""
    try:
        yield
    except UnknownNameError as error:
        raise FormatError(
            f"{path} cannot be read: {error}; classes of one's own must be defined before"
        ) from error
    except Exception as error:
        raise FormatError(f"{path} cannot be read: {error}") from error


def _at_rest(net: Net) -> Net:
    if net.training.status not in Training.LIVE:
        return net
    return evolve(net, training=evolve(net.training, status="stopped"))
