"""Arrays in HDF5 files, read with distrust."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...errors import FormatError
from .library import library

MOST = 10_000
"""The most arrays of one layer."""


def child(group: Any, name: str) -> Any:
    """
    Return what lies in a group under a name, which must lie in the very same file; None if there is nothing.

    Raises:
        FormatError: If it leads elsewhere.
    """
    link = group.get(name, getlink=True)
    if link is None:
        return None
    if not isinstance(link, library().HardLink):
        raise FormatError(f"{name!r} leads to another place, which is not followed")
    return group[name]


def below(group: Any, path: str) -> Any:
    """Return what lies below a group, step by step as `child`; None if there is nothing."""
    for name in path.split("/"):
        if group is None or not isinstance(group, library().Group):
            return None
        group = child(group, name) if name else group
    return group


def array_of(dataset: Any) -> np.ndarray:
    """
    Return the numbers of a dataset.

    Raises:
        FormatError: If it has other than floating-point numbers, lies in other files, or is not there in full.
    """
    if not isinstance(dataset, library().Dataset):
        raise FormatError("there is no array where one is wanted")
    dtype, shape = dataset.dtype, dataset.shape
    if dtype.kind != "f" or shape is None or dtype.itemsize not in (2, 4, 8):
        raise FormatError(f"the array {dataset.name!r} has no floating-point numbers")
    if dataset.is_virtual or dataset.external:
        raise FormatError(f"the array {dataset.name!r} lies in other files, which are not read")
    if dataset.id.get_storage_size() < math.prod(shape) * dtype.itemsize:
        raise FormatError(f"the array {dataset.name!r} is packed, or not there in full")
    array = np.asarray(dataset[()])
    return array.astype(np.float64 if dtype.itemsize == 8 else np.float32)


def numbered(group: Any) -> list[np.ndarray]:
    """Return the arrays "0", "1" and so on of a group, in this order."""
    found: list[np.ndarray] = []
    while group is not None and (dataset := child(group, str(len(found)))) is not None and len(found) < MOST:
        found.append(array_of(dataset))
    return found
