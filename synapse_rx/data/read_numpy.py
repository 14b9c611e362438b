"""Read arrays that numpy has written."""

from __future__ import annotations

import zipfile
import zlib
from os import PathLike, fspath

import numpy as np

from ..errors import FormatError


def read_numpy(path: str | PathLike[str], *, mmap: bool = False) -> np.ndarray | dict[str, np.ndarray]:
    """
    Read a ``.npy`` file as an array, or a ``.npz`` file as a dictionary of arrays; never pickled objects.

    Args:
        path: The file.
        mmap: Leave the array in its file and map it into memory, read-only; for ``.npy`` only. Change the file no more.

    Raises:
        FormatError: If the file is neither, damaged, compressed where it is to be mapped, or holds pickled objects.
        OSError: If it cannot be read at all.
    """
    name = fspath(path)
    with open(name, "rb") as file:
        zipped = file.read(4) == b"PK\x03\x04"
    if zipped and mmap:
        raise FormatError(
            f"{name} is a .npz file, which cannot be mapped; save the array by itself with np.save"
        )
    try:
        if mmap:
            return np.load(name, mmap_mode="r", allow_pickle=False)
        # Opened here, because numpy leaves a damaged file open.
        with open(name, "rb") as file:
            got = np.load(file, allow_pickle=False)
            return got if isinstance(got, np.ndarray) else {key: got[key] for key in got.files}
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise FormatError(f"{name} holds no plain arrays of numpy: {error}") from None
