"""The gradients of weights by which gates look at cells."""

from __future__ import annotations

from ...typing import Array
from .step_memory import StepMemory
from .time import rows


def write_peephole_gradients(strand: StepMemory, c: Array, c_before: Array) -> None:
    """Write the gradients of P (3, units), given the cells after and before each step, (T, N, units), and dz."""
    xp, units, level = strand.xp, strand.units, strand.level
    dP = level.grad("P")[strand.part(3 * units)].reshape(3, units)
    seen, ones = strand.memory("seen", units), level.ones
    for k, cells in enumerate((c_before, c_before, c)):
        xp.multiply(strand.dz[:, :, k * units : (k + 1) * units], cells, out=seen)
        xp.matmul(ones, rows(seen), out=dP[k])
