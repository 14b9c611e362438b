"""Networks in files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from typing import Any

import numpy as np
from attrs import evolve

from ..atoms import Atom
from ..errors import FormatError, OptionError, UnknownNameError
from ..files import safetensors
from ..files.safetensors import Entry
from ..files.strict_json import dumps, loads
from ..functions import trusting
from ..params import Layout, Params
from ..snapshot import Net, Stats, Training
from ..typing import Array
from .records import array_name, from_record, layouts, stats_of, to_record

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
    data, arrays = to_record(snapshot)
    safetensors.write(path, arrays, {KEY: dumps({"version": VERSION, "net": data})})


def load(path: str | PathLike[str], *, functions: Iterable[Callable[..., Any]] = ()) -> Atom[Net]:
    """
    Read a network that `save` wrote: an `Atom` of its own that holds the very same value.

    Of a network that was in training when it was written the status is "stopped"; training it on continues exactly
    where it stood. Nothing in the file is executed. Classes of one's own (layers, losses, ...) must be defined before.

    Args:
        path: The file.
        functions: Those that it may use, if it names any (in a `Lambda` layer, say): a file cannot choose them itself.

    Raises:
        FormatError: If the file is another one, damaged or of a newer version, or has a description of unknown kind.
        OSError: If it cannot be read at all.
    """
    return Atom(load_snapshot(path, functions=functions), validator=_is_net)


def load_snapshot(path: str | PathLike[str], *, functions: Iterable[Callable[..., Any]] = ()) -> Net:
    """
    Read a network that `save` wrote, as a value; otherwise like `load`.

    Args:
        path: The file.
        functions: Those that it may use, if it names any.

    Raises:
        FormatError: If the file is another one, damaged or of a newer version, or has a description of unknown kind.
        OSError: If it cannot be read at all.
    """
    vectors: dict[str, Vector] = {}

    def memory(metadata: Mapping[str, str], entries: Mapping[str, Entry]) -> dict[str, np.ndarray]:
        with _blaming(path):
            for name, (dtype, layout) in layouts(_about(path, metadata)).items():
                vectors[name] = Vector(name, dtype, layout, entries)
        return {name: view for vector in vectors.values() for name, view in vector.views.items()}

    metadata, arrays = safetensors.read(path, into=memory)
    for vector in vectors.values():
        for name in vector.views:
            del arrays[name]
    with trusting(functions), _blaming(path):
        net = from_record(_about(path, metadata), arrays, {name: v.params() for name, v in vectors.items()})
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


class Vector:
    """
    Memory for parameters that lie in a file one by one.

    Attributes:
        views: Their places in the flat vector, by what they are called in the file.

    Raises:
        FormatError: If the file does not have each of them, as it should be.
    """

    def __init__(
        self, field: str, dtype: np.dtype[Any], layout: Layout, entries: Mapping[str, Entry]
    ) -> None:
        names = [array_name(field, entry.name) for entry in layout.entries]
        for name, entry in zip(names, layout.entries, strict=True):
            there = entries.get(name)
            if there is None or (there.dtype, there.shape) != (dtype, entry.shape):
                raise FormatError(f"{name} is missing, or no {dtype} of {entry.shape}")
        if len(set(names)) != len(names):
            raise FormatError(f"{field} names a parameter twice")
        # What the layout asks for is in the file, once: this takes no more memory than that.
        self._layout = layout
        self._flat: Array = np.empty(layout.size, dtype)
        self.views = {n: e.view(self._flat) for n, e in zip(names, layout.entries, strict=True)}

    def params(self) -> Params:
        """Return them as a value, once they have been read."""
        self._flat.setflags(write=False)
        return Params(self._layout, self._flat)


def _about(path: Any, metadata: Mapping[str, str]) -> Any:
    if KEY not in metadata:
        raise FormatError("it holds no network; save writes one")
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


def _is_net(value: object) -> bool:
    return isinstance(value, Net)
