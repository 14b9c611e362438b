"""
Vectors of float32 as values that kernels reckon with: ``c = f * before + i * g``, for as many numbers as have lanes.

Imported only where kernels are compiled (`synapse_rx.fast`). A product and the sum it goes into may become one
instruction, rounded once.
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import extending
from numba.core import types
from numba.core.typing.templates import AbstractTemplate, infer_global

from .vector_code import VectorCode, intrinsic


class Vector(types.Type):
    """The compiler's type of a vector of so many float32."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        super().__init__(name=f"Vector({lanes})")


@extending.register_model(Vector)
class _Model(extending.models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.VectorType(ir.FloatType(), kind.lanes))


@intrinsic
def load(typing: Any, lanes: Any, address: Any) -> Any:
    """Return the numbers from an address on; ``lanes`` is a tuple of as many."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        code = _code(context, builder, len(lanes))
        return code.load(builder.inttoptr(values[1], ir.FloatType().as_pointer()), code.whole(0))

    return Vector(len(lanes))(lanes, address), generate


@intrinsic
def store(typing: Any, vector: Any, address: Any) -> Any:
    """Write the numbers from an address on."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        code = _code(context, builder, vector.lanes)
        code.store(values[0], builder.inttoptr(values[1], ir.FloatType().as_pointer()), code.whole(0))
        return context.get_dummy_value()

    return types.void(vector, address), generate


@intrinsic
def fill(typing: Any, lanes: Any, number: Any) -> Any:
    """Return a number, float32, in every lane."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _code(context, builder, len(lanes)).every(values[1])

    return Vector(len(lanes))(lanes, number), generate


@intrinsic
def within(typing: Any, vector: Any, limit: Any) -> Any:
    """Return each number, but ``limit`` or its opposite for those further from 0; what is no number stays none."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        x, high = values[0], _code(context, builder, vector.lanes).every(values[1])
        low = builder.fneg(high)
        x = builder.select(builder.fcmp_ordered(">", x, high), high, x)
        return builder.select(builder.fcmp_ordered("<", x, low), low, x)

    return vector(vector, limit), generate


@intrinsic
def ratio(typing: Any, one: Any, other: Any) -> Any:
    """Return ``one / other`` to the last place or two; ``other`` is neither 0 nor without bounds."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.fdiv(*values, flags=("arcp", "ninf", "contract"))

    return one(one, other), generate


@intrinsic
def where_positive(typing: Any, x: Any, vector: Any) -> Any:
    """Return the numbers of ``vector`` where those of x are above 0, else 0."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        zero = _code(context, builder, x.lanes).zero
        return builder.select(builder.fcmp_ordered(">", values[0], zero), values[1], zero)

    return x(x, vector), generate


@intrinsic
def rectify(typing: Any, x: Any) -> Any:
    """Return 0 for every number below it; what is no number stays none."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        zero = _code(context, builder, x.lanes).zero
        return builder.select(builder.fcmp_ordered("<", values[0], zero), zero, values[0])

    return x(x), generate


def _operation(symbol: Any, name: str) -> None:
    """Let ``symbol`` between vectors, or a vector and a number, be the instruction ``name``."""

    @infer_global(symbol)  # pyright: ignore[reportOptionalCall]
    class Typing(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            vectors = [kind for kind in args if isinstance(kind, Vector)]
            return vectors[0](*args) if len(args) == 2 and vectors else None

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        code = _code(context, builder, signature.return_type.lanes)
        full = [
            value if isinstance(kind, Vector) else code.every(value)
            for kind, value in zip(signature.args, values, strict=True)
        ]
        return getattr(builder, name)(*full, flags=("contract",))

    for kinds in ((Vector, Vector), (Vector, types.Float), (types.Float, Vector)):
        extending.lower_builtin(symbol, *kinds)(generate)


_operation(operator.add, "fadd")
_operation(operator.sub, "fsub")
_operation(operator.mul, "fmul")


def _code(context: Any, builder: Any, lanes: int) -> VectorCode:
    return VectorCode(context, builder, types.Array(types.float32, 1, "C"), lanes)
