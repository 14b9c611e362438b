"""The recurrent layer of synapses by kernels of a device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...backends.cuda import Recurrence, SynapseRNNKernels
from ...typing import Array
from ..recurrence.fused_steps import FusedSteps
from ..recurrence.time import rows
from .synapse_product import log_product, log_product_gradients
from .synapse_weights import SIGMOID, chain_weights, write_weights

if TYPE_CHECKING:
    from ..recurrence import Level


class SynapseRNNFused(FusedSteps):
    """
    Equals the strand of a `SynapseRNN`: the product of states and those of synapses, and a kernel behind each.

    Args:
        level, direction: As of all strands.
        kernels: What computes.
        margin: How far factors stay from 0.

    Shapes:
        p, factor and dl (T, N, units): p in one piece, the product of factors, and the gradient of its logarithm;
        dp (N, units): the gradient of p.
    """

    def __init__(self, level: Level, direction: int, kernels: SynapseRNNKernels, margin: float) -> None:
        super().__init__(level, direction)
        units = self.units
        self.kernels, self.margin = kernels, margin
        self.p, self.factor, self.dl = (self.memory(name, units) for name in ("p", "factor", "dl"))
        self.dp = self.s.array("dp", (units,))
        self.v = level.param("V")[:, self.part(units)]
        self.weights = self.s.fixed(f"weights{level.index}{direction}", (units, units))
        self.of = Recurrence(
            self.sequences, 0, z=self.z, dz=self.dz, b=level.param("b"), h=level.hidden, inner=self.p
        )

    def read(self) -> None:
        write_weights(self.v, self.weights, SIGMOID, self.margin, False, self.s)
        super().read()

    def step(self, t: int) -> None:
        self.xp.matmul(self.before[t], self.U, out=self.product)
        self.kernels.squash(self.of, self.product, t)
        log_product(self.p[t], self.weights, self.factor[t], self.margin, self.s)
        self.kernels.mix(self.of, self.counts, self.factor, t)

    def step_back(self, t: int, dy: Any, last: Any, through: Any) -> None:
        self.kernels.mix_back(self.of, self.counts, (dy, last), through, self.factor, self.dl, self.dh, t)
        log_product_gradients(self.p[t], self.weights, self.dl[t], self.dp, None, self.margin, self.s)
        self.kernels.squash_back(self.of, self.dp, t)

    def pass_on(self, t: int) -> None:
        self.xp.matmul(self.dz[t], self.U_turned, out=self.through)

    def gradients(self) -> None:
        super().gradients()
        dv: Array = self.level.grad("V")[:, self.part(self.units)]
        log_product_gradients(rows(self.p), self.weights, rows(self.dl), None, dv, self.margin, self.s)
        chain_weights(dv, self.v, self.weights, SIGMOID, False, self.s)
