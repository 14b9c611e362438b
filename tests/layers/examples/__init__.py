"""
Examples of every layer for the contract: each module here has a list EXAMPLES of (layer, shape of one sample).
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

EXAMPLES: list[tuple[Any, Any]] = [
    example
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__))
    for example in import_module(f"{__name__}.{module}").EXAMPLES
]
