"""
Public names that a submodule of the same name hides.

``from .train import train as train`` in a package makes ``package.train`` the function; Griffe, which reads the
sources for mkdocstrings, takes it for the module ``train.py``. This extension sends the public names of a package on to
what Python finds there, so that an API page can say ``::: synapse_rx.train``.
"""

from __future__ import annotations

from typing import Any

import griffe


class ShadowedNames(griffe.Extension):
    """
    Follow the imports of packages to the end for every name that the root package imports.
    """

    def __init__(self) -> None:
        self.functions: dict[str, griffe.Function] = {}

    def on_function_instance(self, *, func: griffe.Function, **kwargs: Any) -> None:
        self.functions[func.path] = (
            func  # while reading: a submodule that is read later takes the function's place
        )

    def on_package(self, *, pkg: griffe.Module, **kwargs: Any) -> None:
        for name, path in pkg.imports.items():
            end = _end(pkg, path)
            target = self.functions.get(end, end)
            if target != path:
                pkg.set_member(name, griffe.Alias(name, target, parent=pkg))


def _end(pkg: griffe.Module, path: str) -> str:
    """
    Return where ``path`` leads when the imports of the packages on the way count before their submodules.
    """
    place, _, name = path.removeprefix(f"{pkg.path}.").rpartition(".")
    if not path.startswith(f"{pkg.path}.") or not place:
        return path
    try:
        further = pkg[place].imports.get(name)
    except KeyError:
        return path
    return _end(pkg, further) if further and further != path else path
