"""Arrays that refuse what those of cupy refuse."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from .capturing import capturing, noted

CUPY: dict[str, Any] = json.loads((Path(__file__).parent / "cupy.json").read_text())


class LeakError(TypeError):
    """
    What cupy would refuse, or would do only by waiting for the device.
    """


class StrictArray:
    """
    A numpy array behind the interface of a cupy array.

    It gives no number to the host unasked (``float(x)``, ``if x:``, ``np.asarray(x)``), takes none of its arrays, and
    has but the methods and options that cupy's have. What reduces to one number stays an array, as on a device.
    """

    __slots__ = ("_host",)

    asked: ClassVar[int] = 0
    """How often a number was asked for with ``item``, by all together."""

    guard: ClassVar[Callable[[str], None] | None] = None
    """Asked before anything is computed."""

    def __init__(self, host: np.ndarray) -> None:
        self._host = host

    def __getattr__(self, name: str) -> Any:
        if name in CUPY["methods"]:
            method = getattr(self._host, name)
            return lambda *args, **kwargs: call(f"ndarray.{name}", method, args, kwargs, _after_self(name))
        if name in CUPY["attributes"]:
            return wrapped(getattr(self._host, name))
        raise AttributeError(f"arrays of cupy have no {name}")

    @property
    def shape(self) -> Any:
        return self._host.shape

    @property
    def dtype(self) -> Any:
        return self._host.dtype

    @property
    def flags(self) -> Any:
        flags = self._host.flags
        return SimpleNamespace(
            c_contiguous=flags.c_contiguous, f_contiguous=flags.f_contiguous, owndata=flags.owndata
        )

    @property
    def data(self) -> Any:
        return SimpleNamespace(ptr=self._host.ctypes.data)

    def __len__(self) -> int:
        return len(self._host)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"StrictArray({self._host!r})"

    def __getitem__(self, index: Any) -> StrictArray:
        index = _index(index, reading=True)
        if isinstance(self._host[index], np.generic):  # one element is a view of it, not a number
            index = (*index, ...) if isinstance(index, tuple) else (index, ...)
        return StrictArray(_done("getitem", self._host.__getitem__, (index,), {}))

    def __setitem__(self, index: Any, value: Any) -> None:
        index, value, launches = _index(index, reading=False), unwrapped(value), capturing()
        if launches is None:
            self._host[index] = value
        else:
            launches.append(lambda: self._host.__setitem__(index, value))

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise LeakError("an array of the device becomes one of the host unasked; use backend.to_host")

    def _number(self, *args: Any) -> Any:
        raise LeakError("a number of the device is asked for, which waits for it; use backend.to_host")

    __float__ = __int__ = __bool__ = __index__ = __complex__ = tolist = get = _number

    def set(self, arr: np.ndarray, stream: Any = None) -> None:
        """Copy from the host, in the order of a stream of the runtime."""
        stream.sets(self, arr)

    def item(self) -> Any:
        """Give one number to who asks in so many words; counted."""
        refuse_in_capture("item")
        StrictArray.asked += 1
        return self._host.item()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from .module import xp

        found = getattr(xp, ufunc.__name__)
        return (found if method == "__call__" else getattr(found, method))(*inputs, **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from .module import xp

        home: Any = xp
        for part in function.__module__.split(".")[1:]:
            home = getattr(home, part)
        return getattr(home, function.__name__)(*args, **kwargs)


def wrapped(value: Any) -> Any:
    """
    Return what numpy gave as a device would give it.
    """
    if isinstance(value, np.ndarray):
        return StrictArray(value)
    if isinstance(value, np.generic | bool) and not isinstance(value, np.dtype):
        return StrictArray(np.asarray(value))
    if isinstance(value, tuple | list) and any(isinstance(one, np.ndarray) for one in value):
        return tuple(map(wrapped, value))
    return value


def unwrapped(value: Any) -> Any:
    """
    Return what numpy is given for arguments of a device; arrays of the host are none.
    """
    if isinstance(value, StrictArray):
        return value._host
    if isinstance(value, np.ndarray):
        raise LeakError(f"an array of the host, shape {value.shape}, among those of the device")
    if isinstance(value, tuple | list):
        return tuple(map(unwrapped, value)) if isinstance(value, tuple) else list(map(unwrapped, value))
    return value


def call(name: str, function: Any, args: Any, kwargs: Any, parameters: str | None) -> Any:
    """
    Call what numpy has under a name of cupy, with the options cupy knows.
    """
    guarded(name)
    if parameters is not None:
        names = parameters.split()
        unknown = kwargs.keys() - set(names)
        if unknown or (len(args) > len(names) and "*" not in names):
            raise LeakError(f"{name} of cupy takes ({', '.join(names)}), not {', '.join(sorted(unknown))}")
    given = {key: unwrapped(value) for key, value in kwargs.items()}
    return wrapped(_done(name, function, tuple(map(unwrapped, args)), given, parameters))


def _done(name: str, function: Any, args: Any, kwargs: Any, parameters: str | None = None) -> Any:
    """
    Return what numpy gives for arrays of the host; while a stream is captured, memory that will hold it.
    """
    if capturing() is None:
        return function(*args, **kwargs)
    names = [] if parameters is None or "*" in parameters else parameters.split()
    out = kwargs.get("out", dict(zip(names, args, strict=False)).get("out"))
    return noted(name, function, args, kwargs, out, lambda: guarded("memory"))


def guarded(what: str) -> None:
    """
    Ask whether something may be done.
    """
    if StrictArray.guard is not None:
        StrictArray.guard(what)


def refuse_in_capture(what: str) -> None:
    """
    Refuse what waits for the device or takes numbers of the host to it, neither of which a graph can do again.
    """
    if capturing() is not None:
        guarded(what)
        raise LeakError(f"{what} while a stream is captured")


def _after_self(name: str) -> str | None:
    parameters = CUPY["methods"][name]
    return None if parameters is None else parameters.removeprefix("self").strip()


def _index(index: Any, *, reading: bool) -> Any:
    parts = index if isinstance(index, tuple) else (index,)
    for part in parts:
        if reading and isinstance(part, StrictArray) and part.dtype == bool:
            raise LeakError("how many elements a mask chooses is asked of the device, which waits for it")
    return unwrapped(index)


def _operator(name: str, ufunc: str, reflected: bool = False) -> None:
    def operate(self: StrictArray, *others: Any) -> Any:
        from .module import xp

        operands = (*others, self) if reflected else (self, *others)
        return getattr(xp, ufunc)(*operands)

    setattr(StrictArray, name, operate)


def _in_place(name: str, ufunc: str) -> None:
    def operate(self: StrictArray, other: Any) -> Any:
        from .module import xp

        return getattr(xp, ufunc)(self, other, out=self)

    setattr(StrictArray, name, operate)


for _name, _ufunc in {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "power",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
}.items():
    _operator(f"__{_name}__", _ufunc)
    _operator(f"__r{_name}__", _ufunc, reflected=True)
    _in_place(f"__i{_name}__", _ufunc)
for _name, _ufunc in {
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "eq": "equal",
    "ne": "not_equal",
    "neg": "negative",
    "pos": "positive",
    "abs": "absolute",
    "invert": "invert",
}.items():
    _operator(f"__{_name}__", _ufunc)
