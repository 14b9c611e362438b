"""
Machine code for inner loops, where numba is there (the extra ``fast``).

A *kernel* is a plain function that loops over the numbers of its arrays, written beside the reference it equals.
Compiled, it does in one pass over memory what takes numpy many, and runs without the global interpreter lock. Without
numba, or with the environment variable ``SYNAPSE_RX_FAST=0``, nobody gets a compiled kernel and the references work.

Kernels see scalars in the type of their first array, so that no hidden float64 comes in: a constant other than a whole
number in the text of a kernel would be one, so constants are given as arguments. They are compiled where they are first
called, which takes a second or so, and kept on disk for the next process.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Kernel = Callable[..., None]

WHEN_LOADED: list[Callable[[], None]] = []
"""Called once `load` has brought a second library for matrix products into the process."""

_loaded: list[bool] = []


def is_switched_off() -> bool:
    """Return whether references shall do all work, on the CPU as on a GPU."""
    return os.environ.get("SYNAPSE_RX_FAST", "1") == "0"


def why_not() -> str | None:
    """Return None if kernels are compiled here, else the reason in one line."""
    if is_switched_off():
        return "switched off by SYNAPSE_RX_FAST=0"
    if find_spec("numba") is None:
        return "numba is not installed; pip install 'synapse-rx[fast]'"
    return None


def compiled(kernel: Kernel) -> Kernel | None:
    """Return ``kernel`` as machine code; None where there is no compiler."""
    return _compiled(kernel) if _available() else None


def forget() -> None:
    """Look again whether kernels can be compiled, at the next one."""
    _available.cache_clear()


def load() -> None:
    """
    Load the compiler and the matrix products that compiled code calls; takes a second, once.

    Not for the thread of an event loop.
    """
    if _loaded:
        return
    import numba  # noqa: F401  # pyright: ignore[reportUnusedImport]
    import scipy.linalg.cython_blas  # noqa: F401  # pyright: ignore[reportMissingTypeStubs,reportUnusedImport]

    _loaded.append(True)
    for callback in WHEN_LOADED:
        callback()


def is_loaded() -> bool:
    """Return whether the compiler is in the process already."""
    return bool(_loaded)


def at_hand() -> bool:
    """Return whether kernels may be used by who does not wait for the compiler to be loaded."""
    return is_loaded() and may_compile()


def may_compile() -> bool:
    """Return whether this thread may wait for the compiler: not one whose event loop runs."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return False


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` as machine code that other compiled functions can call, its scalars as they are given."""
    return _machine_code(function)


def jit_inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` as machine code that is written out wherever it is called, however long it is."""
    return _machine_code(function, forceinline=True)


def jit_fused(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` as machine code that may take a product and a sum in one instruction, rounded once."""
    return _machine_code(function, fastmath={"contract"})


def jit_sums(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` as machine code like that of `jit_fused` which also takes sums in any order."""
    return _machine_code(function, fastmath={"reassoc", "contract"})


@cache
def address(function: Callable[..., None]) -> int:
    """
    Return where in memory the machine code of a function of whole numbers is, for others to call.

    What is called by its address is compiled once, not once more with all that call it.
    """
    import numba
    from numba.core.ccallback import CFunc

    kinds = (numba.types.intp,) * function.__code__.co_argcount
    made: Any = CFunc(function, (kinds, numba.types.void), {}, {"nogil": True, "error_model": "numpy"})
    made.enable_caching()
    _watch_all_files(made)
    made.compile()
    _KEPT.append(made)
    return made.address


_KEPT: list[Any] = []


def _machine_code(function: Callable[..., Any], **flags: Any) -> Callable[..., Any]:
    import numba

    # Division by zero gives infinity, as in numpy. Nothing is reordered: what is compiled gives what numpy gives.
    made: Any = numba.njit(cache=True, nogil=True, error_model="numpy", **flags)(function)
    _watch_all_files(made)
    return made


def _watch_all_files(made: Any) -> None:
    # Numba keeps machine code until the file of the function changes. What the function calls may stand in another
    # one, and after an update of this library would be the old one for ever: so all files with kernels count. They
    # count as its version, which is looked at before anything else that was kept: the rest may name what is no more.
    kept: Any = getattr(getattr(made, "_cache", None), "_cache_file", None)
    if hasattr(kept, "_version"):
        kept._version = f"{kept._version} {fingerprint()}"
        _save_one_at_a_time(kept)


def _save_one_at_a_time(kept: Any) -> None:
    # Of two processes that keep code of one function for two types at once, numba would let both take the same file,
    # and the index call it what it is not. Nobody needs what is kept: a full disk costs the next process a second.
    save = kept.save

    def save_alone(key: Any, data: Any) -> None:
        with suppress(OSError), _alone(f"{kept._index_path}.lock"):
            save(key, data)

    kept.save = save_alone


@contextmanager
def _alone(path: str) -> Iterator[None]:
    try:
        from fcntl import LOCK_EX, flock
    except ImportError:  # not on Windows, whose files have one writer at a time
        yield
        return
    with open(path, "w") as file:
        flock(file, LOCK_EX)
        yield


@cache
def fingerprint() -> str:
    """Return what changes with any file of this package that has kernels in it."""
    digest = blake2b(digest_size=16)
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        text = path.read_bytes()
        if any(word in text for word in (b"jit", b"intrinsic", b"llvmlite")):
            digest.update(path.name.encode() + text)
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _available() -> bool:
    return why_not() is None


@cache
def _compiled(kernel: Kernel) -> Kernel:
    function = jit(kernel)

    def call(first: Any, *others: Any) -> None:
        kind = first.dtype.type
        function(first, *[kind(value) if isinstance(value, float) else value for value in others])

    with suppress(AttributeError):
        call.__name__ = kernel.__name__  # pyright: ignore[reportFunctionMemberAccess]
    return call
