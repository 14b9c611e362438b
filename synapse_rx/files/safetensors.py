"""
Files in the safetensors format: arrays by name, and a header that can be read on its own.

A header (`safetensors_header`), and the bytes of the arrays one after another
(https://huggingface.co/docs/safetensors, section "Format"). Nothing in such a file is ever executed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from io import BufferedReader, BytesIO
from typing import Any

import numpy as np

from ..errors import FormatError
from ..frozen import frozen
from .atomic import replacing, replacing_uncached
from .checksum import Checksum
from .safetensors_header import (
    OF_ARRAYS,
    OF_HEADER,
    Entry,
    header_of,
    header_with_checksums,
    read_header_from,
)

PIECE = 1 << 22
"""Bytes that are read at a time, so that the checksum of one piece is worked out while the next is read."""
LARGE = 1 << 22
"""Bytes of arrays that it matters where they are in memory."""


def write(
    path: str | os.PathLike[str],
    arrays: Mapping[str, np.ndarray],
    metadata: Mapping[str, str],
    *,
    cached: bool = True,
) -> None:
    """
    Write arrays and metadata to a file, which is there whole or not at all.

    Args:
        path: The file.
        arrays: The arrays by name.
        metadata: Whatever else, as text.
        cached: Whether the system is to keep the file in memory for those who read it soon.

    Raises:
        OptionError: If an array is of a type that the format does not know.
        OSError: If it cannot be written; a file that was there is left as it is.
    """
    # The largest types first, so that every array is aligned.
    ordered = dict(sorted(arrays.items(), key=lambda pair: -pair[1].dtype.itemsize))
    header = header_with_checksums(ordered, metadata, 0)
    parts = [_bytes(array) for array in ordered.values()]
    size = sum(map(len, parts))
    if not cached and size >= LARGE:
        with Checksum(0) as checksum, replacing_uncached(path) as file:
            for part in parts:
                checksum.add(part)
            for part in (header_with_checksums(ordered, metadata, checksum.finish()), *parts):
                file.write(part)
        return
    with Checksum(size) as checksum, replacing(path) as file:
        for part in parts:
            checksum.add(part)
        for part in (header, *parts):
            file.write(part)
        # Only now is the checksum known; the header is as long with any other.
        file.seek(0)
        file.write(header_with_checksums(ordered, metadata, checksum.finish()))


def read_header(path: str | os.PathLike[str]) -> tuple[dict[str, str], dict[str, Entry]]:
    """
    Return the metadata of a file and where its arrays lie, without reading them.

    Raises:
        FormatError: If the file is not in the format, truncated or too long.
        OSError: If it cannot be read at all.
    """
    with open(path, "rb") as file:
        return read_header_from(path, file, _size(file))


def read(
    path: str | os.PathLike[str],
    *,
    into: Callable[[Mapping[str, str], Mapping[str, Entry]], Mapping[str, np.ndarray]] | None = None,
) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """
    Return the metadata and the arrays of a file.

    Args:
        path: The file.
        into: Given metadata and places, returns memory for some of the arrays, of their types and shapes; others are
            read into memory of their own, and read-only.

    Raises:
        FormatError: If the file is not in the format, or damaged.
        OSError: If it cannot be read at all.
    """
    with open(path, "rb") as file:
        metadata, entries = read_header_from(path, file, _size(file))
        memory = {} if into is None else into(metadata, entries)
        arrays: dict[str, np.ndarray] = {}
        with Checksum(sum(entry.size for entry in entries.values())) as checksum:
            for name, entry in sorted(entries.items(), key=lambda pair: pair[1].first):
                arrays[name] = memory[name] if name in memory else np.empty(entry.shape, entry.dtype)
                _fill(arrays[name], file, checksum)
            found = f"{checksum.finish():08x}"
    if metadata.get(OF_ARRAYS) not in (None, found):
        raise FormatError(
            f"{path} is damaged: its arrays have the checksum {found}, not {metadata[OF_ARRAYS]}"
        )
    return metadata, {
        name: array if name in memory else frozen(array, fresh=True) for name, array in arrays.items()
    }


def map_file(path: str | os.PathLike[str]) -> tuple[dict[str, str], dict[str, Entry], np.ndarray]:
    """
    Return the metadata of a file, where its arrays lie, and all its bytes, mapped into memory, read-only.

    The arrays are `Entry.view` of the bytes; what of them is read from the disk is what is looked at, so that their
    checksum is not verified.

    Raises:
        FormatError: If the file is not in the format, truncated or too long.
        OSError: If it cannot be read at all.
    """
    with open(path, "rb") as file:
        metadata, entries = read_header_from(path, file, _size(file))
        memory = np.memmap(file, np.uint8, "r").view(np.ndarray)
    if any(entry.first + entry.size > memory.size for entry in entries.values()):
        raise FormatError(f"{path} was truncated while it was read")
    return metadata, entries, memory


def to_bytes(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> bytes:
    """
    Return what a file would hold, without checksums: for what is sent.

    Raises:
        OptionError: If an array is of a type that the format does not know.
    """
    ordered = dict(sorted(arrays.items(), key=lambda pair: -pair[1].dtype.itemsize))
    return b"".join((header_of(ordered, metadata), *map(_bytes, ordered.values())))


def from_bytes(data: bytes, what: str = "a message") -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """
    Return metadata and arrays of what `to_bytes` made; the arrays are views of ``data``, read-only.

    Raises:
        FormatError: If it is not in the format.
    """
    metadata, entries = read_header_from(what, BytesIO(data), len(data))
    memory = np.frombuffer(data, np.uint8)
    return metadata, {name: entry.view(memory) for name, entry in entries.items()}


def require_checksums(path: Any, metadata: Mapping[str, str]) -> None:
    """Raise a FormatError unless the file has the checksums that `write` puts in."""
    if missing := {OF_ARRAYS, OF_HEADER} - set(metadata):
        raise FormatError(f"{path} is damaged: it has no checksum {', '.join(sorted(missing))}")


def _size(file: BufferedReader) -> int:
    return os.fstat(file.fileno()).st_size


def _bytes(array: np.ndarray) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _fill(array: np.ndarray, file: BufferedReader, checksum: Checksum) -> None:
    """Read an array from where the file stands."""
    left = _bytes(array)
    while left:
        # One call need not bring all that is asked for, but brings something before the end.
        read = file.readinto(left[:PIECE])
        if not read:
            raise FormatError(f"{file.name} was truncated while it was read")
        checksum.add(left[:read])
        left = left[read:]
