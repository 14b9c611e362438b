"""Gated recurrent units."""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen

from ...backends.cuda import GRUBeforeKernels, GRUKernels
from ...initializers import Zeros
from ...machine_code import suits
from ...options import one_of
from ...params import ParameterSpec
from ...typing import Array
from .gates import sigmoid, sigmoid_backward, tanh_backward
from .gru_before_fused import GRUBeforeFused
from .gru_fused import GRUFused
from .gru_whole import GRUWhole
from .level import Level
from .recurrent import Recurrent
from .stepped import SteppedStrand
from .strand import Strand
from .time import by_gate, rows


@frozen
class GRU(Recurrent):
    """
    Gated recurrent units (Cho et al., 2014).

    With s the logistic function and * element by element:

        r = s(x W_r + h U_r + b_r)    u = s(x W_u + h U_u + b_u)    h' = (1 - u) * n + u * h

    and of the candidate n there are two conventions, by where the reset gate r acts:

        "after": n = tanh(x W_n + b_n + r * (h U_n + c))    as in PyTorch and cuDNN
        "before": n = tanh(x W_n + b_n + (r * h) U_n)    as in the paper

    Gates are ordered r, u, n, as in PyTorch. r and u have one bias each; PyTorch has two, of which only the sum
    counts. Options, inputs and outputs are those of `Recurrent`.

    Args:
        reset: Whether r acts "after" the product with U, which is faster (one product a step), or "before" it.

    Shapes:
        c (directions units,), where r acts after the product; of stacked layers behind the first c1, c2 and so on.
    """

    reset: str = field(default="after", kw_only=True, validator=one_of("after", "before"))

    gates: ClassVar[int] = 3

    def own_specs(self) -> tuple[ParameterSpec, ...]:
        if self.reset == "before":
            return ()
        width = self.directions * self.units
        return (ParameterSpec("c", (width,), Zeros(), self.units, self.units, regularized=False),)

    def strand(self, level: Level, direction: int) -> Strand:
        fused = _fused(level, direction, self.reset)
        if fused is not None:
            return fused
        if self.reset == "after" and suits(level.s):
            return GRUWhole(level, direction)
        return (_After if self.reset == "after" else _Before)(level, direction)


def _fused(level: Level, direction: int, reset: str) -> Strand | None:
    """Return what does the steps by kernels of a device; None where there are none."""
    if reset == "after":
        after = level.s.fused(GRUKernels)
        return None if after is None else GRUFused(level, direction, after)
    before = level.s.fused(GRUBeforeKernels)
    return None if before is None else GRUBeforeFused(level, direction, before)


class _Gated(SteppedStrand):
    """
    What both conventions share.

    Shapes:
        a (T, 3, N, units): r, u and n; spare and d (3, N, units).
    """

    def __init__(self, level: Level, direction: int) -> None:
        super().__init__(level, direction)
        self.a = self.gate_memory("gates", 3)
        self.bias = self.b.reshape(3, 1, self.units)
        self.d, self.spare = self.for_step("d", 3), self.for_step("spare", 3)

    def mix(self, t: int) -> None:
        """Write h[t] = n + u (before - n)."""
        xp, (_, u, n), h = self.xp, self.a[t], self.h[t]
        xp.subtract(self.before[t], n, out=h)
        xp.multiply(h, u, out=h)
        xp.add(h, n, out=h)

    def mix_back(self, t: int) -> None:
        """Write the gradients of u into d[1] and of the logits of n into d[2]."""
        xp, (_, u, n), d = self.xp, self.a[t], self.d
        xp.subtract(self.before[t], n, out=d[1])
        xp.multiply(d[1], self.dh, out=d[1])
        xp.subtract(1.0, u, out=d[2])
        xp.multiply(d[2], self.dh, out=d[2])
        tanh_backward(d[2], n, self.spare[0], self.s)


