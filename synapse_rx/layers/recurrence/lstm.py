"""Long short-term memory."""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen

from ...backends.cuda import LSTMKernels
from ...initializers import Constant, Initializer, Zeros
from ...machine_code import suits
from ...options import finite, flag, number
from ...params import ParameterSpec
from ...typing import Array
from .gates import sigmoid, sigmoid_backward, tanh_backward
from .level import Level
from .lstm_fused import LSTMFused
from .lstm_whole import LSTMWhole
from .peepholes import write_peephole_gradients
from .recurrent import Recurrent
from .stepped import SteppedStrand
from .strand import Strand
from .time import by_gate


@frozen
class LSTM(Recurrent):
    """
    Long short-term memory (Hochreiter & Schmidhuber, 1997; with the forget gate of Gers et al., 2000).

    With s the logistic function and * element by element:

        i = s(x W_i + h U_i + b_i)    f = s(x W_f + h U_f + b_f)    o = s(x W_o + h U_o + b_o)
        g = tanh(x W_g + h U_g + b_g)    c' = f * c + i * g    h' = o * tanh(c')

    Gates are ordered i, f, o, g (PyTorch: i, f, g, o). One bias; PyTorch has two, of which only the sum counts.
    Options, inputs and outputs are those of `Recurrent`.

    Args:
        peepholes: Whether gates see the cell (Gers et al., 2002): i and f that before the step, by ``+ c * P_i`` and
            ``+ c * P_f``, and o that after it, by ``+ c' * P_o``.
        forget_bias: Where the bias of f starts; at 1 the cell remembers from the start (Jozefowicz et al., 2015).

    Shapes:
        P (directions 3 units,), ordered i, f, o; of stacked layers behind the first P1, P2 and so on.
    """

    peepholes: bool = field(default=False, kw_only=True, validator=flag)
    forget_bias: float = field(default=1.0, kw_only=True, converter=number, validator=finite)

    gates: ClassVar[int] = 4

    def gate_biases(self) -> tuple[Initializer, ...]:
        return (Zeros(), Constant(self.forget_bias), Zeros(), Zeros())

    def own_specs(self) -> tuple[ParameterSpec, ...]:
        if not self.peepholes:
            return ()
        width = self.directions * 3 * self.units
        return (ParameterSpec("P", (width,), Zeros(), self.units, self.units),)

    def strand(self, level: Level, direction: int) -> Strand:
        kernels = level.s.fused(LSTMKernels)
        if kernels is not None:
            return LSTMFused(level, direction, kernels, self.peepholes)
        if not self.peepholes and suits(level.s):
            return LSTMWhole(level, direction)
        return _Strand(level, direction, self.peepholes)


class _Strand(SteppedStrand):
    """
    Shapes:
        a (T, 4, N, units): the gates, in the memory of z and dz; c (T, N, units): the cell after each step, c_before:
        that before each step; P (3, 1, units).
    """

    def __init__(self, level: Level, direction: int, peepholes: bool) -> None:
        super().__init__(level, direction)
        units = self.units
        cells = level.whole("c", level.layer.directions * units)
        self.c, self.c_before = self.states(cells[:, :, self.part(units)])
        self.a = self.gates_in_z()
        self.bias = self.b.reshape(4, 1, units)
        self.P = level.param("P")[self.part(3 * units)].reshape(3, 1, units) if peepholes else None
        self.d, self.spare, self.squashed = (
            self.for_step(*of) for of in (("d", 4), ("spare", 4), ("squashed", 1))
        )
        self.dc = self.s.array("dc", (units,))
        self.running.append((self.c, self.dc))

    def step(self, t: int) -> None:
        xp, a, c, c_before = self.xp, self.a[t], self.c[t], self.c_before[t]
        gate = self.spare[0]
        xp.matmul(self.before[t], self.U, out=self.product)
        xp.add(self.z[t], self.product, out=self.product)
        xp.add(by_gate(self.product, self.units), self.bias, out=a)
        if self.P is None:
            sigmoid(a[:3], self.s)
        else:
            self._look(a[:2], c_before, self.P[:2])
            sigmoid(a[:2], self.s)
        xp.tanh(a[3], out=a[3])
        xp.multiply(a[1], c_before, out=c)
        xp.multiply(a[0], a[3], out=gate)
        xp.add(c, gate, out=c)
        if self.P is not None:
            self._look(a[2:3], c, self.P[2:])
            sigmoid(a[2], self.s)
        xp.tanh(c, out=gate)
        xp.multiply(a[2], gate, out=self.h[t])

    def step_back(self, t: int, passes: bool) -> None:
        xp, a, d, spare, dh, dc = self.xp, self.a[t], self.d, self.spare, self.dh, self.dc
        squashed = self.squashed[0]
        xp.tanh(self.c[t], out=squashed)
        xp.multiply(dh, squashed, out=d[2])
        xp.multiply(dh, a[2], out=dh)
        tanh_backward(dh, squashed, spare[0], self.s)
        xp.add(dc, dh, out=dc)
        if self.P is not None:
            sigmoid_backward(d[2], a[2], spare[0], self.s)
            self._look_back(d[2:3], self.P[2:])
        xp.multiply(dc, a[3], out=d[0])
        xp.multiply(dc, self.c_before[t], out=d[1])
        xp.multiply(dc, a[0], out=d[3])
        gates = 3 if self.P is None else 2
        sigmoid_backward(d[:gates], a[:gates], spare[:gates], self.s)
        tanh_backward(d[3], a[3], spare[0], self.s)
        if passes:
            xp.multiply(dc, a[1], out=dc)
        xp.copyto(by_gate(self.dz[t], self.units), d)  # where a was
        if passes:
            if self.P is not None:
                self._look_back(d[:2], self.P[:2])
            xp.matmul(self.dz[t], self.U_turned, out=dh)

    def gradients(self) -> None:
        super().gradients()
        if self.P is not None:
            write_peephole_gradients(self, self.c, self.c_before)

    def _look(self, a: Array, c: Array, P: Array) -> None:
        """Add to logits what the cell adds through peepholes."""
        seen = self.spare[: len(P)]
        self.xp.multiply(c, P, out=seen)
        self.xp.add(a, seen, out=a)

    def _look_back(self, d: Array, P: Array) -> None:
        """Add to the gradient of the cell what comes through the peepholes of gates with gradient ``d``."""
        for one, weights in zip(d, P, strict=True):
            self.xp.multiply(one, weights, out=self.spare[0])
            self.xp.add(self.dc, self.spare[0], out=self.dc)
