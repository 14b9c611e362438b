"""The array module of strict arrays: numpy's functions as far as cupy has them, with the options it knows."""

from __future__ import annotations

from typing import Any

import numpy as np

from .array import CUPY, LeakError, StrictArray, call, guarded, refuse_in_capture, unwrapped
from .capturing import capturing

REDUCING = {"add": ("sum", "cumsum"), "multiply": ("prod", "cumprod")}
"""The universal functions of cupy that reduce, and what does it."""

SCATTERING = ("add", "subtract", "maximum", "minimum", "bitwise_and", "bitwise_or", "bitwise_xor")
"""Those with ``at``, as far as types allow."""


class StrictModule:
    """
    A package of cupy: what is not in ``cupy.json`` is not there.
    """

    def __init__(self, package: str = "") -> None:
        self._package = package
        self.__name__ = f"cupy.{package}".rstrip(".")

    def __getattr__(self, name: str) -> Any:
        full = f"{self._package}.{name}".lstrip(".")
        if name in ("lib", "linalg", "stride_tricks"):
            return StrictModule(full)
        here: Any = np
        for part in full.split("."):
            here = getattr(here, part, None)
        if full in CUPY["ufuncs"] or full == "matmul":
            return StrictUfunc(name, here)
        if full in CUPY["functions"]:
            return lambda *args, **kwargs: call(full, here, args, kwargs, CUPY["functions"][full])
        if full in CUPY["values"] and name != "ndarray":
            return here
        raise AttributeError(f"cupy has no {full}")

    ndarray = StrictArray

    @property
    def RawKernel(self) -> Any:
        from .cuda import EmulatedKernel

        return EmulatedKernel

    @staticmethod
    def asnumpy(array: Any) -> Any:
        refuse_in_capture("asnumpy")
        return np.array(unwrapped(array))

    @staticmethod
    def array(value: Any, dtype: Any = None, copy: bool = True, order: str = "K") -> StrictArray:
        """Arrays of the host may come in here, and in `asarray`."""
        if isinstance(value, StrictArray):
            return call("copy", np.array, (value, dtype), {"copy": copy, "order": order}, None)
        refuse_in_capture("array")
        return StrictArray(np.array(value, dtype, copy=copy, order=order))

    @staticmethod
    def asarray(value: Any, dtype: Any = None, order: str | None = None) -> StrictArray:
        if isinstance(value, StrictArray) and dtype in (None, value.dtype):
            return value
        if isinstance(value, StrictArray):
            return call("copy", np.array, (value, dtype), {}, None)
        refuse_in_capture("asarray")
        return StrictArray(np.array(value, dtype))


class StrictUfunc:
    """
    A universal function, with nothing but ``out``, ``dtype`` and ``casting``.
    """

    def __init__(self, name: str, ufunc: Any) -> None:
        self.name, self._ufunc = name, ufunc
        self.__name__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if isinstance(kwargs.get("out"), tuple):
            (kwargs["out"],) = kwargs["out"]
        if self._ufunc is not None and len(args) > self._ufunc.nin:
            args, kwargs = args[: self._ufunc.nin], {**kwargs, "out": args[self._ufunc.nin]}
        found = call(self.name, self._ufunc, args, kwargs, "* out dtype casting")
        return kwargs["out"] if kwargs.get("out") is not None else found

    def reduce(
        self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False
    ) -> Any:
        return getattr(array, self._of(0, "reduce"))(axis, dtype, out, keepdims)

    def accumulate(self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
        return getattr(array, self._of(1, "accumulate"))(axis, dtype, out)

    def at(self, array: StrictArray, indices: Any, b: Any = None) -> None:
        if self.name not in SCATTERING:
            raise LeakError(f"{self.name}.at is not supported by cupy")
        guarded(f"{self.name}.at")
        given, launches = (unwrapped(array), unwrapped(indices), unwrapped(b)), capturing()
        if launches is None:
            self._ufunc.at(*given)
        else:
            launches.append(lambda: self._ufunc.at(*given))

    def outer(self, a: Any, b: Any, **kwargs: Any) -> Any:
        return call(f"{self.name}.outer", self._ufunc.outer, (a, b), kwargs, None)

    def _of(self, which: int, method: str) -> str:
        if self.name not in REDUCING:
            raise LeakError(f"{self.name}.{method} is not supported by cupy")
        return REDUCING[self.name][which]


xp = StrictModule()
