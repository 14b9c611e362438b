"""
Where threads in machine code wait for each other.

Imported only where kernels are compiled (`synapse_rx.fast`).
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

import os
from typing import Any

from llvmlite import ir
from numba import types

from ...fast import jit
from ...instructions.vector_code import intrinsic

PATIENCE = 2000
"""How often a thread looks for the others before it offers its core to somebody else, each time it looks again."""

YIELDS = hasattr(os, "sched_yield")
_yield: Any = types.ExternalFunction("sched_yield", types.int32())  # pyright: ignore[reportCallIssue]


@jit
def meet(meeting: Any, arrivals: int) -> None:
    """
    Wait until there were so many arrivals, this one among them; what each has written the others see afterwards.

    Args:
        meeting: (1,) how many arrivals there were since it was 0.
    """
    address, looks = meeting.ctypes.data, 0
    _arrive(address)
    while _arrived(address) < arrivals:
        looks += 1
        if YIELDS and looks > PATIENCE:
            _yield()


@intrinsic
def _arrive(typing: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        whole = ir.IntType(64)
        place = builder.inttoptr(values[0], whole.as_pointer())
        builder.atomic_rmw("add", place, ir.Constant(whole, 1), "seq_cst")
        return context.get_dummy_value()

    return types.void(types.intp), generate


@intrinsic
def _arrived(typing: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        whole = ir.IntType(64)
        place = builder.inttoptr(values[0], whole.as_pointer())
        return builder.load_atomic(place, "seq_cst", 8)

    return types.int64(types.intp), generate
