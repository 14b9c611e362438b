"""
Calls of machine code by its address (`fast.address`), and tables of such addresses.

What is called so is compiled once, and not again with all that call it. Imported only where kernels are compiled
(`synapse_rx.fast`).
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from .vector_code import intrinsic

ENTRY = 8
"""Bytes of an address in a table."""


@intrinsic
def call(typing: Any, where: Any, values: Any) -> Any:
    """Call the machine code at an address with these whole numbers."""
    kinds = types.UniTuple(types.intp, len(values))

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = context.get_value_type(types.intp)
        kind = ir.FunctionType(ir.VoidType(), [whole] * len(values))
        function = builder.inttoptr(arguments[0], kind.as_pointer())
        builder.call(function, cgutils.unpack_tuple(builder, arguments[1]))
        return context.get_dummy_value()

    return types.void(types.intp, kinds), generate


@intrinsic
def whole_number_at(typing: Any, address: Any) -> Any:
    """Return the whole number, of 64 bits, at an address."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.load(builder.inttoptr(values[0], ir.IntType(64).as_pointer()))

    return types.int64(types.intp), generate
