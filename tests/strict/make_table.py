"""
Write what cupy offers into cupy.json: ``python tests/strict/make_table.py``, where cupy is installed; no GPU is needed.

Of functions and methods the names of their parameters are kept, of universal functions the types they take.
"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

import cupy

PACKAGES = ("", "linalg", "lib.stride_tricks")


def parameters(thing: Any) -> str | None:
    """
    Return the names of the parameters; None where any may be given or nothing says.
    """
    try:
        found = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return documented(thing)
    if any(one.kind == one.VAR_KEYWORD for one in found):
        return documented(thing)
    return " ".join("*" if one.kind == one.VAR_POSITIONAL else one.name for one in found)


def documented(thing: Any) -> str | None:
    """
    Return the names in the first line of the documentation, ``name(self, a, b=None)``.
    """
    first = (thing.__doc__ or "").split("\n")[0]
    match = re.search(r"\((.*?)\)(?: ->.*)?$", first)
    if match is None or "**" in match[1]:
        return None
    names = [part.split("=")[0].split()[-1] for part in match[1].split(",") if part.strip()]
    return " ".join("*" if name.startswith("*") else name for name in names)


def table() -> dict[str, Any]:
    found: dict[str, Any] = {"ufuncs": {}, "functions": {}, "methods": {}, "values": []}
    found["version"] = cupy.__version__
    for package in PACKAGES:
        home = cupy
        for part in filter(None, package.split(".")):
            home = getattr(home, part)
        for name in dir(home):
            thing, full = getattr(home, name), f"{package}.{name}".lstrip(".")
            if name.startswith("_") or inspect.ismodule(thing):
                continue
            if isinstance(thing, cupy.ufunc):
                found["ufuncs"][full] = " ".join(thing.types)
            elif inspect.isclass(thing) or not callable(thing):
                found["values"].append(full)
            else:
                found["functions"][full] = parameters(thing)
    for name in dir(cupy.ndarray):
        if not name.startswith("_") and callable(getattr(cupy.ndarray, name)):
            found["methods"][name] = parameters(getattr(cupy.ndarray, name))
    found["attributes"] = [
        name for name in dir(cupy.ndarray) if not name.startswith("_") and name not in found["methods"]
    ]
    return found


if __name__ == "__main__":
    path = Path(__file__).parent / "cupy.json"
    path.write_text(json.dumps(table(), indent=1, sort_keys=True) + "\n")
