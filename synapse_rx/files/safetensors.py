"""
Files in the safetensors format: arrays by name, and a header that can be read on its own.

Eight bytes with the length of the header (little-endian), the header as JSON, the bytes of the arrays one after another
(https://huggingface.co/docs/safetensors, section "Format"). Nothing in such a file is ever executed.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from math import prod
from threading import Thread
from typing import Any, BinaryIO

import attrs
import numpy as np

from ..errors import FormatError, OptionError
from ..typing import Shape
from .atomic import replacing
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
WORTH_A_THREAD = 1 << 20
"""Bytes whose checksum is worked out on a second thread, beside the writing."""
OF_ARRAYS, OF_HEADER = "crc32.arrays", "crc32.header"
"""The keys of the checksums among the metadata; files of others need not have them."""


@attrs.frozen
class Entry:
    """Where an array lies in a file."""

    dtype: np.dtype[Any]
    shape: Shape
    first: int
    """The first byte, counted from the beginning of the file."""


def write(
    path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]
) -> None:
    """
    Write arrays and metadata to a file, which is there whole or not at all.

    Raises:
        OptionError: If an array is of a type that the format does not know.
        OSError: If it cannot be written; a file that was there is left as it is.
    """
    # The largest types first, so that every array is aligned.
    ordered = dict(sorted(arrays.items(), key=lambda pair: -pair[1].dtype.itemsize))
    text = _header(ordered, metadata, 0)
    parts = [_bytes(array) for array in ordered.values()]
    with replacing(path) as file:
        checksum = _begin_checksum(parts)
        file.write(text)
        for part in parts:
            file.write(part)
        # Only now is the checksum known; the header is as long with any other.
        file.seek(0)
        file.write(_header(ordered, metadata, checksum()))


def read_header(path: str | os.PathLike[str]) -> tuple[dict[str, str], dict[str, Entry]]:
    """
    Return the metadata of a file and where its arrays lie, without reading them.

    Raises:
        FormatError: If the file is not in the format, truncated or too long.
        OSError: If it cannot be read at all.
    """
    with open(path, "rb") as file:
        return _read_header(path, file)


def read(
    path: str | os.PathLike[str],
    *,
    mmap: bool = False,
    into: Callable[[Mapping[str, str], Mapping[str, Entry]], Mapping[str, np.ndarray]] | None = None,
) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """
    Return the metadata and the arrays of a file.

    Args:
        path: The file.
        mmap: Leave the arrays in the file, mapped into memory, read-only; their checksum is not verified then.
        into: Given metadata and places, returns memory for some of the arrays, of their types and shapes; others are
            read into memory of their own, and read-only. Not with mmap.

    Raises:
        FormatError: If the file is not in the format, or damaged.
        OSError: If it cannot be read at all.
    """
    with open(path, "rb") as file:
        metadata, entries = _read_header(path, file)
        if mmap:
            whole = np.memmap(file, np.uint8, "r")
            return metadata, {name: _view(whole, entry) for name, entry in entries.items()}
        memory = {} if into is None else into(metadata, entries)
        arrays: dict[str, np.ndarray] = {}
        for name, entry in sorted(entries.items(), key=lambda pair: pair[1].first):
            arrays[name] = memory[name] if name in memory else np.empty(entry.shape, entry.dtype)
            _fill(arrays[name], file, entry)
    checksum = _checksum([_bytes(array) for array in arrays.values()])
    if metadata.get(OF_ARRAYS) not in (None, f"{checksum:08x}"):
        raise FormatError(
            f"{path} is damaged: its arrays have the checksum {checksum:08x}, not {metadata[OF_ARRAYS]}"
        )
    return metadata, {name: array if name in memory else _frozen(array) for name, array in arrays.items()}


def require_checksums(path: Any, metadata: Mapping[str, str]) -> None:
    """Raise a FormatError unless the file has the checksums that `write` puts in."""
    if missing := {OF_ARRAYS, OF_HEADER} - set(metadata):
        raise FormatError(f"{path} is damaged: it has no checksum {', '.join(sorted(missing))}")


def _header(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str], checksum: int) -> bytes:
    header: dict[str, Any] = {}
    end = 0
    for name, array in arrays.items():
        start, end = end, end + array.nbytes
        header[name] = {"dtype": _name(array.dtype), "shape": list(array.shape), "data_offsets": [start, end]}
    about = {**metadata, OF_ARRAYS: f"{checksum:08x}"}
    about[OF_HEADER] = _header_checksum(about, {name: (a.dtype, a.shape) for name, a in arrays.items()})
    text = dumps({"__metadata__": about, **header}, ascii_only=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _read_header(path: Any, file: BinaryIO) -> tuple[dict[str, str], dict[str, Entry]]:
    size = os.fstat(file.fileno()).st_size
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


def _header_checksum(metadata: Mapping[str, str], arrays: Mapping[str, tuple[np.dtype[Any], Shape]]) -> str:
    kept = {key: value for key, value in metadata.items() if key != OF_HEADER}
    kinds = {name: (dtype.str, list(shape)) for name, (dtype, shape) in arrays.items()}
    return f"{zlib.crc32(json.dumps([kept, kinds], sort_keys=True).encode()):08x}"


def _begin_checksum(parts: Sequence[memoryview]) -> Callable[[], int]:
    """Begin to work out a checksum beside what the caller does, and return what gives it in the end."""
    found: list[int] = []
    thread = Thread(target=lambda: found.append(_checksum(parts)), name="synapse-rx-checksum", daemon=True)
    if sum(len(part) for part in parts) >= WORTH_A_THREAD:
        with suppress(RuntimeError):  # no thread is to be had, such as at the exit of the interpreter
            thread.start()

    def finish() -> int:
        if thread.ident is not None:
            thread.join()
        return found[0] if found else _checksum(parts)

    return finish


def _checksum(parts: Sequence[memoryview]) -> int:
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    return checksum


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
        start += prod(entry.shape) * entry.dtype.itemsize
    if start != size:
        raise FormatError(
            f"{path} has {size} bytes, but its header speaks of {start}; it is truncated or damaged"
        )


def _view(whole: np.ndarray, entry: Entry) -> np.ndarray:
    size = prod(entry.shape) * entry.dtype.itemsize
    return whole[entry.first : entry.first + size].view(entry.dtype).reshape(entry.shape)


def _fill(array: np.ndarray, file: BinaryIO, entry: Entry) -> None:
    file.seek(entry.first)
    if file.readinto(_bytes(array)) != array.nbytes:  # pyright: ignore[reportAttributeAccessIssue]
        raise FormatError(f"{file.name} was truncated while it was read")


def _frozen(array: np.ndarray) -> np.ndarray:
    """Return the same memory as an array that cannot be made writable."""
    flat: Any = array.reshape(-1)
    return np.frombuffer(memoryview(flat).toreadonly(), array.dtype).reshape(array.shape)
