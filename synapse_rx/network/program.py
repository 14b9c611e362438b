"""The program: what an architecture becomes on a backend, with all the memory it works in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from attrs import frozen as frozen_value

from ..activations import Linear
from ..backends import Backend
from ..layers import Activation, Layer
from ..losses import Loss
from ..scratch import Buffers, Scratch
from ..typing import Array
from .arch import Arch


class Program:
    """
    Forward and backward passes over one flat vector of parameters.

    Memory is made once for the largest batch; smaller ones work in slices of it. The parameters may be shared by
    several programs (training and evaluation), so theta is given, not owned.

    Args:
        arch: The architecture.
        backend: Where to compute.
        capacity: The most samples in a batch.
        theta: The parameters, (arch.layout.size,).
        grad: Where gradients go, like theta; None for inference.
        rng: The generator of stochastic layers.
        frozen: Positions of layers that do not learn; nothing is passed back through those before the first that does.
    """

    def __init__(
        self,
        arch: Arch,
        backend: Backend,
        capacity: int,
        theta: Array,
        grad: Array | None = None,
        rng: Any = None,
        frozen: Collection[int] = (),
    ) -> None:
        self.backend = backend
        self.capacity = capacity
        self._training = grad is not None
        self._rng = rng
        self._nodes = _nodes(arch, backend, capacity, theta, grad, frozen)
        # Nothing before the first parameters that learn needs a gradient, so the backward pass ends there.
        self._first = next((i for i, node in enumerate(self._nodes) if node.learns), len(self._nodes))
        self._buffers = Buffers(backend, capacity, theta.dtype)
        self._passes: dict[int, _Pass] = {}

    def forward(self, x: Array) -> Array:
        """Return the outputs (N, *out_shape) for x (N, *in_shape), in memory of the program."""
        for layer, s in self._pass(len(x)).steps:
            x = layer.forward(x, s)
        return x

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
        inputs = one.inputs
        linked = self._linked(loss)
        head = len(one.steps) - (linked and isinstance(self._nodes[-1].layer, Activation))
        for index in range(head):
            layer, s = one.steps[index]
            inputs[index] = x
            x = layer.forward(x, s)
        inputs[head] = x
        s = one.scratch
        dy: Array = s.array("loss_dy", x.shape[1:])
        y = x
        if linked:
            y = s.array("loss_y", x.shape[1:])
            loss.linked(x, y, t, values, dy, scale, s)
        else:
            loss.values(y, t, values, s)
            loss.gradient(y, t, dy, scale, s)
        if weights is not None:
            values *= weights
            dy *= weights[:, None]
        for index in range(head - 1, self._first - 1, -1):
            layer, s = one.steps[index]
            dy = layer.backward(inputs[index], inputs[index + 1], dy, s)
        return y

    def scratch(self, n: int) -> Scratch:
        """Return the memory that losses and metrics use for batches of n."""
        return self._pass(n).scratch

    @property
    def nbytes(self) -> int:
        """Bytes of working memory made so far; parameters and gradients are not counted."""
        return sum(node.buffers.nbytes for node in self._nodes) + self._buffers.nbytes

    def _linked(self, loss: Loss) -> bool:
        last = self._nodes[-1].layer
        return loss.links(last.function if isinstance(last, Activation) else Linear())

    def _pass(self, n: int) -> _Pass:
        found = self._passes.get(n)
        if found is None:
            steps = [(node.layer, self._scratch(i, node, n)) for i, node in enumerate(self._nodes)]
            own = Scratch(self.backend, self._buffers, n, rng=self._rng, training=self._training)
            found = self._passes[n] = _Pass(steps, [None] * (len(steps) + 1), own)
        return found

    def _scratch(self, index: int, node: _Node, n: int) -> Scratch:
        return Scratch(
            self.backend,
            node.buffers,
            n,
            params=node.params,
            grads=node.grads,
            rng=self._rng,
            training=self._training,
            needs_dx=index > self._first,
            learns=node.learns,
        )


@frozen_value
class _Node:
    """A primitive layer with its parameters, gradients and memory."""

    layer: Layer
    params: Mapping[str, Array]
    grads: Mapping[str, Array]
    learns: bool
    buffers: Buffers


@frozen_value
class _Pass:
    """The nodes for one batch size, and what each was given in the forward pass."""

    steps: list[tuple[Layer, Scratch]]
    inputs: list[Any]
    scratch: Scratch


def _nodes(
    arch: Arch, backend: Backend, capacity: int, theta: Array, grad: Array | None, frozen: Collection[int]
) -> list[_Node]:
    nodes: list[_Node] = []
    for index, primitives in enumerate(arch.primitives):
        params = arch.layout.views(theta, (index,))
        grads = {} if grad is None else arch.layout.views(grad, (index,))
        for layer in primitives:
            has = bool(layer.specs(arch.shapes[index]))
            buffers = Buffers(backend, capacity, theta.dtype)
            learns = has and index not in frozen
            nodes.append(_Node(layer, params if has else {}, grads if has else {}, learns, buffers))
    return nodes
