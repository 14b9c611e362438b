"""Other ways to train a convolutional network: PyTorch with channels last or compiled, JAX with every step compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

import synapse_rx as sx

from ..harness import peer
from .stacks import Stack, Theirs


def others(stack: Stack, net: sx.Net) -> dict[str, Any]:
    """
    Return contestants by name, which begin with the weights of ``net``; those that are not installed are left out.
    """
    found: dict[str, Any] = {}
    if (torch := peer("torch")) is not None:
        found["channels last"] = ChannelsLast(torch, stack, net)
        found["torch.compile"] = Compiled(torch, stack, net)
    if (jax := peer("jax")) is not None:
        found["JAX jit"] = Jax(jax, stack, net)
    return found


class ChannelsLast(Theirs):
    """
    PyTorch, eager, with weights and images whose channels are last in memory.
    """

    def __init__(self, torch: Any, stack: Stack, net: sx.Net) -> None:
        super().__init__(torch, stack, net)
        self._model = self._model.to(memory_format=torch.channels_last)


class Compiled(Theirs):
    """
    PyTorch with ``torch.compile``; compiles in its first epoch.
    """

    def __init__(self, torch: Any, stack: Stack, net: sx.Net) -> None:
        super().__init__(torch, stack, net)
        self._model = torch.compile(self._model)


@frozen
class Part:
    """
    A layer as JAX computes it.

    Attributes:
        kind: "convolution", "pool" or "dense".
        size: The pool's.
        rectified: Whether relu follows.
    """

    kind: str
    size: int = 0
    rectified: bool = False


class Jax:
    """
    JAX: one compiled call a step, weights donated; convolutions without padding, relu, pools, dense layers.
    """

    def __init__(self, jax: Any, stack: Stack, net: sx.Net) -> None:
        parts = [_part(layer) for layer in stack.ours[1:]]
        positions = sorted({entry.path[0] for entry in net.params.layout.entries}, key=str)
        asarray = jax.numpy.asarray
        self._weights = [(asarray(net.params[at]["W"]), asarray(net.params[at]["b"])) for at in positions]
        self._step = jax.jit(_step(jax, parts, stack.learning_rate), donate_argnums=0)
        targets = np.eye(10, dtype=np.float32)[stack.labels]
        self._batches = [
            (asarray(stack.x[at : at + stack.batch]), asarray(targets[at : at + stack.batch]))
            for at in range(0, len(stack.x), stack.batch)
        ]
        self._losses: list[Any] = []

    def epoch(self) -> None:
        """
        Learn all samples once.
        """
        self._losses = []
        for x, t in self._batches:
            self._weights, loss = self._step(self._weights, x, t)
            self._losses.append(loss)
        self._losses[-1].block_until_ready()

    def loss(self) -> float:
        """
        Return the loss of the last epoch.
        """
        return float(
            np.average([float(loss) for loss in self._losses], weights=[len(x) for x, _ in self._batches])
        )


def _part(layer: Any) -> Part:
    if isinstance(layer, sx.MaxPool2D):
        return Part("pool", size=layer.kernel[0])
    return Part(
        "dense" if isinstance(layer, sx.Dense) else "convolution", rectified=layer.activation == sx.ReLU()
    )


def _step(jax: Any, parts: list[Part], learning_rate: float) -> Any:
    np_of_jax, lax = jax.numpy, jax.lax

    def outputs(weights: Any, x: Any) -> Any:
        rest = iter(weights)
        for part in parts:
            if part.kind == "pool":
                window = (1, 1, part.size, part.size)
                x = lax.reduce_window(x, -np_of_jax.inf, lax.max, window, window, "VALID")
                continue
            w, b = next(rest)
            if part.kind == "convolution":
                x = lax.conv_general_dilated(x, w, (1, 1), "VALID") + b[:, None, None]
            else:
                x = x.reshape(len(x), -1) @ w + b
            x = np_of_jax.maximum(x, 0) if part.rectified else x
        return x

    def loss(weights: Any, x: Any, t: Any) -> Any:
        return -np_of_jax.mean(np_of_jax.sum(jax.nn.log_softmax(outputs(weights, x)) * t, axis=1))

    def step(weights: Any, x: Any, t: Any) -> Any:
        value, gradient = jax.value_and_grad(loss)(weights, x, t)
        return jax.tree.map(lambda old, g: old - learning_rate * g, weights, gradient), value

    return step
