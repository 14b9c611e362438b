"""``synapse-rx info``."""

from __future__ import annotations

import os
import platform
from argparse import Namespace
from importlib import import_module
from importlib.metadata import version
from typing import Any, cast

from ..backends import available_backends, backend

NEEDED = ("synapse-rx", "numpy", "attrs", "reactivex", "threadpoolctl")
OPTIONAL = {
    "rich": "the live display: pip install 'synapse-rx[progress]'",
    "matplotlib": "learning curves: pip install 'synapse-rx[plot]'",
    "scikit-learn": "the digits: pip install 'synapse-rx[data]'",
    "pooch": "downloading MNIST: pip install 'synapse-rx[data]'",
}


def info_command(options: Namespace) -> int:
    """Print what there is and what is missing, a line each."""
    print(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    for package in NEEDED:
        print(f"{package} {_version(package) or 'not found'}")
    for package, use in OPTIONAL.items():
        print(f"{package} {_version(package) or f'not installed; needed for {use}'}")
    for name, why_not in available_backends().items():
        print(f"backend {name}: {'available' if why_not is None else why_not}")
    print(f"backend chosen: {_chosen()}")
    for line in _blas():
        print(line)
    print(f"processors: {_processors()}")
    print(
        f"SYNAPSE_RX_DATA: {os.environ.get('SYNAPSE_RX_DATA') or 'not set; MNIST is downloaded to the user cache'}"
    )
    return 0


def version_text() -> str:
    """Return the version of this package; "unknown" if it runs without having been installed."""
    return _version("synapse-rx") or "unknown"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except Exception:  # not installed, or installed so badly that even its version is broken
        return None


def _chosen() -> str:
    asked = os.environ.get("SYNAPSE_RX_BACKEND")
    try:
        return f"{backend().name} ({f'SYNAPSE_RX_BACKEND={asked}' if asked else 'the best one available'})"
    except Exception as error:  # whatever is wrong with it: this is the command that says so
        return f"none: {error}"


def _blas() -> list[str]:
    try:
        libraries: list[dict[str, Any]] = cast(Any, import_module("threadpoolctl")).threadpool_info()
    except Exception as error:
        return [f"BLAS: unknown, threadpoolctl cannot say: {error}"]
    found = [library for library in libraries if library.get("user_api") == "blas"]
    return [
        f"BLAS: {library.get('internal_api')} {library.get('version')} ({library.get('architecture', 'unknown')}), "
        f"{library.get('num_threads')} threads; small networks train on one"
        for library in found
    ] or ["BLAS: none found"]


def _processors() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
