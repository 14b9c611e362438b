"""The program: what an architecture becomes on a backend, with all the memory it works in."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Protocol

from attrs import frozen as frozen_value

from ..activations import Linear
from ..activations.along import AlongAxis
from ..backends import Backend
from ..layers import Activation
from ..losses import Loss
from ..scratch import Buffers, Joined, Scratch
from ..typing import Array, Shape
from .arch import Arch
from .places import Path
from .run import Memory, Node, Row, Run


class Measure(Protocol):
    """A loss or a metric: one value for every sample."""

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None: ...


class Program:
    """
    Forward and backward passes over one flat vector of parameters.

    Memory is made once for the largest batch; smaller ones work in slices of it. The parameters may be shared by
    several programs (training and evaluation), so theta is given, not owned.

    Outputs of shape (steps, outputs) are judged step by step, and a sample's value is the mean over its steps. Those
    of more axes are judged as one long row.

    Args:
        arch: The architecture.
        backend: Where to compute.
        capacity: The most samples in a batch.
        theta: The parameters, (arch.layout.size,).
        grad: Where gradients go, like theta; None for inference.
        rng: The generator of stochastic layers.
        frozen: Paths of layers that stay as they are (a position stands for the path of that layer); nothing is passed
            back through those before the first that learns.
        kept: What layers keep from batch to batch, (arch.keeps.size,); written to in training.
        joint: The processes that learn a batch together; None where one learns it alone.
    """

    def __init__(
        self,
        arch: Arch,
        backend: Backend,
        capacity: int,
        theta: Array,
        grad: Array | None = None,
        rng: Any = None,
        frozen: Collection[int | Path] = (),
        kept: Array | None = None,
        joint: Joined | None = None,
    ) -> None:
        self.backend = backend
        self.capacity = capacity
        self._training = grad is not None
        self._rng = rng
        if kept is None:
            kept = backend.from_host(arch.fresh_kept(theta.dtype.name).flat)
        paths = [path if isinstance(path, tuple) else (path,) for path in frozen]
        self._memory = Memory(
            backend, capacity, arch.layout, theta, grad, arch.keeps, kept, rng, paths, joint
        )
        self._row = Row(arch.places, self._memory)
        self._axes = len(arch.out_shape)
        self._steps, self._outputs = _rows(arch.out_shape)
        self._buffers = Buffers(backend, capacity * self._steps, theta.dtype)
        self._passes: dict[int, _Pass] = {}

    def forward(self, x: Array) -> Array:
        """Return the outputs (N, *out_shape) for x (N, *in_shape), in memory of the program."""
        return self._pass(len(x)).run.forward(x)

    def learn(
        self, x: Array, t: Array, loss: Loss, values: Array, scale: float, weights: Array | None = None
    ) -> Array:
        """
        Do one forward and one backward pass; gradients are in grad afterwards.

        Args:
            x: Samples (N, *in_shape).
            t: Targets (N, *out_shape).
            loss: What is minimised, as `Arch.check_trainable` gave it.
            values: Where each sample's loss is written, (N,).
            scale: Multiplies the gradient of the sum of the losses; 1/N for that of the mean.
            weights: Multiply the loss of each sample, (N,).

        Returns:
            The outputs (N, *out_shape), in memory of the program.
        """
        one = self._pass(len(x))
        linked = self._linked(loss)
        head = len(one.run.steps) - (linked and isinstance(self._last, Activation))
        z = one.run.forward(x, head)
        s = one.scratch
        rows = z.reshape(s.n, self._outputs)
        t = t.reshape(rows.shape)
        dy: Array = s.array("loss_dy", (self._outputs,))
        y = rows
        each = values if self._steps == 1 else s.array("loss_steps")
        if linked:
            y = s.array("loss_y", (self._outputs,))
            loss.linked(rows, y, t, each, dy, scale / self._steps, s)
        else:
            loss.values(y, t, each, s)
            loss.gradient(y, t, dy, scale / self._steps, s)
        if self._steps > 1:
            self._mean(each, values)
        if weights is not None:
            values *= weights
            dy.reshape(len(x), -1)[...] *= weights[:, None]
        one.run.backward(dy.reshape(z.shape), head)
        self._memory.join()
        return y.reshape(z.shape)

    def measure(self, kind: Measure, y: Array, t: Array, values: Array) -> None:
        """Write what ``kind`` makes of each sample's outputs y and targets t, (N, *out_shape), into ``values`` (N,)."""
        s = self.scratch(len(y))
        rows = (s.n, self._outputs)
        if self._steps == 1:
            kind.values(y.reshape(rows), t.reshape(rows), values, s)
            return
        each = s.array("loss_steps")
        kind.values(y.reshape(rows), t.reshape(rows), each, s)
        self._mean(each, values)

    def scratch(self, n: int) -> Scratch:
        """Return the memory that losses and metrics use for batches of n samples."""
        return self._pass(n).scratch

    @property
    def states(self) -> Mapping[str, Array]:
        """What layers carry from one batch to the next, by path and name: ``{"0.hidden": (capacity, ...)}``."""
        return {
            f"{where}.{name}": value
            for where, node in self._standing()
            for name, value in node.buffers.states.items()
        }

    def restore(self, states: Mapping[str, Array]) -> None:
        """Let layers go on with what they carried: `states` of a program of the same capacity."""
        nodes = dict(self._standing())
        for full, value in states.items():
            where, _, name = full.rpartition(".")
            if where in nodes:
                nodes[where].buffers.restore(name, value)

    def forget(self) -> None:
        """Let layers carry nothing on: what comes next has nothing to do with what came before."""
        for value in self.states.values():
            value.fill(0)

    def move_to(self, theta: Array) -> None:
        """Work on other parameters from now on, in the same working memory."""
        self._memory.theta = theta
        for node in self._row.walk():
            if node.params:
                node.params = self._memory.params(node.place.path)
        self._passes.clear()  # what they know of the parameters is made anew, in the buffers that are there

    @property
    def nbytes(self) -> int:
        """Bytes of working memory made so far; parameters and gradients are not counted."""
        return sum(node.buffers.nbytes for node in self._row.walk()) + self._buffers.nbytes

    @property
    def nbytes_by_path(self) -> Mapping[Path, int]:
        """Bytes of working memory of the layers at each path, without what is inside them."""
        found: dict[Path, int] = {}
        for node in self._row.walk():
            found[node.place.path] = found.get(node.place.path, 0) + node.buffers.nbytes
        return found

    def _standing(self) -> Iterator[tuple[str, Node]]:
        """Yield all nodes, each with its path, which is numbered from the second node at the same path on."""
        seen: Counter[Path] = Counter()
        for node in self._row.walk():
            path = node.place.path
            seen[path] += 1
            word = ".".join(map(str, path))
            yield (word if seen[path] == 1 else f"{word}#{seen[path]}"), node

    @property
    def _last(self) -> Any:
        return self._row.nodes[-1].layer

    def _linked(self, loss: Loss) -> bool:
        last = self._last
        function = last.function if isinstance(last, Activation) else Linear()
        # What counts along the last axis does not count along the row that more than two axes make.
        return loss.links(function) and not (isinstance(function, AlongAxis) and self._axes > 2)

    def _mean(self, each: Array, values: Array) -> None:
        self.backend.xp.mean(each.reshape(len(values), self._steps), axis=1, out=values)

    def _pass(self, n: int) -> _Pass:
        found = self._passes.get(n)
        if found is None:
            own = Scratch(
                self.backend, self._buffers, n * self._steps, rng=self._rng, training=self._training
            )
            found = self._passes[n] = _Pass(self._row.run(n), own)
        return found


@frozen_value
class _Pass:
    """The layers for one batch size, and the memory of losses and metrics."""

    run: Run
    scratch: Scratch


def _rows(out_shape: Shape) -> tuple[int, int]:
    """Return into how many rows of how many outputs each sample's outputs are cut."""
    return out_shape if len(out_shape) == 2 else (1, math.prod(out_shape))
