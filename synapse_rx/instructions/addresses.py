"""
Machine code called by its address (`fast.address`), tables of such addresses, and numbers and arrays that lie at one.

What is called so is compiled once, and not again with all that call it. Imported only where kernels are compiled
(`synapse_rx.fast`).
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.np import arrayobj as arrays

from .vector_code import intrinsic

ENTRY, WORD = 8, 4
"""Bytes of an address in a table, and of a number, float32."""


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


@intrinsic
def number_at(typing: Any, address: Any) -> Any:
    """Return the one number at an address."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.load(builder.inttoptr(values[0], ir.FloatType().as_pointer()))

    return types.float32(address), generate


@intrinsic
def put(typing: Any, number: Any, address: Any) -> Any:
    """Write one number to an address."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        builder.store(values[0], builder.inttoptr(values[1], ir.FloatType().as_pointer()))
        return context.get_dummy_value()

    return types.void(types.float32, address), generate


@intrinsic
def address_of(typing: Any, array: Any) -> Any:
    """Return the address of the first number of an array, which has to be there for as long as that is used."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, values[0]).data
        return builder.ptrtoint(data, context.get_value_type(types.intp))

    return types.intp(array), generate


@intrinsic
def numbers_at(typing: Any, address: Any, count: Any) -> Any:
    """Return so many float32 from an address on as an array, which keeps nothing alive."""
    kind = types.Array(types.float32, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        array = context.make_array(kind)(context, builder)
        data = builder.inttoptr(values[0], ir.FloatType().as_pointer())
        width = ir.Constant(context.get_value_type(types.intp), WORD)
        arrays.populate_array(
            array,
            data=data,
            shape=cgutils.pack_array(builder, [values[1]]),
            strides=cgutils.pack_array(builder, [width]),
            itemsize=width,
            meminfo=None,
        )
        return array._getvalue()

    return kind(types.intp, types.intp), generate
