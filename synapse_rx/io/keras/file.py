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
from .library import library
from .weights import array_of, below, numbered

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
            held = _part(archive, "model.weights.h5", None)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise FormatError(f"the archive is damaged: {error}") from None
    file = library().File(io.BytesIO(held), "r")

    def weights(name: str, place: str) -> list[np.ndarray]:
        top = below(file, f"layers/{place}") or below(file, f"_layer_checkpoint_dependencies/{name}")
        return [array for inner in WITHIN for array in numbered(below(top, f"{inner}vars"))] if top else []

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
    file = library().File(io.BytesIO(content), "r")
    text = file.attrs.get("model_config")
    if text is None:
        raise FormatError("it holds weights alone; save the whole model with model.save(...)")
    if len(text) > LARGEST_TEXT:
        raise FormatError("its description is too large to be meant")

    def weights(name: str, place: str) -> list[np.ndarray]:
        group = below(file, f"model_weights/{name}")
        if group is None:
            return []
        return [array_of(below(group, path)) for path in _names(group)]

    return loads(text if isinstance(text, (str, bytes)) else bytes(text)), weights


def _names(group: Any) -> list[str]:
    """Return the names of the arrays of a layer, in order; a long list is there in pieces."""
    pieces = [group.attrs["weight_names"]] if "weight_names" in group.attrs else []
    while not pieces or f"weight_names{len(pieces)}" in group.attrs:
        piece = group.attrs.get(f"weight_names{len(pieces)}")
        if piece is None:
            break
        pieces.append(piece)
    return [name.decode() if isinstance(name, bytes) else str(name) for piece in pieces for name in piece]
