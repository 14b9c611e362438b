"""What a thread asks for while a stream is captured: noted, not done."""

from __future__ import annotations

from collections.abc import Callable
from threading import local
from typing import Any

import numpy as np

WRITING = frozenset(
    f"{home}{name}"
    for home in ("", "ndarray.")
    for name in ("fill", "sort", "partition", "put", "copyto", "putmask", "place", "fill_diagonal")
) | frozenset(("ndarray.scatter_add", "ndarray.scatter_max", "ndarray.scatter_min"))
"""Functions that return nothing but write to what they are given."""

EMPTY = frozenset(("empty", "empty_like", "ndarray"))

_here = local()


def capturing() -> list[Any] | None:
    """
    Return where this thread's work goes while it captures a stream, else None.
    """
    return getattr(_here, "launches", None)


def begin() -> None:
    assert capturing() is None, "a stream is captured already"
    _here.launches = []


def end() -> list[Any]:
    launches, _here.launches = _here.launches, None
    return launches


def noted(
    name: str, function: Callable[..., Any], args: Any, kwargs: Any, out: Any, allocates: Callable[[], None]
) -> Any:
    """
    Return what a function of arrays would give, of memory that holds it as often as the work noted is done.
    """
    launches = capturing()
    assert launches is not None
    if name in WRITING or out is not None:
        launches.append(lambda: function(*args, **kwargs))
        return out
    with np.errstate(all="ignore"):
        found = function(
            *args, **kwargs
        )  # it writes to nothing; numbers are junk, but shapes and types are right
    owner = getattr(function, "__self__", None)
    given = [one for one in (owner, *args, *kwargs.values()) if isinstance(one, np.ndarray)]
    if isinstance(found, tuple | list):
        return tuple(
            _noted_one(one, k, given, name, function, args, kwargs, allocates) for k, one in enumerate(found)
        )
    return _noted_one(found, None, given, name, function, args, kwargs, allocates)


def _noted_one(
    found: Any,
    which: int | None,
    given: Any,
    name: str,
    function: Any,
    args: Any,
    kwargs: Any,
    allocates: Any,
) -> Any:
    if not isinstance(found, np.ndarray | np.generic):
        return found
    found = np.asarray(found)
    if any(np.may_share_memory(found, one) for one in given):
        return found  # another look at memory that is there
    allocates()
    if name in EMPTY:
        return found
    found = found.copy()  # constants may be broadcast
    spoil(found)

    def again() -> None:
        made = function(*args, **kwargs)
        found[...] = made if which is None else made[which]

    launches = capturing()
    assert launches is not None
    launches.append(again)
    return found


def spoil(memory: np.ndarray) -> None:
    """
    Fill memory with what nobody wants.
    """
    memory.fill(np.nan if memory.dtype.kind == "f" else 99 if memory.dtype.kind in "iu" else True)
