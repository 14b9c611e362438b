"""The loops that algorithms have for compilers."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

import synapse_rx.algorithms as package

MODULES = [import_module(f"{package.__name__}.{one.name}") for one in pkgutil.iter_modules(package.__path__)]
LOOPS: list[Any] = sorted(
    {
        value
        for module in MODULES
        for name, value in vars(module).items()
        if name.endswith("_kernel") and value.__module__ == module.__name__
    },
    key=lambda loop: loop.__name__,
)
