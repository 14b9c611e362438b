"""
Instructions on vectors for numba's intrinsics: what loops of kernels do not become by themselves.

Imported only where kernels are compiled (`synapse_rx.fast`).
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import extending
from numba.core import cgutils, types

intrinsic: Any = extending.intrinsic
"""Makes a function whose calls become the instructions it writes; its first argument is the compiler's."""


class VectorCode:
    """Writes instructions on vectors with a number of an array in every lane."""

    def __init__(self, context: Any, builder: Any, array: Any, lanes: int) -> None:
        self._context, self._builder, self._lanes = context, builder, lanes
        single = array.dtype == types.float32
        self._vector = ir.VectorType(ir.FloatType() if single else ir.DoubleType(), lanes)
        self._align = 4 if single else 8
        self.places = ir.VectorType(ir.IntType(32), lanes)
        self.marks = ir.VectorType(ir.IntType(8), lanes)
        self.zero = ir.Constant(self._vector, [0.0] * lanes)
        name = f"llvm.fmuladd.v{lanes}f{32 if single else 64}"
        function = ir.FunctionType(self._vector, [self._vector] * 3)
        self._multiply_add = cgutils.get_or_insert_function(builder.module, function, name)

    def loop(self, count: Any) -> Any:
        """Return a context whose ``index`` counts from 0 to before ``count``."""
        return cgutils.for_range(self._builder, count)

    def offset(self, start: Any, *products: tuple[Any, Any]) -> Any:
        """Return ``start`` plus products of two."""
        for one, other in products:
            start = self._builder.add(start, self._builder.mul(one, other))
        return start

    def whole(self, number: int) -> Any:
        return ir.Constant(self._context.get_value_type(types.intp), number)

    def data(self, kind: Any, value: Any) -> Any:
        return self._context.make_array(kind)(self._context, self._builder, value).data

    def items(self, value: Any) -> list[Any]:
        return cgutils.unpack_tuple(self._builder, value)

    def tile(self, m: int, p: int) -> list[list[Any]]:
        """Return cells that hold 0."""
        cells = [[self.cell() for _ in range(p)] for _ in range(m)]
        for cell in (cell for row in cells for cell in row):
            self._builder.store(self.zero, cell)
        return cells

    def cell(self, kind: Any = None) -> Any:
        """Return a place for a vector, of numbers by default, that becomes a register."""
        return cgutils.alloca_once(self._builder, kind or self._vector)

    def place(self, number: Any) -> Any:
        """Return a whole number in every lane."""
        return self._filled(self.places, self._builder.trunc(number, ir.IntType(32)))

    def load(self, data: Any, place: Any) -> Any:
        value = self._builder.load(self._pointer(data, place))
        value.align = self._align
        return value

    def store(self, value: Any, data: Any, place: Any) -> None:
        self._builder.store(value, self._pointer(data, place)).align = self._align

    def splat(self, data: Any, place: Any) -> Any:
        """Return the number at a place in every lane."""
        return self.every(self._builder.load(self._builder.gep(data, [place])))

    def every(self, number: Any) -> Any:
        """Return a number in every lane."""
        return self._filled(self._vector, number)

    def shuffle(self, one: Any, other: Any, order: list[int]) -> Any:
        places = ir.Constant(ir.VectorType(ir.IntType(32), self._lanes), order)
        return self._builder.shuffle_vector(one, other, places)

    def totals(self, vectors: list[Any]) -> Any:
        """Return a vector with the sum of the numbers of each of the vectors, of which there are at most as many."""
        rows, width = [*vectors, *[self.zero] * (self._lanes - len(vectors))], self._lanes // 2
        while width:
            rows = [
                self._builder.fadd(*self.exchanged(rows[i], rows[i + width], width)) for i in range(width)
            ]
            width //= 2
        return rows[0]

    def exchanged(self, upper: Any, lower: Any, width: int) -> tuple[Any, Any]:
        """Exchange, in pairs of runs of ``width`` numbers, those to the right above with those to the left below."""
        of_lower, lanes = self._lanes, range(self._lanes)
        first = [of_lower + k - width if k & width else k for k in lanes]
        second = [of_lower + k if k & width else k + width for k in lanes]
        return self.shuffle(upper, lower, first), self.shuffle(upper, lower, second)

    def transposed(self, rows: list[Any]) -> list[Any]:
        """Return the columns of a square: the corners of squares are exchanged, and of ever smaller ones inside."""
        rows, width = [*rows], self._lanes // 2
        while width:
            for i in (i for i in range(self._lanes) if not i & width):
                rows[i], rows[i + width] = self.exchanged(rows[i], rows[i + width], width)
            width //= 2
        return rows

    def add_product(self, one: Any, other: Any, cell: Any) -> None:
        total = self._builder.call(self._multiply_add, [one, other, self._builder.load(cell)])
        self._builder.store(total, cell)

    def expect(self, address: Any) -> None:
        """Have the line of the cache with an address brought to the second level, without waiting for it."""
        whole, place = ir.IntType(32), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [place, whole, whole, whole])
        function = cgutils.get_or_insert_function(self._builder.module, kind, "llvm.prefetch.p0i8")
        hints = [ir.Constant(whole, value) for value in (0, 2, 1)]  # to read, once more soon, numbers
        self._builder.call(function, [self._builder.inttoptr(address, place), *hints])

    def load_marks(self, data: Any, place: Any) -> Any:
        value = self._builder.load(self._pointer(data, place, self.marks))
        value.align = 1
        return value

    def store_marks(self, value: Any, data: Any, place: Any) -> None:
        self._builder.store(value, self._pointer(data, place, self.marks)).align = 1

    def _filled(self, kind: Any, number: Any) -> Any:
        nothing, first = ir.Constant(kind, ir.Undefined), ir.Constant(ir.IntType(32), 0)
        return self.shuffle(self._builder.insert_element(nothing, number, first), nothing, [0] * self._lanes)

    def _pointer(self, data: Any, place: Any, kind: Any = None) -> Any:
        kind = kind or self._vector
        return self._builder.bitcast(self._builder.gep(data, [place]), kind.as_pointer())


def lengths(sizes: Any) -> tuple[int, int, int]:
    """
    Return lanes and the two sides of a tile, m and p, of ``sizes``: ((0,) * lanes, (0,) * m, (0,) * p).

    So sizes are given that the compiler has to know: as lengths of tuples, which are part of their types.
    """
    lanes, m, p = (len(part) for part in sizes.types)
    return lanes, m, p
