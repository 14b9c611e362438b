"""
Tiles of matrix products whose sums are values, for kernels that go on reckoning with them.

The sums of a tile are a tuple of `Vector`s, row by row: as many rows as make sixteen of them, of which those behind the
tile's are never stored. Sizes are those of `vector_code.lengths`: lanes, rows, vectors in a row. Numbers are float32
and given by their addresses. Imported only where kernels are compiled (`synapse_rx.fast`).
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ..instructions.vector import Vector
from ..instructions.vector_code import VectorCode, intrinsic, lengths

SUMS = 16
"""Sums in a tuple."""


@intrinsic
def sums_from(typing: Any, sizes: Any, address: Any, distance: Any) -> Any:
    """Return sums that begin with what is at an address; ``distance`` is that of rows, 0 for the same in all."""
    lanes, m, p = lengths(sizes)
    kind = types.UniTuple(Vector(lanes), SUMS)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        code = _code(context, builder, lanes)
        source = builder.inttoptr(values[1], ir.FloatType().as_pointer())
        found = [
            code.load(source, code.offset(code.whole(j * lanes), (values[2], code.whole(i))))
            for i in range(m)
            for j in range(p)
        ]
        return context.make_tuple(builder, kind, [*found, *[code.zero] * (SUMS - m * p)])

    return kind(sizes, address, distance), generate


@intrinsic
def add_products(typing: Any, sizes: Any, part: Any, a: Any, b: Any, count: Any, sums: Any) -> Any:
    """
    Return sums with ``sum over k of a[i, k] b[k, j]`` added to those of row i, for some j that follow each other.

    Args:
        sizes: As in the module.
        part: ((0,) * j + (0,), (0,) * n) for the n vectors of a row from the j-th on, to which it is added.
        a: The address of its first number, and the distances of i and of k.
        b: The address of its first number, and the distance of k.
        count: How many k there are.
        sums: The sums so far.
    """
    lanes, m, p = lengths(sizes)
    first, wide = (len(each) for each in part.types)
    first -= 1

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _, _, a_value, b_value, many, before = values
        a_at, a_down, a_step = cgutils.unpack_tuple(builder, a_value)
        b_at, b_step = cgutils.unpack_tuple(builder, b_value)
        code = _code(context, builder, lanes)
        left, right = (builder.inttoptr(address, ir.FloatType().as_pointer()) for address in (a_at, b_at))
        totals = cgutils.unpack_tuple(builder, before)
        cells = [[code.cell() for _ in range(wide)] for _ in range(m)]
        for i, row in enumerate(cells):
            for j, cell in enumerate(row):
                builder.store(totals[i * p + first + j], cell)
        rows = [builder.mul(a_down, code.whole(i)) for i in range(m)]
        with cgutils.for_range(builder, many) as one:
            here = builder.mul(one.index, b_step)
            vectors = [code.load(right, builder.add(here, code.whole(j * lanes))) for j in range(wide)]
            column = builder.mul(one.index, a_step)
            for i in range(m):
                factor = code.splat(left, builder.add(column, rows[i]))
                for vector, cell in zip(vectors, cells[i], strict=True):
                    code.add_product(factor, vector, cell)
        for i, row in enumerate(cells):
            for j, cell in enumerate(row):
                totals[i * p + first + j] = builder.load(cell)
        return context.make_tuple(builder, sums, totals)

    return sums(sizes, part, a, b, count, sums), generate


@intrinsic
def store_sums(typing: Any, sizes: Any, sums: Any, address: Any, distance: Any) -> Any:
    """Write the sums of a tile from an address on; ``distance`` is that of rows."""
    lanes, m, p = lengths(sizes)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        code = _code(context, builder, lanes)
        out = builder.inttoptr(values[2], ir.FloatType().as_pointer())
        totals = cgutils.unpack_tuple(builder, values[1])
        for i in range(m):
            for j in range(p):
                code.store(
                    totals[i * p + j], out, code.offset(code.whole(j * lanes), (values[3], code.whole(i)))
                )
        return context.get_dummy_value()

    return types.void(sizes, sums, address, distance), generate


def _code(context: Any, builder: Any, lanes: int) -> VectorCode:
    return VectorCode(context, builder, types.Array(types.float32, 1, "C"), lanes)
