"""Snapshots as bytes, for processes that train together: whole, or what was edited in one that both have."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import fields

from ..errors import FormatError
from ..files import safetensors
from ..files.strict_json import dumps, loads
from ..params import Params
from ..snapshot import Net, Training
from ..snapshot.records import hints, part_from_data, part_to_data

KEY = "synapse_rx.letter"
"""The key of what is not an array among the metadata."""

LAYOUTS = {"params": "layout", "kept": "keeps"}
"""Fields with flat vectors, and what an architecture calls their layouts."""


def written(net: Net, seen: Net | None = None) -> bytes:
    """
    Return a snapshot, or only those parts of it that are not the very ones of ``seen``.

    Raises:
        OptionError: If something in it cannot be written down, such as a function without a name.
    """
    arrays: dict[str, np.ndarray] = {}
    data: dict[str, Any] = {}
    for name, hint in _parts():
        value = _get(net, name)
        if seen is not None and _get(seen, name) is value:
            continue
        if isinstance(value, Params):
            arrays[name] = value.flat
        else:
            data[name] = part_to_data(hint, value, name, arrays)
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
    values: dict[str, Any] = {}
    for name, hint in _parts():
        if name in LAYOUTS and name in arrays:
            values[name] = Params(getattr(values["arch"], LAYOUTS[name]), arrays.pop(name))
        elif name in data:
            values[name] = part_from_data(hint, data[name], name, arrays)
        elif seen is not None:
            values[name] = _get(seen, name)
        else:
            raise FormatError(f"a letter lacks {name}")
    inner = {name.partition(".")[2]: values.pop(name) for name in list(values) if "." in name}
    return Net(training=Training(**inner), **values)


def _parts() -> list[tuple[str, Any]]:
    """Return the fields of a snapshot and its training, each with its type."""
    outer = [(field.name, hints(Net)[field.name]) for field in fields(Net) if field.name != "training"]
    inner = [(f"training.{field.name}", hints(Training)[field.name]) for field in fields(Training)]
    return outer + inner


def _get(net: Net, name: str) -> Any:
    part, _, rest = name.rpartition(".")
    return getattr(net.training if part else net, rest)
