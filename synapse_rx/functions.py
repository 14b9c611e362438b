"""
Functions inside descriptions.

A function has no plain form, but one that stands in a module can be named: "package.module:name". A name is resolved
by looking it up in what is imported already. Nothing is imported, called or otherwise executed, and only functions
written in Python in that very module, and numpy's ufuncs, are taken: none of the standard library, none beginning with
an underscore.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import FunctionType
from typing import Any

import numpy as np

from .errors import OptionError

NAME = re.compile(r"(?P<module>[A-Za-z]\w*(\.\w+)*):(?P<path>[A-Za-z]\w*(\.[A-Za-z]\w*)*)")

_TRUSTED: ContextVar[Mapping[str, Any] | None] = ContextVar("trusted", default=None)


@contextmanager
def trusting(functions: Iterable[Callable[..., Any]]) -> Iterator[None]:
    """
    Within the block, names stand for ``functions`` and numpy's ufuncs alone.

    A description may try its function as soon as it is made, so a name in a file must not choose which one.
    """
    token = _TRUSTED.set({name_of(one, "functions="): one for one in functions})
    try:
        yield
    finally:
        _TRUSTED.reset(token)


def function(value: Any) -> Any:
    """
    Convert a function's name to the function; what is no name stays as it is, for the validator to refuse.

    Raises:
        OptionError: If no such function is there, or not of the kind that may be named.
    """
    return resolved(value) if isinstance(value, str) else value


def is_function(instance: Any, attribute: Any, value: Any) -> None:
    """Require a function."""
    if not callable(value) or isinstance(value, type):
        raise OptionError(f"{attribute.alias} of {instance.kind} must be a function, not {value!r}")


def is_function_or_none(instance: Any, attribute: Any, value: Any) -> None:
    """Require a function or None."""
    if value is not None:
        is_function(instance, attribute, value)


def shown(function: Any) -> str:
    """Return what a function is called, for messages and descriptions."""
    return getattr(function, "__qualname__", None) or getattr(function, "__name__", None) or repr(function)


def name_of(function: Any, holder: str) -> str:
    """
    Return the name that `resolved` turns into ``function`` again.

    Args:
        function: The function.
        holder: What holds it, for the message.

    Raises:
        OptionError: If it has none: a lambda, a function within another, one of the main program.
    """
    module = "numpy" if isinstance(function, np.ufunc) else getattr(function, "__module__", None)
    path = getattr(function, "__qualname__", getattr(function, "__name__", ""))
    name = f"{module}:{path}"
    if module != "__main__":
        try:
            if resolved(name) is function:
                return name
        except OptionError:
            pass
    raise OptionError(
        f"{holder} holds {function!r}, which cannot be written down; a function that stands under its own name at the "
        "top of a module of yours (no lambda, not in __main__) is written down as 'module:name'"
    )


def resolved(name: str) -> Any:
    """
    Return the function called "module:name" among what is imported already.

    Raises:
        OptionError: If there is none, or it may not be named (see above), or the module is not imported yet.
    """
    match = NAME.fullmatch(name)
    if match is None:
        raise OptionError(
            f"a function is named as 'module:name', such as 'my_models.layers:scale', not {name!r}"
        )
    module, trusted = match["module"], _TRUSTED.get()
    if trusted is not None and module.partition(".")[0] != "numpy":
        if name not in trusted:
            raise OptionError(
                f"it names the function {name!r}; give it, load(path, functions=[{match['path']}]), if it may be used"
            )
        return trusted[name]
    if module.partition(".")[0] in sys.stdlib_module_names:
        raise OptionError(
            f"{name!r} is of the standard library; only functions of your own modules can be named"
        )
    holder = sys.modules.get(module)
    if holder is None:
        raise OptionError(
            f"{name!r} stands in a module that is not imported; import {module} before loading this"
        )
    found: Any = holder
    for part in match["path"].split("."):
        # Plain dictionaries, so that no code of a module, a class or a property runs.
        inside = vars(found) if isinstance(found, type) or found is holder else {}
        found = inside.get(part) if isinstance(inside, Mapping) else None
    if isinstance(found, staticmethod):
        found = found.__func__
    taken = _is_ufunc(found) if module.partition(".")[0] == "numpy" else _is_own(found, module, match["path"])
    if not taken:
        raise OptionError(f"{module} has no function of its own called {match['path']!r}")
    return found


def _is_own(found: Any, module: str, path: str) -> bool:
    """Return whether it is a function written in Python in this very place."""
    return isinstance(found, FunctionType) and found.__module__ == module and found.__qualname__ == path


def _is_ufunc(found: Any) -> bool:
    return isinstance(found, np.ufunc)
