"""
Machine code for what stands on a tape, and how kernels call it.

Imported only where kernels are compiled (`synapse_rx.fast`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import cfunc, types
from numba.extending import intrinsic

from ..fast import jit
from .tracing import Trace

ARGUMENTS = 9
"""Addresses that machine code takes; what a trace does not need is not looked at."""

_SIGNATURE = types.void(*[types.intp] * ARGUMENTS)
_FLOAT, _PLACE = ir.FloatType(), ir.IntType(64)


def machine_code(trace: Trace) -> Any:
    """Return a trace as machine code that takes the addresses of its arrays; its own is its ``address``."""

    @intrinsic
    def body(context: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any, i: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            _Writer(context, builder, dict(zip(trace.arrays, arguments, strict=False))).write(trace)
            return context.get_dummy_value()

        return _SIGNATURE, generate

    def step(a: int, b: int, c: int, d: int, e: int, f: int, g: int, h: int, i: int) -> None:
        body(a, b, c, d, e, f, g, h, i)  # pyright: ignore[reportCallIssue]

    return cfunc(_SIGNATURE)(step)


class _Writer:
    """Writes operations one after the other."""

    def __init__(self, context: Any, builder: Any, addresses: dict[str, Any]) -> None:
        self._context, self._builder = context, builder
        pointer = _FLOAT.as_pointer()
        self._arrays = {name: builder.inttoptr(address, pointer) for name, address in addresses.items()}
        self._numbers: list[Any] = []

    def write(self, trace: Trace) -> None:
        """Write what a trace does."""
        for name, *operands in trace.operations:
            own = getattr(self, f"_{name}", None)
            self._numbers.append(own(*operands) if own else self._plain(name, *operands))
        for array, at, number in trace.stores:
            self._builder.store(self._numbers[number], self._pointer(array, at))

    def _plain(self, name: str, *places: int) -> Any:
        """Write an instruction, or a call of what numba makes of a function: the same code as in the kernels."""
        numbers = [self._numbers[place] for place in places]
        if name not in _FUNCTIONS:
            return getattr(self._builder, name)(*numbers)
        signature = types.float32(types.float32)
        made = self._context.compile_subroutine(self._builder, _FUNCTIONS[name], signature)
        return self._context.call_internal_no_propagate(self._builder, made.fndesc, signature, numbers)[1]

    def _pointer(self, array: str, at: int) -> Any:
        return self._builder.gep(self._arrays[array], [ir.Constant(_PLACE, at)], inbounds=True)

    def _load(self, array: str, at: int) -> Any:
        return self._builder.load(self._pointer(array, at))

    def _constant(self, value: float) -> Any:
        return ir.Constant(_FLOAT, value)

    def _larger(self, a: int, b: int) -> Any:
        return self._chosen(">", a, b, a, b)

    def _upper(self, x: int, zero: int, one: int, e: int) -> Any:
        return self._chosen(">=", x, zero, one, e)

    def _rectify(self, z: int, zero: int) -> Any:
        return self._chosen("<=", z, zero, zero, z)

    def _limit(self, z: int, one: int, zero: int) -> Any:
        # What is not a number is given on.
        known = self._chosen(">", z, zero, one, zero)
        number = self._builder.fcmp_ordered("ord", self._numbers[z], self._numbers[z])
        return self._builder.select(number, known, self._numbers[z])

    def _step(self, y: int, one: int, zero: int) -> Any:
        return self._chosen(">", y, zero, one, zero)

    def _chosen(self, how: str, left: int, right: int, then: int | Any, other: int) -> Any:
        n = self._numbers
        return self._builder.select(self._builder.fcmp_ordered(how, n[left], n[right]), n[then], n[other])


_FUNCTIONS = {
    "exp": lambda z: np.exp(z),
    "log": lambda z: np.log(z),
    "tanh": lambda z: np.tanh(z),
    "abs": lambda z: abs(z),
}
"""Functions of one number by their names on a tape, for numba to compile."""


def _call(
    context: Any, address: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any, i: Any
) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [_PLACE] * ARGUMENTS)
        builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])
        return context.get_dummy_value()

    return types.void(types.intp, *[types.intp] * ARGUMENTS), generate


call: Any = intrinsic(_call)
"""Calls machine code at an address: ``call(address, *arguments)``."""


@jit
def sweep_straight(address: int, theta: Any, Y: Any, S: Any, steps: int) -> None:
    """Do what `kernels.sweep` does."""
    vector, y, s = theta.ctypes.data, Y.ctypes.data, S.ctypes.data
    for t in range(steps):
        call(address, vector, y + t * Y.strides[0], s + t * S.strides[0], 0, 0, 0, 0, 0, 0)


@jit
def truncated_straight(
    address: int, theta: Any, Y: Any, S: Any, D: Any, steps: int, grad: Any, eps: Any, ext: Any
) -> None:
    """Do what `kernels.truncated` does."""
    vector, y, s, d = theta.ctypes.data, Y.ctypes.data, S.ctypes.data, D.ctypes.data
    g, e, x = grad.ctypes.data, eps.ctypes.data, ext.ctypes.data
    for t in range(steps):
        call(address, vector, y + t * Y.strides[0], s + t * S.strides[0], d + t * D.strides[0], g, e, x, 0, 0)


@jit
def through_time_straight(
    address: int, theta: Any, Y: Any, S: Any, D: Any, steps: int, grad: Any, work: Any
) -> None:
    """Do what `kernels.through_time` does."""
    vector, y, s, d, g = theta.ctypes.data, Y.ctypes.data, S.ctypes.data, D.ctypes.data, grad.ctypes.data
    for row in range(3):
        for j in range(work.shape[1]):
            work[row, j] = np.float32(0)
    here = work.ctypes.data
    before, held = here + work.strides[0], here + 2 * work.strides[0]
    for t in range(steps - 1, -1, -1):
        call(
            address,
            vector,
            y + t * Y.strides[0],
            s + t * S.strides[0],
            d + t * D.strides[0],
            g,
            here,
            before,
            held,
            0,
        )
        here, before = before, here
