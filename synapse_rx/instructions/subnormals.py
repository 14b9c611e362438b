"""
Numbers below the smallest normal one (1.2e-38) taken for 0 by the processor, while a kernel runs on a thread.

With each of them x86 processors take a hundred times as long as with others, and gradients, moments and outputs of
networks that have learnt nearly everything are full of them. Imported only where kernels are compiled
(`synapse_rx.fast`).
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

import platform
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from .vector_code import intrinsic

ON_X86 = platform.machine().lower() in ("x86_64", "amd64", "i686", "x86")
FLUSHED = 0x8040
"""The bits of the control register that say so of results and of operands (Intel, SDM 1, 10.2.3)."""


@intrinsic
def flush_subnormals(typing: Any) -> Any:
    """Take subnormal numbers for 0 from now on, where that can be said; return what `restore` needs."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = cgutils.alloca_once(builder, ir.IntType(32))
        if not ON_X86:
            return ir.Constant(ir.IntType(32), 0)
        _call(builder, "stmxcsr", place)
        before = builder.load(place)
        builder.store(builder.or_(before, ir.Constant(ir.IntType(32), FLUSHED)), place)
        _call(builder, "ldmxcsr", place)
        return before

    return types.int32(), generate


@intrinsic
def restore(typing: Any, before: Any) -> Any:
    """Compute as `flush_subnormals` found it."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        if ON_X86:
            place = cgutils.alloca_once(builder, ir.IntType(32))
            builder.store(values[0], place)
            _call(builder, "ldmxcsr", place)
        return context.get_dummy_value()

    return types.void(types.int32), generate


def _call(builder: Any, what: str, place: Any) -> None:
    byte = ir.IntType(8).as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [byte])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.x86.sse.{what}")
    builder.call(function, [builder.bitcast(place, byte)])
