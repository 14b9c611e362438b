"""``synapse-rx info``."""

from __future__ import annotations

import os
import platform
from argparse import Namespace
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any, cast

from .. import fast
from ..backends import available_backends, chosen_and_why
from ..data.mnist import FOLDER_VARIABLE
from ..errors import BackendError
from ..graph.warm import warm as warm_graphs
from ..io.checkpoints import numbered
from ..network.summary import summary
from ..network.warm import warm
from ..products.choose import why_not_our_own
from ..trainer.workers import cores
from .networks import read_network
from .status import DONE

NEEDED = ("synapse-rx", "numpy", "attrs", "reactivex", "threadpoolctl")
OPTIONAL = {
    "rich": ("rich", "the live display: pip install 'synapse-rx[progress]'"),
    "matplotlib": ("matplotlib", "learning curves: pip install 'synapse-rx[plot]'"),
    "scikit-learn": ("sklearn", "the digits: pip install 'synapse-rx[data]'"),
    "numba": ("numba", "compiled kernels: pip install 'synapse-rx[fast]'"),
    "pooch": ("pooch", "downloading MNIST: pip install 'synapse-rx[data]'"),
}
"""Packages, the names they are imported by, and what for."""


def info_command(options: Namespace) -> int:
    """Print what is in a file; or what there is here and what is missing, a line each."""
    if options.file is not None:
        return _tell_file(options.file)
    if options.warm:
        return _warm()
    print(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    for package in NEEDED:
        print(f"{package} {_version(package) or 'not found'}")
    for package, (module, use) in OPTIONAL.items():
        found = _version(package) if _is_there(module) else None
        print(f"{package} {found or f'not installed; needed for {use}'}")
    for name, why_not in available_backends().items():
        print(f"backend {name}: {'available' if why_not is None else why_not}")
    print(f"backend chosen: {_chosen()}")
    print(f"compiled kernels: {fast.why_not() or 'available'}")
    print(f"matrix products of dense networks in chunks: {_products()}")
    for line in _blas():
        print(line)
    print(f"processors: {cores()}")
    print(f"MNIST: {_mnist()}")
    return DONE


def _tell_file(path: str) -> int:
    net = read_network(path)
    how, stats = net.training, net.training.stats
    print(f"{path}: {_size(Path(path))}")
    print(summary(net))
    if stats.epochs or how.status != "idle":
        print(f"trained by {how.algorithm!r}, {how.loss!r}")
        errors = "".join(f", {name} {value:.4g}" for name, value in stats.last_errors().items())
        print(
            f"{how.status} after {_counted(stats.epochs, 'epoch')}, {_counted(stats.steps, 'update')}{errors}"
        )
    else:
        print("not trained here")
    if net.labels is not None:
        print(f"labels: {', '.join(map(str, net.labels))}")
    if net.normalization is not None:
        print(f"samples: {net.normalization!r}")
    return DONE


def _size(path: Path) -> str:
    if not path.is_dir():
        return f"{path.stat().st_size:,} bytes"
    there = numbered(path)
    size = sum(one.stat().st_size for one in there)
    return f"{_counted(len(there), 'checkpoint')}, {size:,} bytes; the newest, {there[-1].name}:"


def _counted(n: int, word: str) -> str:
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def _warm() -> int:
    if (why_not := fast.why_not()) is not None:
        raise BackendError(f"nothing to compile: {why_not}")
    print("compiled and kept for this machine:", end="", flush=True)
    for name in chain(warm(), warm_graphs()):
        print(f" {name}", end="", flush=True)
    print()
    return DONE


def version_text() -> str:
    """Return the version of this package; "unknown" if it runs without having been installed."""
    return _version("synapse-rx") or "unknown"


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except Exception:
        return False


def _version(package: str) -> str | None:
    try:
        return version(package)
    except Exception:  # not installed, or installed so badly that even its version is broken
        return None


def _chosen() -> str:
    try:
        return chosen_and_why()
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


def _products() -> str:
    reason = why_not_our_own()
    return "our own, AVX-512" if reason is None else f"the library's ({reason})"


def _mnist() -> str:
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        where = Path(folder).expanduser()
        there = any(any(place.glob("train-images*")) for place in (where, where / "mnist"))
        return f"{'found' if there else 'not found'} in {folder} ({FOLDER_VARIABLE})"
    try:
        cache = Path(import_module("pooch").os_cache("synapse_rx")) / "mnist"
    except Exception:
        return f"no folder; set {FOLDER_VARIABLE} to one"
    there = any(cache.glob("train-images*"))
    return f"{'found' if there else 'would be downloaded once'} in {cache} ({FOLDER_VARIABLE} is not set)"
