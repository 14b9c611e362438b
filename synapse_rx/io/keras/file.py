"""What a file of Keras says: a description, and the weights of each layer."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import FormatError
from ...files.strict_json import loads
from .weights import read_arrays

LARGEST_TEXT = 1 << 26
"""The most bytes of a description."""
PACKED = 50
"""How many times larger than it is in the archive a part of it may be; weights hardly shrink."""
WITHIN = ("", "cell/", "forward_layer/cell/", "backward_layer/cell/")
"""Where below its own place a layer may have its arrays, in order."""

Weights = Callable[[str, str], list[np.ndarray]]
"""Returns the arrays of a layer, from its name and its place in the archive."""


def read_file(content: bytes) -> tuple[Any, Weights]:
    """
    Return the description of a model and what gives the weights of its layers.

    Raises:
        FormatError: If it is neither a .keras archive nor an HDF5 file with a whole model.
    """
    if content[:4] == b"PK\x03\x04":
        return _archive(content)
    if content[:8] == b"\x89HDF\r\n\x1a\n":
        return _legacy(content)
    raise FormatError("it is neither a .keras archive nor an HDF5 file")


def place_of(class_name: str, used: dict[str, int]) -> str:
    """Return the place of the next layer of a class in an archive: "conv2d", then "conv2d_1"; counts in ``used``."""
    name = re.sub(r"\W+", "", class_name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    name = re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
    count = used.get(name, -1) + 1
    used[name] = count
    return f"{name}_{count}" if count else name


def _archive(content: bytes) -> tuple[Any, Weights]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            config = loads(_part(archive, "config.json", LARGEST_TEXT))
            held = read_arrays(_part(archive, "model.weights.h5", None))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise FormatError(f"the archive is damaged: {error}") from None

    def weights(name: str, place: str) -> list[np.ndarray]:
        tops = (f"layers/{place}", f"_layer_checkpoint_dependencies/{name}")
        found = ([a for inner in WITHIN for a in held.numbered(f"{top}/{inner}vars")] for top in tops)
        return next(filter(None, found), [])

    return config, weights


def _part(archive: zipfile.ZipFile, name: str, most: int | None) -> bytes:
    try:
        about = archive.getinfo(name)
    except KeyError:
        raise FormatError(f"the archive has no {name}") from None
    limit = PACKED * about.compress_size + (1 << 20)
    if about.file_size > (limit if most is None else min(limit, most)):
        raise FormatError(f"{name} in the archive is too large to be meant")
    with archive.open(about) as file:
        return file.read(about.file_size)


def _legacy(content: bytes) -> tuple[Any, Weights]:
    held = read_arrays(content)
    if held.config is None:
        raise FormatError("it holds weights alone; save the whole model with model.save(...)")

    def weights(name: str, place: str) -> list[np.ndarray]:
        top = f"model_weights/{name}"
        paths = [f"{top}/{path}" for path in held.names.get(top, [])]
        found = [(path, held.array(path)) for path in paths]
        if missing := [path for path, array in found if array is None]:
            raise FormatError(f"the array {missing[0]!r} is missing")
        return [array for _, array in found if array is not None]

    return loads(held.config), weights
