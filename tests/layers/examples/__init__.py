"""
Examples of every layer for the contract: each module here has a list EXAMPLES of (layer, shape of one sample).

Where a layer wants other inputs than random numbers, its module has a mapping INPUTS from the class of the layer to a
function of (layer, in_shape, n, dtype) that makes them.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

MODULES = [
    import_module(f"{__name__}.{module}")
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__))
]
EXAMPLES: list[tuple[Any, Any]] = [example for module in MODULES for example in module.EXAMPLES]
INPUTS: dict[type, Any] = {
    layer: make for module in MODULES for layer, make in getattr(module, "INPUTS", {}).items()
}
