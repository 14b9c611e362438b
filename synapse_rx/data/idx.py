"""
Files in the IDX format of MNIST.

Two zero bytes, a type code, the number of dimensions, the sizes as big-endian 32-bit numbers, the values.
Described by Y. LeCun, "The MNIST database", section "the IDX file format".
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FormatError
from ..frozen import frozen

_CODES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_CHUNK = 1 << 20
_MAX_DIMENSIONS = 32


def read_idx(path: str | os.PathLike[str], *, sha256: str | None = None) -> np.ndarray:
    """
    Read an IDX file, plain or gzipped (its content tells which), into a read-only array.

    No more memory is taken than the file really fills, whatever its header claims.

    Args:
        path: The file.
        sha256: The SHA-256 that the uncompressed bytes must have, in hexadecimal.

    Raises:
        FormatError: If the file is no IDX file, damaged, truncated, too long or another than ``sha256`` says.
        OSError: If it cannot be read at all.
    """
    path = Path(path)
    with open(path, "rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        try:
            return _read(gzip.GzipFile(fileobj=raw) if zipped else raw, path, sha256)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FormatError(f"{path}: the gzip stream is damaged or truncated ({error})") from error


def _read(file: Any, path: Path, sha256: str | None) -> np.ndarray:
    start = _up_to(file, 4)
    dtype, dimensions = _kind(start, path)
    sizes = _up_to(file, 4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise FormatError(f"{path}: {dimensions} sizes wanted in the header, the file ends within them")
    shape = tuple(int(size) for size in np.frombuffer(sizes, ">u4"))
    wanted = dtype.itemsize * prod(shape)
    values = _up_to(file, wanted + 1)
    _check_length(len(values), wanted, shape, path)
    if sha256 is not None:
        _check_sha256(start + sizes, values, sha256, path)
    return _array(values, dtype, shape, path)


def _kind(start: bytes, path: Path) -> tuple[np.dtype, int]:
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _CODES:
        codes = ", ".join(f"{code:02x}" for code in _CODES)
        raise FormatError(
            f"{path}: not an IDX file; wanted 00 00, a type code ({codes}) and the number of dimensions, "
            f"found {start.hex(' ') or 'nothing'}"
        )
    if not 1 <= start[3] <= _MAX_DIMENSIONS:
        raise FormatError(f"{path}: 1 to {_MAX_DIMENSIONS} dimensions wanted, the header says {start[3]}")
    return np.dtype(_CODES[start[2]]), start[3]


def _up_to(file: Any, count: int) -> bytes:
    return b"".join(_chunks(file, count))


def _chunks(file: Any, count: int) -> Iterator[bytes]:
    while count > 0 and (chunk := file.read(min(count, _CHUNK))):
        yield chunk
        count -= len(chunk)


def _check_length(found: int, wanted: int, shape: tuple[int, ...], path: Path) -> None:
    if found < wanted:
        raise FormatError(f"{path}: truncated; {wanted} bytes wanted for the shape {shape}, found {found}")
    if found > wanted:
        raise FormatError(f"{path}: bytes are left over after the {wanted} of the shape {shape}")


def _check_sha256(header: bytes, values: bytes, wanted: str, path: Path) -> None:
    digest = hashlib.sha256(header)
    digest.update(values)
    if digest.hexdigest() != wanted:
        raise FormatError(
            f"{path}: damaged, or another file than its name says; SHA-256 of the uncompressed bytes "
            f"{wanted} wanted, found {digest.hexdigest()}"
        )


def _array(values: bytes, dtype: np.dtype, shape: tuple[int, ...], path: Path) -> np.ndarray:
    try:
        array = np.frombuffer(values, dtype).reshape(shape)
    except ValueError as error:
        raise FormatError(f"{path}: no array can have the shape {shape} ({error})") from None
    native = array.astype(dtype.newbyteorder("="), copy=False)
    return frozen(native, fresh=True) if native.size else native