class _After(_Gated):
    """
    Shapes:
        inner (T, N, units): h U_n + c; dv (T, N, 3 units): the gradients of the three products with U.
    """

    def __init__(self, level: Level, direction: int) -> None:
        super().__init__(level, direction)
        self.c = level.param("c")[self.part(self.units)]
        self.inner = self.memory("inner", self.units)
        self.dv = self.memory("dv", 3 * self.units)

    def step(self, t: int) -> None:
        xp, a, inner = self.xp, self.a[t], self.inner[t]
        xp.matmul(self.before[t], self.U, out=self.product)
        products = by_gate(self.product, self.units)
        xp.add(by_gate(self.z[t], self.units), self.bias, out=a)
        xp.add(a[:2], products[:2], out=a[:2])
        sigmoid(a[:2], self.s)
        xp.add(products[2], self.c, out=inner)
        xp.multiply(a[0], inner, out=self.spare[0])
        xp.add(a[2], self.spare[0], out=a[2])
        xp.tanh(a[2], out=a[2])
        self.mix(t)

    def step_back(self, t: int, passes: bool) -> None:
        xp, a, d, dh = self.xp, self.a[t], self.d, self.dh
        self.mix_back(t)
        xp.multiply(d[2], self.inner[t], out=d[0])
        sigmoid_backward(d[:2], a[:2], self.spare[:2], self.s)
        xp.copyto(by_gate(self.dz[t], self.units), d)
        xp.multiply(d[2], a[0], out=d[2])
        xp.copyto(by_gate(self.dv[t], self.units), d)
        if passes:
            xp.multiply(dh, a[1], out=dh)
            xp.matmul(self.dv[t], self.U_turned, out=self.spare[0])
            xp.add(dh, self.spare[0], out=dh)

    def gradients(self) -> None:
        dv = rows(self.dv)
        self.xp.matmul(rows(self.before).T, dv, out=self.dU)
        dc: Array = self.level.grad("c")[self.part(self.units)]
        self.xp.matmul(self.level.ones, dv[:, 2 * self.units :], out=dc)


class _Before(_Gated):
    """
    Shapes:
        kept (T, N, units): r * h, what is left of the state.
    """

    def __init__(self, level: Level, direction: int) -> None:
        super().__init__(level, direction)
        self.kept = self.memory("kept", self.units)
        self.product = self.product.reshape(-1)[: 2 * self.n * self.units].reshape(self.n, -1)

    def step(self, t: int) -> None:
        xp, a, kept, two = self.xp, self.a[t], self.kept[t], 2 * self.units
        xp.matmul(self.before[t], self.U[:, :two], out=self.product)
        xp.add(by_gate(self.z[t], self.units), self.bias, out=a)
        xp.add(a[:2], by_gate(self.product, self.units), out=a[:2])
        sigmoid(a[:2], self.s)
        xp.multiply(a[0], self.before[t], out=kept)
        xp.matmul(kept, self.U[:, two:], out=self.spare[0])
        xp.add(a[2], self.spare[0], out=a[2])
        xp.tanh(a[2], out=a[2])
        self.mix(t)

    def step_back(self, t: int, passes: bool) -> None:
        xp, a, d, dh, two = self.xp, self.a[t], self.d, self.dh, 2 * self.units
        dkept, spare = self.spare[2], self.spare
        self.mix_back(t)
        xp.matmul(d[2], self.U_turned[two:], out=dkept)
        xp.multiply(dkept, self.before[t], out=d[0])
        sigmoid_backward(d[:2], a[:2], spare[:2], self.s)
        xp.copyto(by_gate(self.dz[t], self.units), d)
        if passes:
            xp.multiply(dh, a[1], out=dh)
            xp.multiply(dkept, a[0], out=dkept)
            xp.add(dh, dkept, out=dh)
            xp.matmul(self.dz[t, :, :two], self.U_turned[:two], out=spare[0])
            xp.add(dh, spare[0], out=dh)

    def gradients(self) -> None:
        dz, two = rows(self.dz), 2 * self.units
        self.xp.matmul(rows(self.before).T, dz[:, :two], out=self.dU[:, :two])
        self.xp.matmul(rows(self.kept).T, dz[:, two:], out=self.dU[:, two:])
