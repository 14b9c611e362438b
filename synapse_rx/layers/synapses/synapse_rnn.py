"""The recurrent layer of synapses."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ...backends.cuda import SynapseRNNKernels
from ...initializers import Constant, Initializer, LogitUniform, Zeros
from ...params import ParameterSpec
from ...typing import Array
from ..recurrence import Level, Recurrent, Strand
from ..recurrence.ends import Ends
from ..recurrence.gates import sigmoid, sigmoid_backward
from ..recurrence.stepped import SteppedStrand
from ..recurrence.time import by_gate, rows
from .synapse import START
from .synapse_product import log_product, log_product_gradients
from .synapse_rnn_fused import SynapseRNNFused
from .synapse_weights import SIGMOID, chain_weights, write_weights

_MARGIN = 1e-6


@frozen
class SynapseRNN(Recurrent):
    """
    A recurrent layer whose state is excited and inhibited through synapses.

    With s the logistic function and * element by element:

        e = s(x W_e + h U_e + b_e)    p = s(x W_p + h U_p + b_p)    u = s(x W_u + h U_u + b_u)
        c_i = e_i prod_j (1 - S_ji p_j)    h' = (1 - u) * c + u * h

    Inputs and state are squashed twice: into how far the channels of each unit are excited (e), and into how far each
    of them inhibits the others (p). The synapse product c of the two is what `Synapse` computes of a pair, with
    weights S = sigmoid(V) in (0, 1). The gate u, with a bias of 1 at first, keeps the rest of the state, as in a
    `GRU`: without it a state has to pass through a product of numbers below 1 at every step and is soon forgotten.
    States lie in (0, 1).

    The paper names a recurrent network of synapses without saying what it is; this design is our own. Gates are
    ordered e, p, u. Options, inputs and outputs are those of `Recurrent`.

    Shapes:
        V (units, directions units); of stacked layers behind the first V1, V2 and so on.
    """

    gates: ClassVar[int] = 3

    def gate_biases(self) -> tuple[Initializer, ...]:
        return Zeros(), Zeros(), Constant(1.0)

    def own_specs(self) -> tuple[ParameterSpec, ...]:
        shape = (self.units, self.directions * self.units)
        small = LogitUniform(0.0, START)
        return (ParameterSpec("V", shape, small, self.units, self.units, regularized=False),)

    def strand(self, level: Level, direction: int) -> Strand:
        kernels = level.s.fused(SynapseRNNKernels)
        if kernels is not None:
            return SynapseRNNFused(level, direction, kernels, _MARGIN)
        return _Strand(level, direction)


class _Strand(SteppedStrand):
    """
    Shapes:
        a (T, 3, N, units): e, p and u; spare and d (3, N, units);
        p, factor and dl (T, N, units): p in one piece, the product, and the gradient of its logarithm.
    """

    def __init__(self, level: Level, direction: int) -> None:
        super().__init__(level, direction)
        self.a = self.gate_memory("gates", 3)
        self.p, self.factor, self.dl = (self.memory(name, self.units) for name in ("p", "factor", "dl"))
        self.bias = self.b.reshape(3, 1, self.units)
        self.d, self.spare = self.for_step("d", 3), self.for_step("spare", 3)
        self.v = level.param("V")[:, self.part(self.units)]
        self.weights = self.s.fixed(f"weights{level.index}{direction}", (self.units, self.units))

    def forward(self, x: Array, ends: Ends | None) -> None:
        write_weights(self.v, self.weights, SIGMOID, _MARGIN, False, self.s)
        super().forward(x, ends)

    def step(self, t: int) -> None:
        xp, a, h, factor = self.xp, self.a[t], self.h[t], self.factor[t]
        xp.matmul(self.before[t], self.U, out=self.product)
        xp.add(by_gate(self.z[t], self.units), self.bias, out=a)
        xp.add(a, by_gate(self.product, self.units), out=a)
        sigmoid(a, self.s)
        e, p, u = a
        xp.copyto(self.p[t], p)
        log_product(self.p[t], self.weights, factor, _MARGIN, self.s)
        xp.exp(factor, out=factor)
        xp.multiply(e, factor, out=h)
        xp.subtract(self.before[t], h, out=self.spare[0])
        xp.multiply(self.spare[0], u, out=self.spare[0])
        xp.add(h, self.spare[0], out=h)

    def step_back(self, t: int, passes: bool) -> None:
        xp, d, dh, factor, dl = self.xp, self.d, self.dh, self.factor[t], self.dl[t]
        e, _, u = self.a[t]
        c, dc, _ = self.spare
        xp.multiply(e, factor, out=c)
        xp.subtract(self.before[t], c, out=d[2])
        xp.multiply(d[2], dh, out=d[2])
        xp.subtract(1.0, u, out=dc)
        xp.multiply(dc, dh, out=dc)
        xp.multiply(dc, factor, out=d[0])
        xp.multiply(dc, c, out=dl)
        log_product_gradients(self.p[t], self.weights, dl, d[1], None, _MARGIN, self.s)
        sigmoid_backward(d, self.a[t], self.spare, self.s)
        xp.copyto(by_gate(self.dz[t], self.units), d)
        if passes:
            xp.multiply(dh, u, out=dh)
            xp.matmul(self.dz[t], self.U_turned, out=self.spare[0])
            xp.add(dh, self.spare[0], out=dh)

    def gradients(self) -> None:
        super().gradients()
        dv = self.level.grad("V")[:, self.part(self.units)]
        log_product_gradients(rows(self.p), self.weights, rows(self.dl), None, dv, _MARGIN, self.s)
        chain_weights(dv, self.v, self.weights, SIGMOID, False, self.s)
