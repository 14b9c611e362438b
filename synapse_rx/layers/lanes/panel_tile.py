"""
Instructions for products with a panel: some columns of a matrix, row by row, filled up to whole vectors.

Numbers are float32 and given by their addresses; the last vector of a panel may hold fewer columns than it has lanes.
Sizes are ((0,) * lanes, (0,) * m, (0,) * p), as in `tiles`: a panel is p vectors wide. Imported only where kernels are
compiled (`synapse_rx.fast`).
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from .vector_code import VectorCode, intrinsic, lengths


@intrinsic
def panel_tile(
    typing: Any,
    sizes: Any,
    a: Any,
    a_row: Any,
    a_by: Any,
    panel: Any,
    c: Any,
    c_row: Any,
    count: Any,
    adds: Any,
    left: Any,
) -> Any:
    """
    Write ``c[i, j] = sum over k of a[i, k] panel[k, j]`` for a tile, m numbers high and as wide as the panel.

    Args:
        sizes: As in the module.
        a, panel, c: The addresses of the first number of each.
        a_row, a_by: The distances of i and of k in a; c_row: that of i in c.
        count: How many k there are.
        adds: Whether it is added to what is in c.
        left: How many columns of c the last vector has.
    """
    lanes, m, p = lengths(sizes)
    arguments = (sizes, a, a_row, a_by, panel, c, c_row, count, adds, left)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _, a_at, a_down, a_step, panel_at, c_at, c_down, many, more, last = values
        code = MaskedCode(context, builder, lanes, last)
        numbers, right, out = map(code.numbers, (a_at, panel_at, c_at))
        sums = code.tile(m, p)
        rows = [builder.mul(a_down, code.whole(i)) for i in range(m)]
        with cgutils.for_range(builder, many) as one:
            here = builder.mul(one.index, code.whole(p * lanes))
            vectors = [code.load(right, builder.add(here, code.whole(j * lanes))) for j in range(p)]
            column = builder.mul(one.index, a_step)
            for i in range(m):
                factor = code.splat(numbers, builder.add(column, rows[i]))
                for vector, cell in zip(vectors, sums[i], strict=True):
                    code.add_product(factor, vector, cell)
        with builder.if_else(builder.icmp_signed("!=", more, code.whole(0))) as (adding, writing):
            for branch, old in ((adding, True), (writing, False)):
                with branch:
                    for i in range(m):
                        row = builder.mul(c_down, code.whole(i))
                        for j, cell in enumerate(sums[i]):
                            place, ends = builder.add(row, code.whole(j * lanes)), j == p - 1
                            total = builder.load(cell)
                            if old:
                                total = builder.fadd(total, code.load_part(out, place, ends))
                            code.store_part(total, out, place, ends)
        return context.get_dummy_value()

    return types.void(*arguments), generate


@intrinsic
def fill_panel(
    typing: Any, sizes: Any, b: Any, b_row: Any, panel: Any, count: Any, left: Any, scale: Any
) -> Any:
    """
    Write ``panel[k, j] = scale b[k, j]``.

    Args:
        sizes: As in the module.
        b, panel, scale: The addresses of the first number of each.
        b_row: The distance of k in b.
        count: How many k there are.
        left: How many columns of b the last vector has.
    """
    lanes, _, p = lengths(sizes)
    arguments = (sizes, b, b_row, panel, count, left, scale)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _, b_at, b_down, panel_at, many, last, scale_at = values
        code = MaskedCode(context, builder, lanes, last)
        source, into = code.numbers(b_at), code.numbers(panel_at)
        factor = code.splat(code.numbers(scale_at), code.whole(0))
        with cgutils.for_range(builder, many) as one:
            begin = builder.mul(one.index, b_down)
            row = builder.mul(one.index, code.whole(p * lanes))
            for j in range(p):
                step = code.whole(j * lanes)
                vector = code.load_part(source, builder.add(begin, step), j == p - 1)
                code.store(builder.fmul(vector, factor), into, builder.add(row, step))
        return context.get_dummy_value()

    return types.void(*arguments), generate


@intrinsic
def fill_panel_turned(
    typing: Any, sizes: Any, b: Any, b_row: Any, rows: Any, panel: Any, left: Any, scale: Any
) -> Any:
    """
    Write ``panel[k, j] = scale b[j, k]`` for a square of as many numbers as there are lanes.

    Args:
        sizes: As in the module.
        b, panel, scale: The addresses of the first number of each.
        b_row: The distance of j in b; rows: how many there are, the last of which stands for those beyond.
        left: How many k there are; what is beyond becomes 0.
    """
    lanes, _, p = lengths(sizes)
    arguments = (sizes, b, b_row, rows, panel, left, scale)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _, b_at, b_down, many, panel_at, last, scale_at = values
        code = MaskedCode(context, builder, lanes, last)
        source, into = code.numbers(b_at), code.numbers(panel_at)
        factor = code.splat(code.numbers(scale_at), code.whole(0))
        final = builder.sub(many, code.whole(1))
        vectors: list[Any] = []
        for j in map(code.whole, range(lanes)):
            row = builder.select(builder.icmp_signed("<", j, final), j, final)
            vector = code.load_part(source, builder.mul(b_down, row), True)
            vectors.append(builder.fmul(vector, factor))
        for k, vector in enumerate(code.transposed(vectors)):
            code.store(vector, into, code.whole(k * p * lanes))
        return context.get_dummy_value()

    return types.void(*arguments), generate


class MaskedCode(VectorCode):
    """Writes instructions on vectors of float32 of which some have only so many numbers as are ``left``."""

    def __init__(self, context: Any, builder: Any, lanes: int, left: Any) -> None:
        super().__init__(context, builder, types.Array(types.float32, 1, "C"), lanes)
        order = ir.Constant(self.places, list(range(lanes)))
        self._builder, self._lanes = builder, lanes
        self._mask = builder.icmp_signed("<", order, self.place(left))
        self._whole = self.zero.type
        self._where = self._whole.as_pointer()

    def numbers(self, address: Any) -> Any:
        return self._builder.inttoptr(address, ir.FloatType().as_pointer())

    def load_part(self, data: Any, place: Any, masked: bool) -> Any:
        """Return a vector, whose lanes beyond those that are left are 0 if it is masked; nothing is read there."""
        if not masked:
            return self.load(data, place)
        function = self._function(
            "load", self._whole, [self._where, ir.IntType(32), self._mask.type, self._whole]
        )
        return self._builder.call(function, [self._at(data, place), self._four, self._mask, self.zero])

    def store_part(self, value: Any, data: Any, place: Any, masked: bool) -> None:
        """Store a vector, of a masked one as many lanes as are left."""
        if not masked:
            self.store(value, data, place)
            return
        kinds = [self._whole, self._where, ir.IntType(32), self._mask.type]
        function = self._function("store", ir.VoidType(), kinds)
        self._builder.call(function, [value, self._at(data, place), self._four, self._mask])

    def transposed(self, rows: list[Any]) -> list[Any]:
        """Return the columns of a square: the corners of squares are exchanged, and of ever smaller ones inside."""
        rows, width = [*rows], self._lanes // 2
        while width:
            for i in (i for i in range(self._lanes) if not i & width):
                rows[i], rows[i + width] = self.exchanged(rows[i], rows[i + width], width)
            width //= 2
        return rows

    @property
    def _four(self) -> Any:
        return ir.Constant(ir.IntType(32), 4)

    def _at(self, data: Any, place: Any) -> Any:
        return self._builder.bitcast(self._builder.gep(data, [place]), self._where)

    def _function(self, what: str, kind: Any, arguments: list[Any]) -> Any:
        name = f"llvm.masked.{what}.v{self._lanes}f32.p0v{self._lanes}f32"
        return cgutils.get_or_insert_function(self._builder.module, ir.FunctionType(kind, arguments), name)
