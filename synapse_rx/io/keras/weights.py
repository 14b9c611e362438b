"""The arrays of an HDF5 file."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from ...errors import FormatError
from . import extraction

SECONDS = 120
"""How long reading a file may take; a damaged one may go in circles."""


@attrs.frozen
class Held:
    """
    What a file holds.

    Attributes:
        arrays: The arrays by their paths.
        refused: Why others are not read, by their paths.
        names: The names of the arrays of each layer, in order, by its path.
        config: The description of the model, if it holds one.
    """

    arrays: Mapping[str, np.ndarray]
    refused: Mapping[str, str]
    names: Mapping[str, list[str]]
    config: str | None

    def array(self, path: str) -> np.ndarray | None:
        """
        Return the array at a path; None if there is none.

        Raises:
            FormatError: If it is of a kind that is not read.
        """
        if path in self.refused:
            raise FormatError(f"the array {path!r} {self.refused[path]}")
        found = self.arrays.get(path)
        if found is None:
            return None
        return found.astype(np.float64 if found.dtype.itemsize == 8 else np.float32)

    def numbered(self, path: str) -> list[np.ndarray]:
        """Return the arrays "0", "1" and so on below a path, in this order."""
        found: list[np.ndarray] = []
        while (array := self.array(f"{path}/{len(found)}")) is not None:
            found.append(array)
        return found


def read_arrays(content: bytes) -> Held:
    """
    Return what an HDF5 file holds, read in a process of its own.

    Raises:
        FormatError: If it is damaged.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-P", extraction.__file__],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FormatError(f"it is damaged: reading it took more than {SECONDS} seconds") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"status {done.returncode}"]
        raise FormatError(f"it is no HDF5 file, or damaged: {lines[-1]}")
    try:
        with np.load(io.BytesIO(done.stdout), allow_pickle=False) as archive:
            found: dict[str, Any] = {name.replace("|", "/"): archive[name] for name in archive.files}
    except (ValueError, zipfile.BadZipFile) as error:
        raise FormatError(f"it is damaged: {error}") from None
    about = json.loads(found.pop("about").tobytes())
    arrays = {name.removeprefix("/"): array for name, array in found.items()}
    return Held(arrays, about["refused"], about["names"], about["config"])
