"""
Instructions on vectors of which some are only partly filled, for numba's intrinsics.

Imported only where kernels are compiled (`synapse_rx.fast`).
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from .vector_code import VectorCode


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

    @property
    def _four(self) -> Any:
        return ir.Constant(ir.IntType(32), 4)

    def _at(self, data: Any, place: Any) -> Any:
        return self._builder.bitcast(self._builder.gep(data, [place]), self._where)

    def _function(self, what: str, kind: Any, arguments: list[Any]) -> Any:
        name = f"llvm.masked.{what}.v{self._lanes}f32.p0v{self._lanes}f32"
        return cgutils.get_or_insert_function(self._builder.module, ir.FunctionType(kind, arguments), name)
