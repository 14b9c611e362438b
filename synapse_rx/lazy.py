"""Public names that are imported when they are first asked for, so that ``import synapse_rx`` costs next to nothing."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

Place = tuple[str, str | None]
"""A module, and the name in it; None for the module itself."""


def attach(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """
    Return ``__getattr__``, ``__dir__`` and ``__all__`` for a package whose imports stand under ``if TYPE_CHECKING:``.

    Those imports are the one list of names there is: type checkers follow them, and here they are read from the source
    and done one by one, when somebody asks.

    Args:
        package: ``__name__`` of the package.
        file: ``__file__`` of it.
    """
    places = dict(_places(package, file))

    def __getattr__(name: str) -> Any:
        place = places.get(name)
        if place is None:
            # With these two, a misspelt name is answered with "Did you mean: ...?".
            module = import_module(package)
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=module)
        module, own = place
        found = import_module(module)
        value = found if own is None else getattr(found, own)
        # Kept, so that it is asked for once; importing a module of the same name may have put that here meanwhile.
        setattr(import_module(package), name, value)
        return value

    def __dir__() -> list[str]:
        return sorted({*vars(import_module(package)), *places})

    return __getattr__, __dir__, sorted(places)


def _places(package: str, file: str) -> Iterator[tuple[str, Place]]:
    for block in ast.parse(Path(file).read_text(encoding="utf-8")).body:
        if not (isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"):
            continue
        for line in block.body:
            assert isinstance(line, ast.ImportFrom)
            for alias in line.names:
                public = alias.asname or alias.name
                if line.module is None:
                    yield public, (f"{package}.{alias.name}", None)
                else:
                    yield public, (f"{package}.{line.module}", alias.name)
