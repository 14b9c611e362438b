"""A level: one of the layers that a recurrent layer stacks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ...backends.cuda import Product
from ...scratch import Scratch
from ...typing import Array
from ..dense_step import SMALL
from ..gather import count_up, take_rows
from .ends import Ends
from .time import over_time, rows

if TYPE_CHECKING:
    from .recurrent import Recurrent


class Level:
    """
    One level of the stack in one pass: what its inputs add to the gates, all steps in one product, and its strands.

    Args:
        layer, index: Of which layer it is which level.
        steps: Those of a sequence.
        s: Memory of the node.
        ended: Whether sequences may have ends of their own.

    Attributes:
        features: Numbers in an input.
        wants_all: Whether the states after all steps are needed, not just the last.
        wants_dx: Whether the gradient of the inputs is.

    Shapes:
        z and dz (directions, T, N, gates units): what the inputs add to the gates, and the gradient of it;
        hidden (T + 2, N, directions units): the states after each step, with a row before the first and one behind
        the last, in which strands start.
    """

    def __init__(self, layer: Recurrent, index: int, steps: int, s: Scratch, ended: bool = False) -> None:
        self.layer, self.index, self.steps, self.s = layer, index, steps, s
        self.units, self.gates = layer.units, layer.gates
        self.features = len(self.param("W"))
        width = layer.directions * layer.units
        self.wants_all = ended or layer.returns == "sequence" or index < layer.layers - 1
        self.wants_dx = index > 0 or s.needs_dx
        self.wholes: dict[str, Array] = {}
        self.hidden = self.whole("h", width)
        self.strands = [layer.strand(self, direction) for direction in range(layer.directions)]

    @property
    def z(self) -> Array:
        return self._gates("z")

    @property
    def dz(self) -> Array:
        return self.z if self.layer.uses_up_z else self._gates("dz")

    @property
    def dx(self) -> Array:
        """The gradients of inputs that come from each direction, (directions, T N, features)."""
        directions = self.layer.directions
        whole = self.s.array(f"dx{self.index}", (directions * self.steps * self.features,))
        return whole.reshape(directions, -1, self.features)

    @property
    def outputs(self) -> Array:
        """The states after each step, (T, N, directions units)."""
        return self.hidden[1:-1]

    @property
    def strands_read(self) -> bool:
        """Whether strands multiply inputs by W themselves, whatever stands behind ends, and take gradients back."""
        return self.strands[0].reads_inputs

    @property
    def ones(self) -> Array:
        """A one for every sample of every step, (T N,), to sum by a product."""
        ones = self.s.array("ones_over_time", (self.steps,))
        ones.fill(1)
        return ones.reshape(-1)

    def whole(self, name: str, width: int) -> Array:
        """Return memory for a state, (T + 2, N, width), which is part of what is carried on."""
        self.wholes[name] = over_time(self.s, f"{name}{self.index}", self.steps + 2, width)
        return self.wholes[name]

    def param(self, name: str) -> Array:
        """Return the parameter ``name`` of this level."""
        return self.s.params[named(name, self.index)]

    def grad(self, name: str) -> Array:
        """Return where the gradient of the parameter ``name`` of this level goes."""
        return self.s.grads[named(name, self.index)]

    def forward(self, x: Array, ends: Ends | None) -> None:
        """Read x (T, N, features) in every direction."""
        if not self.strands_read:
            self.s.xp.matmul(rows(x), self._by_direction(self.param("W")), out=self._rows(self.z))
        for name, whole in self.wholes.items():
            if self.strands_read and ends is None and not self.layer.carry:
                break  # nobody looks at states before the first step: strands know that they are zeros
            whole[-1].fill(0)
            if self.layer.carry:
                self.s.xp.copyto(whole[0], self._carried(name))
            else:
                whole[0].fill(0)
        for strand in self.strands:
            strand.forward(x, ends)
        if self.layer.carry:
            for name, whole in self.wholes.items():
                self._last(whole, ends, self._carried(name))

    def last(self, ends: Ends | None) -> Array:
        """Return the state each strand ended in, (N, directions units)."""
        if ends is None and len(self.strands) == 1:
            return self.hidden[-2]
        units = self.units
        y = self.s.array("last", (self.hidden.shape[2],))
        if ends is None:
            self.s.xp.copyto(y[:, :units], self.hidden[-2, :, :units])
        else:
            self._last(self.hidden, ends, y)
        if len(self.strands) > 1:
            self.s.xp.copyto(y[:, units:], self.hidden[1, :, units:])
        return y

    def last_backward(self, dy: Array, ends: Ends | None) -> None:
        """Take the gradient of what `last` gave back to the gates."""
        units, truncate = self.units, self.layer.truncate
        if ends is None:
            self.strands[0].backward(None, dy[:, :units], None, truncate)
        else:
            spread = over_time(self.s, "spread", self.steps + 1, units)
            spread.fill(0)
            rows(spread)[self._row_of_last(ends)] = dy[:, :units]
            self.strands[0].backward(spread[1:], None, ends, truncate)
        for strand in self.strands[1:]:
            strand.backward(None, dy[:, units:], ends, truncate)

    def backward(self, dy: Array, ends: Ends | None) -> None:
        """Take the gradient of all outputs, (T, N, directions units), back to the gates."""
        for strand in self.strands:
            strand.backward(dy[:, :, strand.part(self.units)], None, ends, self.layer.truncate)

    def finish(self, x: Array) -> Array | None:
        """Take the gradient of the gates back to W and b, and to x (T, N, features) if that is wanted."""
        if not self.strands_read:
            self._finish(x)
        if not self.wants_dx:
            return None
        total, *others = self.dx
        for other in others:
            self.s.xp.add(total, other, out=total)
        return total.reshape(x.shape)

    def _finish(self, x: Array) -> None:
        s, dz = self.s, self._rows(self.dz)
        if s.learns and (kernels := self._kernels()) is not None:
            grads, most = (self.grad("W"), self.grad("b")), s.capacity * self.steps
            room = s.fixed(
                f"room of products {self.index}", (max(1, kernels.room(most, self.features, dz.shape[2])),)
            )
            kernels.to_parameters(rows(x), dz[0], *grads, room=room)
        elif s.learns:
            s.xp.matmul(rows(x).T, dz, out=self._by_direction(self.grad("W")))
            s.xp.matmul(self.ones, dz, out=self.grad("b").reshape(len(dz), -1))
        if self.wants_dx:
            s.xp.matmul(dz, self._by_direction(self.param("W")).swapaxes(1, 2), out=self.dx)

    def _kernels(self) -> Product | None:
        """Return the products of a device that sum up biases too, for one direction and where they are small."""
        work = self.s.capacity * self.steps * self.param("W").size
        return self.s.fused(Product) if self.layer.directions == 1 and work <= SMALL else None

    def _gates(self, name: str) -> Array:
        """Return memory for all gates of all directions, (directions, T, N, gates units)."""
        sizes = (self.layer.directions, self.steps, self.gates * self.units)
        return self.s.array(f"{name}{self.index}", (math.prod(sizes),)).reshape(
            *sizes[:2], self.s.n, sizes[2]
        )

    def _rows(self, z: Array) -> Array:
        """Return (directions, T, N, width) with a row for every sample of every step, (directions, T N, width)."""
        return z.reshape(len(z), -1, z.shape[3])

    def _by_direction(self, W: Array) -> Array:
        """Return (features, directions width) as a view (directions, features, width)."""
        return W.reshape(len(W), self.layer.directions, -1).swapaxes(0, 1)

    def _carried(self, name: str) -> Array:
        return self.s.carried(f"carried_{name}{self.index}", (self.units,))

    def _last(self, whole: Array, ends: Ends | None, out: Array) -> None:
        if ends is None:
            self.s.xp.copyto(out, whole[-2])
        else:
            take_rows(rows(whole), self._row_of_last(ends), out, self.s)

    def _row_of_last(self, ends: Ends) -> Array:
        """Return the row of all states, one for a sample of a step, in which each sample ended, (N,)."""
        s = self.s
        found = s.array("row_of_last", (), np.int64)
        s.xp.multiply(ends.lengths, s.n, out=found)
        s.xp.add(found, count_up(s, f"samples_{s.n}", s.n), out=found)
        return found


def named(name: str, index: int) -> str:
    """Return the name of a parameter of the level ``index``: W for the first, W1 for the second."""
    return f"{name}{index or ''}"
