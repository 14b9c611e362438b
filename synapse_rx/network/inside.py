"""Layers inside others, exchanged by path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from ..layers import Layer
from .places import Path, below

Change = Callable[[Layer], Layer]


def changed(layer: Layer, path: Path, target: Path, change: Change) -> Layer:
    """
    Return ``layer``, which stands at ``path``, with ``change`` made to what stands at ``target``, inside it or itself.

    What is shared is changed wherever it stands; what has a name is changed with its name.
    """
    here = layer.place(path)
    if here == target:
        return change(layer)
    children = [changed(child, below(here, key), target, change) for key, child in layer.children()]
    return _with_children(layer, children)


def has(layer: Layer, path: Path, target: Path) -> bool:
    """Return whether a layer stands at ``target``: ``layer``, which stands at ``path``, or one inside it."""
    here = layer.place(path)
    return here == target or any(has(child, below(here, key), target) for key, child in layer.children())


def _with_children(layer: Layer, children: list[Layer]) -> Layer:
    """Return ``layer`` with others in the place of those it holds, in the order of `Layer.children`."""
    if all(new is old for new, (_, old) in zip(children, layer.children(), strict=True)):
        return layer
    rest = iter(children)
    fields = [(one.alias, getattr(layer, one.name)) for one in attrs.fields(type(layer)) if one.init]
    return attrs.evolve(layer, **{name: _exchanged(value, rest) for name, value in fields})


def _exchanged(value: Any, rest: Iterator[Layer]) -> Any:
    if isinstance(value, Layer):
        return next(rest)
    if isinstance(value, tuple) and value and all(isinstance(item, Layer) for item in value):
        return tuple(next(rest) for _ in value)
    return value
