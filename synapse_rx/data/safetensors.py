"""
Files in the safetensors format: arrays by name, and a header that can be read on its own.

Eight bytes with the length of the header (little-endian), the header as JSON, the bytes of the arrays one after another
(https://huggingface.co/docs/safetensors, section "Format"). Nothing in such a file is ever executed.
"""

from __future__ import annotations

import json
import os
import secrets
import zlib
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import attrs
import numpy as np

from ..errors import FormatError
from ..typing import Shape
from .frozen import frozen

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
        OSError: If it cannot be written; a file that was there is left as it is.
    """
    # The largest types first, so that every array is aligned.
    ordered = dict(sorted(arrays.items(), key=lambda pair: -pair[1].dtype.itemsize))
    checksum = 0
    header: dict[str, Any] = {}
    end = 0
    for name, array in ordered.items():
        start, end = end, end + array.nbytes
        header[name] = {"dtype": _name(array.dtype), "shape": list(array.shape), "data_offsets": [start, end]}
        checksum = zlib.crc32(_bytes(array), checksum)
    about = {**metadata, OF_ARRAYS: f"{checksum:08x}"}
    about[OF_HEADER] = _header_checksum(about, {name: (a.dtype, a.shape) for name, a in ordered.items()})
    header = {"__metadata__": about, **header}
    text = json.dumps(header, ensure_ascii=False, allow_nan=False).encode()
    text += b" " * (-len(text) % 8)
    target = Path(path)
    part = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    try:
        with open(part, "xb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            for array in ordered.values():
                file.write(_bytes(array))
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def read_header(path: str | os.PathLike[str]) -> tuple[dict[str, str], dict[str, Entry]]:
    """
    Return the metadata of a file and where its arrays lie, without reading them.

    Raises:
        FormatError: If the file is not in the format, truncated or too long.
        OSError: If it cannot be read at all.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or not 2 <= length <= min(LONGEST, size - 8):
            raise FormatError(
                f"{path} is no safetensors file, or truncated: its header cannot be {length} bytes long"
            )
        try:
            header = json.loads(file.read(length))
        except (ValueError, RecursionError) as error:
            raise FormatError(f"the header of {path} is damaged: {error}") from None
    try:
        metadata = {str(key): str(value) for key, value in header.pop("__metadata__", {}).items()}
        entries = {name: _entry(value, 8 + length) for name, value in header.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FormatError(f"the header of {path} is damaged: {error!r}") from None
    _check_places(path, entries, 8 + length, size)
    found = _header_checksum(metadata, {name: (entry.dtype, entry.shape) for name, entry in entries.items()})
    if metadata.get(OF_HEADER) not in (None, found):
        raise FormatError(
            f"the header of {path} is damaged: its checksum is {found}, not {metadata[OF_HEADER]}"
        )
    return metadata, entries


def read(path: str | os.PathLike[str], *, mmap: bool = False) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """
    Return the metadata and the arrays of a file.

    Args:
        path: The file.
        mmap: Leave the arrays in the file, mapped into memory, read-only; their checksum is not verified then.

    Raises:
        FormatError: If the file is not in the format, or damaged.
        OSError: If it cannot be read at all.
    """
    metadata, entries = read_header(path)
    if mmap:
        whole = np.memmap(path, np.uint8, "r")
        return metadata, {name: _view(whole, entry) for name, entry in entries.items()}
    with open(path, "rb") as file:
        arrays = {name: _array(file, entry) for name, entry in entries.items()}
    checksum = 0
    for name in sorted(entries, key=lambda name: entries[name].first):
        checksum = zlib.crc32(_bytes(arrays[name]), checksum)
    if metadata.get(OF_ARRAYS) not in (None, f"{checksum:08x}"):
        raise FormatError(
            f"{path} is damaged: its arrays have the checksum {checksum:08x}, not {metadata[OF_ARRAYS]}"
        )
    return metadata, arrays


def _header_checksum(metadata: Mapping[str, str], arrays: Mapping[str, tuple[np.dtype[Any], Shape]]) -> str:
    kept = {key: value for key, value in metadata.items() if key != OF_HEADER}
    kinds = {name: (dtype.str, list(shape)) for name, (dtype, shape) in arrays.items()}
    return f"{zlib.crc32(json.dumps([kept, kinds], sort_keys=True).encode()):08x}"


def _name(dtype: np.dtype[Any]) -> str:
    return next(name for name, known in DTYPES.items() if np.dtype(known) == dtype)


def _bytes(array: np.ndarray) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _entry(value: dict[str, Any], start: int) -> Entry:
    dtype, shape = np.dtype(DTYPES[value["dtype"]]), tuple(value["shape"])
    first, last = value["data_offsets"]
    whole = all(type(number) is int and number >= 0 for number in (*shape, first, last))
    if not whole or last - first != prod(shape) * dtype.itemsize:
        raise ValueError(f"{value['dtype']} {shape} does not lie in the bytes {first} to {last}")
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


def _array(file: BinaryIO, entry: Entry) -> np.ndarray:
    array = np.empty(entry.shape, entry.dtype)
    file.seek(entry.first)
    if file.readinto(array.reshape(-1).view(np.uint8).data) != array.nbytes:  # pyright: ignore[reportAttributeAccessIssue]
        raise FormatError(f"{file.name} was truncated while it was read")
    return frozen(array, fresh=True)


def _sync_folder(folder: Path) -> None:
    """Make the new name last, where a folder can be synchronised at all."""
    if os.name == "posix":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
