"""Snapshots as bytes, for processes that train together: whole, or what was edited in one that both have."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import FormatError
from ..files import safetensors
from ..files.strict_json import dumps, loads
from ..snapshot import Net
from ..snapshot.by_field import ALL, assembled, fields_from_data, fields_to_data, get

KEY = "synapse_rx.letter"
"""The key of what is not an array among the metadata."""


def written(net: Net, seen: Net | None = None) -> bytes:
    """
    Return a snapshot, or only those parts of it that are not the very ones of ``seen``.

    Raises:
        OptionError: If something in it cannot be written down, such as a function without a name.
    """
    arrays: dict[str, np.ndarray] = {}
    names = [name for name in ALL if seen is None or get(seen, name) is not get(net, name)]
    data = fields_to_data(net, names, arrays)
    return safetensors.to_bytes(arrays, {KEY: dumps(data)})


def read(letter: bytes, seen: Net | None = None) -> Net:
    """
    Return the snapshot that was `written`.

    Args:
        letter: The bytes.
        seen: What it was compared with, or the very same of this process.

    Raises:
        FormatError: If it is no letter.
        SynapseError: If its parts do not fit together, or a description is unknown.
    """
    metadata, arrays = safetensors.from_bytes(letter, "a letter")
    data: Any = loads(metadata.get(KEY, "null"))
    if not isinstance(data, dict):
        raise FormatError("a letter says nothing of a network")
    if seen is None and (missing := [name for name in ALL if name not in data]):
        raise FormatError(f"a letter lacks {missing[0]}")
    values = fields_from_data(data, arrays, None if seen is None else seen.arch)
    rest = [name for name in ALL if name not in values]
    return assembled({name: get(seen, name) for name in rest} | values)  # pyright: ignore[reportArgumentType]
