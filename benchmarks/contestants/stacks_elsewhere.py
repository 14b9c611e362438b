"""A `Stack` compiled elsewhere: by ``torch.compile``, by JAX a step or an epoch at a time, by tinygrad."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import synapse_rx as sx

from ..harness import peer
from .stacks import Stack, Theirs
from .with_tinygrad import Steps, cross_entropy, descent, tinygrad

Logits = Callable[[Any, Any, Any], Any]
"""Computes logits of a library (``jax`` or ``tinygrad``), weights as they stand in `weights_of`, and samples."""


def elsewhere(
    stack: Stack, net: sx.Net, *, in_jax: Logits, in_tinygrad: Logits | None = None, quick: bool
) -> dict[str, Any]:
    """
    Return contestants by name, which begin with the weights of ``net``; those that are not installed are left out.

    A quick look leaves out ``torch.compile``, tinygrad and JAX's scan, which compile for a while.
    """
    found: dict[str, Any] = {}
    if not quick and (torch := peer("torch")) is not None:
        found["torch.compile"] = Compiled(torch, stack, net)
    if (jax := peer("jax")) is not None:
        found["JAX jit"] = Jax(jax, stack, net, in_jax)
        if not quick:
            found["JAX scan"] = Jax(jax, stack, net, in_jax, scan=True)
    if in_tinygrad is not None and not quick and (library := tinygrad()) is not None:
        found["tinygrad"] = Tiny(library, stack, net, in_tinygrad)
    return found


def weights_of(net: sx.Net) -> list[dict[str, np.ndarray]]:
    """
    Return the parameters of each layer that has any, in their order, by name.
    """
    positions = sorted({entry.path[0] for entry in net.params.layout.entries}, key=str)
    return [{name: np.array(array) for name, array in net.params[at].items()} for at in positions]


class Compiled(Theirs):
    """
    PyTorch with ``torch.compile``; compiles in its first epoch.
    """

    def __init__(self, torch: Any, stack: Stack, net: sx.Net) -> None:
        super().__init__(torch, stack, net)
        self._model = torch.compile(self._model)


class Jax:
    """
    JAX: one compiled call a step, or an epoch; old weights are given up.
    """

    def __init__(self, jax: Any, stack: Stack, net: sx.Net, logits: Logits, *, scan: bool = False) -> None:
        self._jax = jax
        self._weights = jax.tree.map(jax.device_put, weights_of(net))
        self._scan = scan
        step = _step(jax, stack.learning_rate, logits)
        if scan:
            x, t = (jax.numpy.stack(part) for part in zip(*_batches(stack), strict=True))
            self._batches: Any = [(x, t)]
            self._learn = jax.jit(lambda held, x, t: jax.lax.scan(step, held, (x, t)), donate_argnums=0)
        else:
            self._batches = [tuple(map(jax.device_put, batch)) for batch in _batches(stack)]
            self._learn = jax.jit(lambda held, x, t: step(held, (x, t)), donate_argnums=0)
        self._losses: list[Any] = []

    def epoch(self) -> None:
        """
        Learn all samples once.
        """
        self._losses = []
        for x, t in self._batches:
            self._weights, loss = self._learn(self._weights, x, t)
            self._losses.append(loss)
        self._jax.block_until_ready(self._weights)

    def loss(self) -> float:
        """
        Return the loss of the last epoch.
        """
        return float(np.mean([np.mean(loss) for loss in self._losses]))


class Tiny:
    """
    tinygrad: a step recorded and repeated.
    """

    def __init__(self, library: Any, stack: Stack, net: sx.Net, logits: Logits) -> None:
        weights = weights_of(net)
        names = [(index, name) for index, layer in enumerate(weights) for name in layer]

        def loss(flat: Sequence[Any], x: Any, t: Any) -> Any:
            layers: list[dict[str, Any]] = [{} for _ in weights]
            for (index, name), tensor in zip(names, flat, strict=True):
                layers[index][name] = tensor
            return cross_entropy(logits(library, layers, x), t)

        first = [weights[index][name] for index, name in names]
        self._steps = Steps(library, first, loss, descent(stack.learning_rate), _batches(stack))
        self.epoch, self.loss = self._steps.epoch, self._steps.loss


def _batches(stack: Stack) -> list[tuple[np.ndarray, np.ndarray]]:
    """
    Return samples and one-hot targets of all batches, which have to be full.
    """
    targets = np.eye(10, dtype=np.float32)[stack.labels]
    return [
        (stack.x[at : at + stack.batch], targets[at : at + stack.batch])
        for at in range(0, len(stack.x), stack.batch)
    ]


def _step(jax: Any, learning_rate: float, logits: Logits) -> Any:
    def loss(weights: Any, x: Any, t: Any) -> Any:
        return -jax.numpy.mean(jax.numpy.sum(jax.nn.log_softmax(logits(jax, weights, x)) * t, axis=1))

    def step(weights: Any, batch: Any) -> Any:
        value, gradient = jax.value_and_grad(loss)(weights, *batch)
        return jax.tree.map(lambda old, g: old - learning_rate * g, weights, gradient), value

    return step
