"""Plain aliases for what travels between the floors. Shapes live in docstrings, not in types."""

from __future__ import annotations

from typing import Any, TypeAlias

Array: TypeAlias = Any
"""A numpy or cupy array. On the host side of the library it is always a numpy array."""

Shape: TypeAlias = tuple[int, ...]
"""The shape of one sample or parameter; the batch axis is never part of it."""

Shapes: TypeAlias = Any
"""The shape of one value, or a tuple of the shapes of several that travel together."""

Data: TypeAlias = Any
"""Plain data: None, bool, int, float, str, and lists and string-keyed dicts of these (what JSON holds)."""
