"""Damaged files without end, drawn from a generator: the same seed gives the same ones."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from synapse_rx.files import safetensors
from synapse_rx.io.saved import KEY

MOST_EDITS = 3
LONGEST = 64
"""Bytes that one edit touches at most."""

WORDS = [None, True, -1, 0, 10**18, 10**40, 1e300, "", "relu", "$tensor", "param.0.W", "kind", [], {}, [[]]]
TAGS = ["$tensor", "$tuple", "$described", "$scalar", "$float", "$dict", "$bytes", "kind"]


def damaged(whole: bytes, rng: np.random.Generator) -> bytes:
    """
    Return ``whole`` with a few bytes flipped, cut off, left out, repeated, put in, or the other way round.
    """
    content = bytearray(whole)
    for _ in range(rng.integers(1, MOST_EDITS, endpoint=True)):
        start = int(rng.integers(len(content) + 1))
        end = min(len(content), start + int(rng.integers(1, LONGEST)))
        part = bytes(content[start:end])
        kind = rng.integers(6)
        if kind == 0 and part:
            content[start] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            del content[start:]
        elif kind == 2:
            del content[start:end]
        elif kind == 3:
            content[start:start] = part
        elif kind == 4:
            content[start:end] = rng.bytes(int(rng.integers(LONGEST)))
        else:
            content[start:end] = part[::-1]
    return bytes(content)


def edited(about: str, rng: np.random.Generator) -> Any:
    """
    Return what ``about``, a JSON text, says, with a few values in it replaced, left out, or put in other places.
    """
    data = json.loads(about)
    for _ in range(rng.integers(1, MOST_EDITS, endpoint=True)):
        holders = _holders(data)
        holder = holders[rng.integers(len(holders))]
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = keys[rng.integers(len(keys))]
        kind = rng.integers(4)
        if kind == 0:
            del holder[key]
        elif kind == 1:
            other = holders[rng.integers(len(holders))]
            holder[key] = json.loads(json.dumps(other))
        elif kind == 2:
            holder[key] = {TAGS[rng.integers(len(TAGS))]: holder[key]}
        else:
            holder[key] = WORDS[rng.integers(len(WORDS))]
        if not isinstance(data, (dict, list)) or not data:
            break
    return data


def forged(
    about: str, arrays: dict[str, np.ndarray], rng: np.random.Generator
) -> tuple[Any, dict[str, np.ndarray]]:
    """
    Return other plain data, other arrays or both, for a file whose checksums will be right.
    """
    kind = rng.integers(4)
    data = json.loads(about) if kind == 0 else edited(about, rng)
    return data, _other_arrays(arrays, rng) if kind < 2 else dict(arrays)


def put_together(path: Any, data: Any, arrays: dict[str, np.ndarray]) -> None:
    """
    Write a file whose checksums are right, whatever is in it.
    """
    safetensors.write(path, arrays, {KEY: json.dumps(data)})


def _other_arrays(arrays: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    changed, names = dict(arrays), sorted(arrays)
    name, other = (names[rng.integers(len(names))] for _ in range(2))
    kind = rng.integers(5)
    if kind == 0:
        del changed[name]
    elif kind == 1:
        changed[name] = changed[name].astype(["f2", "f4", "f8", "i8", "u1", "?"][rng.integers(6)])
    elif kind == 2:
        changed[name] = np.zeros(rng.integers(4, size=rng.integers(4)), changed[name].dtype)
    elif kind == 3:
        changed[name], changed[other] = changed[other], changed[name]
    else:
        changed[f"{name}."] = changed.pop(name)
    return changed


def _holders(data: Any) -> list[Any]:
    """
    Return all lists and objects that hold something.
    """
    found = [data]
    for one in found:  # grows while it is gone through
        inner = one.values() if isinstance(one, dict) else one
        found += [value for value in inner if isinstance(value, (dict, list)) and value]
    return found
