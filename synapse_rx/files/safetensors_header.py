"""
The header of files in the safetensors format: metadata, and where each array lies.

Eight bytes with the length (little-endian), then JSON (https://huggingface.co/docs/safetensors, section "Format").
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from io import BufferedReader, BytesIO
from math import prod
from typing import Any

import attrs
import numpy as np

from ..errors import FormatError, OptionError
from ..frozen import frozen
from ..typing import Shape
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

        One that does not lie where numbers of its type should, which `safetensors.write` takes care of, is copied.
        """
        array = memory[self.first : self.first + self.size].view(self.dtype).reshape(self.shape)
        return array if array.flags.aligned else frozen(array.copy(), fresh=True)


def header_with_checksums(
    arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str], checksum: int
) -> bytes:
    """Return the header of a file with arrays in this order, whose bytes have this checksum."""
    about = {**metadata, OF_ARRAYS: f"{checksum:08x}"}
    about[OF_HEADER] = header_checksum(about, {name: (a.dtype, a.shape) for name, a in arrays.items()})
    return header_of(arrays, about)


def header_of(arrays: Mapping[str, np.ndarray], about: Mapping[str, str]) -> bytes:
    """
    Return the header of what holds arrays in this order.

    Raises:
        OptionError: If an array is of a type that the format does not know.
    """
    header: dict[str, Any] = {}
    end = 0
    for name, array in arrays.items():
        start, end = end, end + array.nbytes
        header[name] = {"dtype": _name(array.dtype), "shape": list(array.shape), "data_offsets": [start, end]}
    text = dumps({"__metadata__": dict(about), **header}, ascii_only=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def read_header_from(
    path: Any, file: BufferedReader | BytesIO, size: int
) -> tuple[dict[str, str], dict[str, Entry]]:
    """
    Return metadata, and where the arrays lie, of a file of so many bytes that stands at its beginning.

    Raises:
        FormatError: If it is not in the format, truncated or too long.
    """
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
    found = header_checksum(metadata, {name: (entry.dtype, entry.shape) for name, entry in entries.items()})
    if metadata.get(OF_HEADER) not in (None, found):
        raise FormatError(
            f"the header of {path} is damaged: its checksum is {found}, not {metadata[OF_HEADER]}"
        )
    return metadata, entries


def header_checksum(metadata: Mapping[str, str], arrays: Mapping[str, tuple[np.dtype[Any], Shape]]) -> str:
    """Return the checksum of a header with such metadata, and arrays of such types and shapes by name."""
    kept = {key: value for key, value in metadata.items() if key != OF_HEADER}
    kinds = {name: (dtype.str, list(shape)) for name, (dtype, shape) in arrays.items()}
    return f"{zlib.crc32(json.dumps([kept, kinds], sort_keys=True).encode()):08x}"


def _name(dtype: np.dtype[Any]) -> str:
    for name, known in DTYPES.items():
        if np.dtype(known) == dtype:
            return name
    raise OptionError(f"arrays in a file are of one of the types {', '.join(DTYPES)}, not {dtype}")


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
