"""
The arrays of an HDF5 file, read in a process of their own: a damaged file may end the library that reads it.

This module is run as a program: it takes the file from standard input, and writes to standard output an archive of
numpy with what it found. It knows nothing of the package around it.
"""

from __future__ import annotations

import io
import json
import math
import sys
from typing import Any

DEEPEST = 12
"""Groups within each other."""
MOST = 100_000
"""The most things that are looked at."""
TOPS = ("model_weights", "layers", "_layer_checkpoint_dependencies")
"""Where the weights of layers are; those of optimisers are elsewhere."""


def main() -> None:
    import h5py  # here, so that whoever wants the path of this module needs it not
    import numpy as np

    content = sys.stdin.buffer.read()
    _limit(len(content))
    found: dict[str, Any] = {}
    about: dict[str, Any] = {"refused": {}, "names": {}, "config": None}
    with h5py.File(io.BytesIO(content), "r") as file:
        text = file.attrs.get("model_config")
        if text is not None:
            about["config"] = text.decode() if isinstance(text, bytes) else str(text)
        _walk(file, h5py.HardLink, found, about, len(content))
    found["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    held, named = io.BytesIO(), {key.replace("/", "|"): array for key, array in found.items()}
    np.savez(held, **named)
    sys.stdout.buffer.write(held.getvalue())


def _limit(size: int) -> None:
    """Bound the memory of this process, where systems can; what a file asks for must be in it."""
    try:
        import resource

        most = 2 * (1 << 30) + 8 * size
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, ValueError, OSError):
        pass


def _walk(file: Any, plain_link: Any, found: dict[str, Any], about: dict[str, Any], left: int) -> None:
    """Write down the arrays in ``file``, which may be ``left`` bytes together, and what else is about them."""
    waiting = [(name, file, name, 0) for name in TOPS if name in file]
    seen = 0
    while waiting:
        name, group, path, depth = waiting.pop()
        seen += 1
        if seen > MOST or depth > DEEPEST:
            raise ValueError("it holds too many groups, or too deep within each other")
        if not isinstance(group.get(name, getlink=True), plain_link):
            about["refused"][path] = "leads to another place, which is not followed"
            continue
        thing = group[name]
        if hasattr(thing, "keys"):
            names = _names(thing)
            if names is not None:
                about["names"][path] = names
            waiting += [(inner, thing, f"{path}/{inner}", depth + 1) for inner in thing]
        elif hasattr(thing, "shape"):
            reason = _reason(thing)
            size = 0 if reason else math.prod(thing.shape) * thing.dtype.itemsize
            left -= size
            if left < 0:
                raise ValueError("its arrays are larger than the file")
            if reason:
                about["refused"][path] = reason
            else:
                found[f"/{path}"] = thing[()]


def _names(group: Any) -> list[str] | None:
    """Return the names of the arrays of a layer, in order; a long list is there in pieces."""
    pieces = []
    if "weight_names" in group.attrs:
        pieces = [group.attrs["weight_names"]]
    while f"weight_names{len(pieces)}" in group.attrs:
        pieces.append(group.attrs[f"weight_names{len(pieces)}"])
    if not pieces:
        return None
    return [name.decode() if isinstance(name, bytes) else str(name) for piece in pieces for name in piece]


def _reason(dataset: Any) -> str:
    """Return why a dataset is not read; "" if it is."""
    dtype, shape = dataset.dtype, dataset.shape
    if dtype.kind != "f" or shape is None or dtype.itemsize not in (2, 4, 8):
        return "has no floating-point numbers"
    if dataset.is_virtual or dataset.external:
        return "lies in other files, which are not read"
    if dataset.id.get_storage_size() < math.prod(shape) * dtype.itemsize:
        return "is packed, or not there in full"
    return ""


if __name__ == "__main__":
    main()
