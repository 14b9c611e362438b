"""Other ways to train a recurrent network: PyTorch compiled, JAX with a scan over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import synapse_rx as sx

from .stacks import Stack
from .stacks_elsewhere import elsewhere

State = tuple[Any, ...]
"""h, and c of a long short-term memory."""


def others(stack: Stack, net: sx.Net, *, quick: bool) -> dict[str, Any]:
    """
    Return contestants by name, as `elsewhere` does.

    tinygrad is not among them: it has no loops, and steps written one behind the other were not compiled in minutes.
    """
    kind = stack.ours[1].kind
    units = stack.ours[1].units

    def in_jax(jax: Any, weights: Any, x: Any) -> Any:
        own, read = weights
        sums = jax.numpy.swapaxes(x @ own["W"] + own["b"], 0, 1)  # of all steps at once
        first = jax.numpy.zeros((len(x), units), x.dtype)
        step = _cell(jax, kind, units, own)
        state, _ = jax.lax.scan(lambda state, sums: (step(state, sums), None), _begin(kind, first), sums)
        return state[0] @ read["W"] + read["b"]

    return elsewhere(stack, net, in_jax=in_jax, quick=quick)


def _begin(kind: str, zeros: Any) -> State:
    return (zeros, zeros) if kind == "lstm" else (zeros,)


def _cell(jax: Any, kind: str, units: int, own: Any) -> Callable[[State, Any], State]:
    """
    Return one step: from a state and what its inputs sum up to, the bias included, to the next state.
    """
    sigmoid, tanh = jax.nn.sigmoid, jax.numpy.tanh

    def gate(sums: Any, number: int) -> Any:
        return sums[..., number * units : (number + 1) * units]

    def lstm(state: State, sums: Any) -> State:
        h, c = state
        z = sums + h @ own["U"]
        c = sigmoid(gate(z, 1)) * c + sigmoid(gate(z, 0)) * tanh(gate(z, 3))
        return sigmoid(gate(z, 2)) * tanh(c), c

    def gru(state: State, sums: Any) -> State:
        (h,) = state
        a = h @ own["U"]
        r, u = (sigmoid(gate(sums, number) + gate(a, number)) for number in (0, 1))
        n = tanh(gate(sums, 2) + r * (gate(a, 2) + own["c"]))
        return (n + u * (h - n),)

    def rnn(state: State, sums: Any) -> State:
        (h,) = state
        return (tanh(sums + h @ own["U"]),)

    return {"lstm": lstm, "gru": gru, "rnn": rnn}[kind]
