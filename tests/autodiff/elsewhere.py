"""Arrays that stand for those of a device: their own type, deaf to whatever would bring them to the host unseen."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

LIBRARY = "library_of_elsewhere"


class Elsewhere(NDArrayOperatorsMixin):
    """
    An array of which numpy's functions give others of its kind, as cupy's do.

    Like cupy's it knows ufuncs as calls alone, not their methods, and refuses to become an array of numpy. Unlike
    cupy's it takes host arrays for indices.
    """

    __module__ = LIBRARY

    def __init__(self, held: Any) -> None:
        self.held = np.asarray(held)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or not all(
            isinstance(x, (Elsewhere, int, float, np.generic)) for x in inputs
        ):
            return NotImplemented
        return Elsewhere(ufunc(*map(_held, inputs), **options))

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        if not all(issubclass(kind, Elsewhere) for kind in types):
            return NotImplemented
        return _wrapped(function(*_held(args), **_held(options)))

    def __array__(self, *args: Any, **options: Any) -> Any:
        raise TypeError("implicit conversion to a numpy array is not allowed")

    def __getitem__(self, index: Any) -> Any:
        return Elsewhere(self.held[_held(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        assert isinstance(value, (Elsewhere, int, float))
        self.held[_held(index)] = _held(value)

    def __iter__(self) -> Any:
        return (self[k] for k in range(len(self)))

    def __len__(self) -> int:
        return len(self.held)

    def __bool__(self) -> bool:
        return bool(self.held)

    def __int__(self) -> int:
        return int(self.held)

    @property
    def shape(self) -> Any:
        return self.held.shape

    @property
    def ndim(self) -> Any:
        return self.held.ndim

    @property
    def size(self) -> Any:
        return self.held.size

    @property
    def dtype(self) -> Any:
        return self.held.dtype

    def __getattr__(self, name: str) -> Any:
        if name not in ("sum", "max", "min", "reshape", "astype", "copy", "ravel", "T"):
            raise AttributeError(name)
        found = getattr(self.held, name)
        return (
            (lambda *args, **options: Elsewhere(found(*args, **options)))
            if callable(found)
            else Elsewhere(found)
        )


def library() -> ModuleType:
    """
    Return the library these arrays come from, as far as autodiff asks for it.
    """
    made = ModuleType(LIBRARY)
    made.add = SimpleNamespace(at=_add_at)  # type: ignore[attr-defined]
    return made


def _add_at(out: Elsewhere, index: Any, g: Elsewhere) -> None:
    np.add.at(out.held, _held(index), g.held)


def _held(value: Any) -> Any:
    if isinstance(value, Elsewhere):
        return value.held
    if isinstance(value, (tuple, list)):
        return type(value)(_held(item) for item in value)
    if isinstance(value, dict):
        return {key: _held(item) for key, item in value.items()}
    return value


def _wrapped(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return Elsewhere(value)
    return (
        type(value)(map(_wrapped, value))
        if isinstance(value, (tuple, list)) and any(isinstance(v, np.ndarray) for v in value)
        else value
    )
