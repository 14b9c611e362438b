"""Other ways to train a convolutional network: PyTorch with channels last or compiled, JAX, tinygrad."""

from __future__ import annotations

from typing import Any

from attrs import frozen

import synapse_rx as sx

from ..harness import peer
from .stacks import Stack, Theirs
from .stacks_elsewhere import elsewhere


def others(stack: Stack, net: sx.Net, *, quick: bool) -> dict[str, Any]:
    """
    Return contestants by name, as `elsewhere` does.
    """
    parts = [_part(layer) for layer in stack.ours[1:]]
    found: dict[str, Any] = {}
    if (torch := peer("torch")) is not None:
        found["channels last"] = ChannelsLast(torch, stack, net)

    def in_jax(jax: Any, weights: Any, x: Any) -> Any:
        rest = iter(weights)
        for part in parts:
            x = _in_jax(jax, part, x, None if part.kind == "pool" else next(rest))
        return x

    def in_tinygrad(library: Any, weights: Any, x: Any) -> Any:
        rest = iter(weights)
        for part in parts:
            x = _in_tinygrad(part, x, None if part.kind == "pool" else next(rest))
        return x

    return found | elsewhere(stack, net, in_jax=in_jax, in_tinygrad=in_tinygrad, quick=quick)


class ChannelsLast(Theirs):
    """
    PyTorch, eager, with weights and images whose channels are last in memory.
    """

    def __init__(self, torch: Any, stack: Stack, net: sx.Net) -> None:
        super().__init__(torch, stack, net)
        self._model = self._model.to(memory_format=torch.channels_last)


@frozen
class Part:
    """
    A layer as others compute it: convolutions without padding, relu, pools, dense layers.

    Attributes:
        kind: "convolution", "pool" or "dense".
        size: The pool's.
        rectified: Whether relu follows.
    """

    kind: str
    size: int = 0
    rectified: bool = False


def _part(layer: Any) -> Part:
    if isinstance(layer, sx.MaxPool2D):
        return Part("pool", size=layer.kernel[0])
    return Part(
        "dense" if isinstance(layer, sx.Dense) else "convolution", rectified=layer.activation == sx.ReLU()
    )


def _in_jax(jax: Any, part: Part, x: Any, own: Any) -> Any:
    lax = jax.lax
    if part.kind == "pool":
        window = (1, 1, part.size, part.size)
        return lax.reduce_window(x, -jax.numpy.inf, lax.max, window, window, "VALID")
    if part.kind == "convolution":
        x = lax.conv_general_dilated(x, own["W"], (1, 1), "VALID") + own["b"][:, None, None]
    else:
        x = x.reshape(len(x), -1) @ own["W"] + own["b"]
    return jax.numpy.maximum(x, 0) if part.rectified else x


def _in_tinygrad(part: Part, x: Any, own: Any) -> Any:
    if part.kind == "pool":
        return x.max_pool2d((part.size, part.size))
    if part.kind == "convolution":
        x = x.conv2d(own["W"], own["b"])
    else:
        x = x.reshape(x.shape[0], -1) @ own["W"] + own["b"]
    return x.relu() if part.rectified else x
