"""The layers that hold or join others, in short: lower-case functions that take layers one beside the other."""

from __future__ import annotations

from typing import Any

from ..base import Layer
from .add import Add
from .average import Average
from .branch import Branch
from .chain import Chain
from .concatenate import Concatenate
from .fork import Fork
from .multiply import Multiply
from .named import Named
from .parallel import Parallel
from .residual import Residual
from .shared import Shared


def chain(*layers: Any) -> Layer:
    """Return layers one behind the other as one (`Chain`)."""
    return Chain(layers)


def residual(*layers: Any, shortcut: Any = None) -> Layer:
    """Return a chain of layers around which its inputs go on (`Residual`)."""
    return Residual(_one(layers), shortcut)


def fork(*layers: Any) -> Layer:
    """Return what gives one value to several layers (`Fork`)."""
    return Fork(layers)


def parallel(*layers: Any) -> Layer:
    """Return what gives each of several values to a layer of its own (`Parallel`)."""
    return Parallel(layers)


def branch(*sizes: int, axis: int = 0) -> Layer:
    """Return what slices one value into parts (`Branch`)."""
    return Branch(sizes, axis)


def concatenate(*layers: Any, axis: int = 0) -> Layer:
    """Return what joins several values along an axis (`Concatenate`); given layers, their outputs for one value."""
    return _behind(layers, Concatenate(axis))


def add(*layers: Any) -> Layer:
    """Return what sums several values (`Add`); given layers, their outputs for one value."""
    return _behind(layers, Add())


def multiply(*layers: Any) -> Layer:
    """Return what multiplies several values (`Multiply`); given layers, their outputs for one value."""
    return _behind(layers, Multiply())


def average(*layers: Any) -> Layer:
    """Return what takes the mean of several values (`Average`); given layers, that of their outputs for one value."""
    return _behind(layers, Average())


def shared(name: str, *layers: Any) -> Layer:
    """Return a chain of layers that has the same parameters wherever it stands under this name (`Shared`)."""
    return Shared(name, _one(layers))


def named(name: str, *layers: Any) -> Layer:
    """Return a chain of layers that is found by its name (`Named`)."""
    return Named(name, _one(layers))


def _one(layers: tuple[Any, ...]) -> Any:
    return layers[0] if len(layers) == 1 else layers


def _behind(layers: tuple[Any, ...], merge: Layer) -> Layer:
    return Chain((Fork(layers), merge)) if layers else merge
