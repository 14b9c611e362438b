"""
Files in the safetensors format: arrays by name, and a header that can be read on its own.

Eight bytes with the length of the header (little-endian), the header as JSON, the bytes of the arrays one after another
(https://huggingface.co/docs/safetensors, section "Format"). Nothing in such a file is ever executed.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Mapping
from io import BufferedReader, BytesIO
from math import prod
from typing import Any

import attrs
import numpy as np

from ..errors import FormatError, OptionError
from ..typing import Shape
from .atomic import replacing, replacing_uncached
from .checksum import Checksum
from .strict_json import dumps, loads

DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "|u1",
    "BOOL": "|b1",
}
"""The types of arrays, as the header names them."""
LONGEST = 100_000_000
"""The most bytes of a header that the format allows."""
LARGEST = 2**62
"""The most that any number in a header may say."""
MOST_AXES = 32
"""Axes of an array that every numpy knows."""
PIECE = 1 << 22
"""Bytes that are read at a time, so that the checksum of one piece is worked out while the next is read."""
LARGE = 1 << 22
"""Bytes of arrays that it matters where they are in memory."""
OF_ARRAYS, OF_HEADER = "crc32.arrays", "crc32.header"
"""The keys of the checksums among the metadata; files of others need not have them."""


@attrs.frozen
class Entry:
    """Where an array lies in a file."""

    dtype: np.dtype[Any]
    shape: Shape
    first: int
    """The first byte, counted from the beginning of the file."""

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return prod(self.shape) * self.dtype.itemsize

    def view(self, memory: np.ndarray) -> np.ndarray:
        """
        Return the array, given the bytes of the whole file, as a view of them.

        One that does not lie where numbers of its type should, which `write` takes care of, is copied.
        """
        array = memory[self.first : self.first + self.size].view(self.dtype).reshape(self.shape)
        return array if array.flags.aligned else _frozen(array.copy())


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
    header = _header(ordered, metadata, 0)
    parts = [_bytes(array) for array in ordered.values()]
    size = sum(map(len, parts))
    if not cached and size >= LARGE:
        with Checksum(0) as checksum, replacing_uncached(path) as file:
            for part in parts:
                checksum.add(part)
            for part in (_header(ordered, metadata, checksum.finish()), *parts):
                file.write(part)
        return
    with Checksum(size) as checksum, replacing(path) as file:
        for part in parts:
            checksum.add(part)
        for part in (header, *parts):
            file.write(part)
        # Only now is the checksum known; the header is as long with any other.
        file.seek(0)
        file.write(_header(ordered, metadata, checksum.finish()))


def read_header(path: str | os.PathLike[str]) -> tuple[dict[str, str], dict[str, Entry]]:
    """
    Return the metadata of a file and where its arrays lie, without reading them.

    Raises:
        FormatError: If the file is not in the format, truncated or too long.
        OSError: If it cannot be read at all.
    """
    with open(path, "rb") as file:
        return _read_header(path, file, _size(file))


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
        metadata, entries = _read_header(path, file, _size(file))
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
    return metadata, {name: array if name in memory else _frozen(array) for name, array in arrays.items()}


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
        metadata, entries = _read_header(path, file, _size(file))
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
    return b"".join((_header_text(ordered, metadata), *map(_bytes, ordered.values())))


def from_bytes(data: bytes, what: str = "a message") -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """
    Return metadata and arrays of what `to_bytes` made; the arrays are views of ``data``, read-only.

    Raises:
        FormatError: If it is not in the format.
    """
    metadata, entries = _read_header(what, BytesIO(data), len(data))
    memory = np.frombuffer(data, np.uint8)
    return metadata, {name: entry.view(memory) for name, entry in entries.items()}


def require_checksums(path: Any, metadata: Mapping[str, str]) -> None:
    """Raise a FormatError unless the file has the checksums that `write` puts in."""
    if missing := {OF_ARRAYS, OF_HEADER} - set(metadata):
        raise FormatError(f"{path} is damaged: it has no checksum {', '.join(sorted(missing))}")


def _header(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str], checksum: int) -> bytes:
    about = {**metadata, OF_ARRAYS: f"{checksum:08x}"}
    about[OF_HEADER] = _header_checksum(about, {name: (a.dtype, a.shape) for name, a in arrays.items()})
    return _header_text(arrays, about)


def _header_text(arrays: Mapping[str, np.ndarray], about: Mapping[str, str]) -> bytes:
    header: dict[str, Any] = {}
    end = 0
    for name, array in arrays.items():
        start, end = end, end + array.nbytes
        header[name] = {"dtype": _name(array.dtype), "shape": list(array.shape), "data_offsets": [start, end]}
    text = dumps({"__metadata__": dict(about), **header}, ascii_only=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _read_header(
    path: Any, file: BufferedReader | BytesIO, size: int
) -> tuple[dict[str, str], dict[str, Entry]]:
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or not 2 <= length <= min(LONGEST, size - 8):
        raise FormatError(
            f"{path} is no safetensors file, or truncated: its header cannot be {length} bytes long"
        )
    try:
        header = loads(file.read(length))
        metadata = {str(key): str(value) for key, value in header.pop("__metadata__", {}).items()}
        entries = {name: _entry(value, 8 + length) for name, value in header.items()}
    except FormatError as error:
        raise FormatError(f"the header of {path} is damaged: {error}") from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FormatError(f"the header of {path} is damaged: {error!r}") from None
    _check_places(path, entries, 8 + length, size)
    found = _header_checksum(metadata, {name: (entry.dtype, entry.shape) for name, entry in entries.items()})
    if metadata.get(OF_HEADER) not in (None, found):
        raise FormatError(
            f"the header of {path} is damaged: its checksum is {found}, not {metadata[OF_HEADER]}"
        )
    return metadata, entries


def _size(file: BufferedReader) -> int:
    return os.fstat(file.fileno()).st_size


def _header_checksum(metadata: Mapping[str, str], arrays: Mapping[str, tuple[np.dtype[Any], Shape]]) -> str:
    kept = {key: value for key, value in metadata.items() if key != OF_HEADER}
    kinds = {name: (dtype.str, list(shape)) for name, (dtype, shape) in arrays.items()}
    return f"{zlib.crc32(json.dumps([kept, kinds], sort_keys=True).encode()):08x}"


def _name(dtype: np.dtype[Any]) -> str:
    for name, known in DTYPES.items():
        if np.dtype(known) == dtype:
            return name
    raise OptionError(f"arrays in a file are of one of the types {', '.join(DTYPES)}, not {dtype}")


def _bytes(array: np.ndarray) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _entry(value: dict[str, Any], start: int) -> Entry:
    dtype, shape = np.dtype(DTYPES[value["dtype"]]), tuple(value["shape"])
    first, last = value["data_offsets"]
    whole = all(type(number) is int and 0 <= number < LARGEST for number in (*shape, first, last))
    if not whole or len(shape) > MOST_AXES or last - first != prod(shape) * dtype.itemsize:
        raise ValueError(f"{value['dtype']} {shape} does not lie in the bytes {first} to {last}")
    if prod(size for size in shape if size) * dtype.itemsize >= LARGEST:
        raise ValueError(f"{shape} is the shape of no array")
    return Entry(dtype, shape, start + first)


def _check_places(path: Any, entries: dict[str, Entry], start: int, size: int) -> None:
    """Refuse holes, overlaps and arrays beyond the end, as the format wants it."""
    for entry in sorted(entries.values(), key=lambda entry: entry.first):
        if entry.first != start:
            raise FormatError(f"the header of {path} is damaged: arrays overlap or leave holes")
        start += entry.size
    if start != size:
        raise FormatError(
            f"{path} has {size} bytes, but its header speaks of {start}; it is truncated or damaged"
        )


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


def _frozen(array: np.ndarray) -> np.ndarray:
    """Return the same memory as an array that cannot be made writable."""
    flat: Any = array.reshape(-1)
    return np.frombuffer(memoryview(flat).toreadonly(), array.dtype).reshape(array.shape)
