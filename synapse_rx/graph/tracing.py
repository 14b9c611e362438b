"""
What the kernels do in one step of one graph, written down operation by operation.

The kernels of `kernels` go by a table of integers: which neuron, which weights, gated or not. Of one graph that table
is known, and with it every loop and every branch of theirs. So they are run once with the table and with numbers that
stand for what will lie in memory; what they do to these is noted on a `Tape`. There is one text of each equation, and
what comes of it gives the same bits, whichever way it is run.

Imported only where kernels are compiled (`synapse_rx.fast`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from . import judge_kernel, kernels
from .runs import runs
from .tape import Memory, Number, Rows, Tape
from .wiring import wiring

_FIRST = ("theta", "Y", "S")

ARRAYS = {
    "sweep": _FIRST,
    "truncated": (*_FIRST, "D", "grad", "eps", "ext"),
    "back": (*_FIRST, "D", "grad", "here", "before", "held"),
    "online": (*_FIRST, "eps", "ext", "x", "t", "rate", "loss"),
}
"""What lies in memory for each kernel, in the order of the arguments of its machine code."""


class Trace:
    """
    One kernel in one step of one graph.

    Args:
        graph: The graph.
        kernel: "sweep", "truncated" or "back", as in `kernels`; or "online", for all that is done to learn one sample
            by plain descent: a sweep, `judge_kernel.judge`, "truncated", and a step of the parameters.
        judged: For "online", the numbers of the loss and of the output activation (`GraphChunk`).

    Attributes:
        arrays: What lies in memory, in the order of the arguments: rows Y and S of the step before, with those of this
            step behind them; row D of this step. For "online" Y and S are one row, that of the step before at first and
            that of this step afterwards.
        operations: What is done (`Tape`).
        stores: What is written at the end: (array, place, number).
    """

    def __init__(self, graph: Any, kernel: str, judged: tuple[int, int] = (0, 0)) -> None:
        w, table = wiring(graph), runs(graph)
        assert table is not None
        tape = Tape()
        self._w, self._tape = w, tape
        # What every kernel is given first, but for Y and S.
        self._given = table.tolist(), Memory(tape, "theta"), [tape.constant(one) for one in w.fixed]
        written = {
            "sweep": self._sweep,
            "truncated": self._truncated,
            "back": self._back,
            "online": lambda: self._online(*judged),
        }[kernel]()
        self.arrays = ARRAYS[kernel]
        self.stores: Sequence[tuple[str, int, int]] = [store for one in written for store in one.stores()]
        self.operations: Sequence[tuple[Any, ...]] = tape.operations

    def _sweep(self) -> list[Memory]:
        Y, S = self._rows("Y", "S")
        _traced(kernels, "sweep")(*self._given, Y, S, 1)
        return [Y, S]

    def _truncated(self) -> list[Memory]:
        outputs = self._w.units - self._w.outputs
        D, grad, eps, ext = (Memory(self._tape, name, outputs) for name in ARRAYS["truncated"][3:])
        self._gradient(*self._rows("Y", "S"), D, grad, eps, ext)
        return [grad, eps, ext]

    def _back(self) -> list[Memory]:
        outputs = self._w.units - self._w.outputs
        D, grad = (Memory(self._tape, name, outputs) for name in ("D", "grad"))
        rows = [Memory(self._tape, name) for name in ("here", "before", "held")]
        _traced(kernels, "back")(*self._given, *self._rows("Y", "S"), D, 0, grad, (), Rows(rows), 0)
        return [grad, *rows]

    def _online(self, loss: int, output: int) -> list[Memory]:
        w, tape = self._w, self._tape
        theta, outputs = self._given[1], w.units - w.outputs
        Y0, S0 = self._rows("Y", "S")
        # Of a graph without recurrence nothing is there before, and nothing need be left behind.
        own = self._rows("Y", "S") if w.recurrent else self._rows(None, None)
        Y, S = Rows([Y0, own[0]]), Rows([S0, own[1]])
        eps, ext, x, t, rate, value = (Memory(tape, name) for name in ARRAYS["online"][3:])
        for i in range(w.inputs):
            Y[1, i] = x[i]
        _traced(kernels, "sweep")(*self._given, Y, S, 1)
        y, D = Memory(tape, None, length=outputs), Memory(tape, None)
        one, zero = tape.constant(1), tape.constant(0)
        value[0] = _traced(judge_kernel, "judge")(
            loss, output, S, 1, w.outputs, Rows([t]), 0, 0, y, D, 0, one
        )
        grad = Memory(tape, None, blank=zero)
        self._gradient(Y, S, D, grad, eps, ext)
        for j, slope in grad.written.items():
            theta[j] = theta[j] - rate[0] * slope
        return [theta, eps, ext, value, *(own if w.recurrent else ())]

    def _gradient(self, Y: Any, S: Any, D: Memory, grad: Memory, eps: Memory, ext: Memory) -> None:
        w, tape = self._w, self._tape
        work, raw = Memory(tape, None, w.units + 1), Memory(tape, None)
        influence = Memory(tape, None, length=w.pairs.shape[1])
        _traced(kernels, "truncated")(*self._given, Y, S, D, 1, grad, eps, ext, (), work, raw, influence)

    def _rows(self, Y: str | None, S: str | None) -> tuple[Memory, Memory]:
        """Return activations and states."""
        units = self._w.units
        return Memory(self._tape, Y, units + 1, one=units), Memory(self._tape, S, units)


def _traced(module: Any, name: str) -> Callable[..., Any]:
    """Return a kernel as it takes numbers on a tape: not compiled, and with functions that do not ask for values."""
    known: dict[str, Any] = {**vars(module), **_FUNCTIONS}
    for part in ("dot", "push", "collect", "add", "log_of_one_and"):
        if part in known:
            known[part] = FunctionType(known[part].py_func.__code__, known)
    return FunctionType(getattr(module, name).py_func.__code__, known)


def _activated(code: int, z: Number, one: Any) -> Number:
    """Return what `kernels.activated` does."""
    if code == 1:
        return one / (one + z.apply("fneg").apply("exp"))
    if code == 2:
        return z.apply("tanh")
    if code == 3:
        return z.apply("rectify", one - one)
    if code == 4:
        return z.apply("limit", one, one - one)
    return z


def _slope(code: int, y: Number, one: Any) -> Any:
    """Return what `kernels.slope` does."""
    if code == 3:
        return y.apply("step", one, one - one)
    return kernels.slope.py_func(code, y, one)  # pyright: ignore[reportFunctionMemberAccess]


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "activated": _activated,
    "slope": _slope,
    "exponential": lambda z: z.apply("exp"),
    "logarithm": lambda z: z.apply("log"),
    "larger": lambda a, b: a.apply("larger", b),
    "upper": lambda x, e: x.apply("upper", 0, 1, e),
}
"""What stands for functions of `kernels` and `judge_kernel` that ask which number is larger, or call a library."""
