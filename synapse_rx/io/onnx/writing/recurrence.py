"""Recurrent layers in ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....activations import ELU, LeakyReLU, Linear, ReLU, Sigmoid, Softplus, Tanh
from ....layers import GRU, LSTM, RNN
from ....network.places import Place
from ....typing import Array
from .graph import Graph, Translation, Untranslatable

LSTM_GATES = (0, 2, 1, 3)
"""Where ONNX's gates i, o, f, c stand here, and ours there."""
LSTM_PEEPHOLES = (0, 2, 1)
"""The same for peepholes i, o, f."""
GRU_GATES = (1, 0, 2)
"""Where ONNX's gates z, r, h stand here, and ours there."""

ACTIVATIONS: dict[type, str] = {
    Tanh: "Tanh",
    ReLU: "Relu",
    Sigmoid: "Sigmoid",
    Softplus: "Softplus",
    LeakyReLU: "LeakyRelu",
    ELU: "Elu",
    Linear: "Affine",
}
"""The functions a simple recurrent layer may have there."""


def rnn(place: Place, x: Any, g: Graph) -> str:
    function: Any = _layer(place).activation
    if type(function) not in ACTIVATIONS:
        raise Untranslatable(f"{function.kind} is none of the activations of a recurrent layer there")
    count = _layer(place).directions
    options: dict[str, Any] = {"activations": [ACTIVATIONS[type(function)]] * count}
    alpha = {LeakyReLU: "slope", ELU: "alpha"}.get(type(function))
    if alpha:
        options["activation_alpha"] = [getattr(function, alpha)] * count
    if isinstance(function, Linear):
        options |= {"activation_alpha": [1.0] * count, "activation_beta": [0.0] * count}
    return _recurrent("RNN", (0,), place, x, g, options)


def lstm(place: Place, x: Any, g: Graph) -> str:
    return _recurrent("LSTM", LSTM_GATES, place, x, g, {})


def gru(place: Place, x: Any, g: Graph) -> str:
    options = {"linear_before_reset": int(_layer(place).reset == "after")}
    return _recurrent("GRU", GRU_GATES, place, x, g, options)


def _recurrent(
    op: str, order: tuple[int, ...], place: Place, x: Any, g: Graph, options: dict[str, Any]
) -> str:
    """
    Write the levels of a recurrent layer.

    Shapes:
        ONNX has the steps first: x (T, N, features), outputs (T, directions, N, units), last (directions, N, units).
    """
    layer = _layer(place)
    if layer.carry:
        raise Untranslatable("carry=True goes on with the states of the batch before; take carry=False")
    sequence, lengths = (x[0], x[1]) if isinstance(x, tuple) else (x, None)
    shape = place.in_shape[0] if lengths is not None else place.in_shape
    if lengths is not None:
        ends = _whole_lengths(lengths, shape[0], g)
    else:
        ends = "" if layer.padding is None else _padded_lengths(sequence, shape, layer.padding, g)
    steps, last = g.node("Transpose", sequence, perm=[1, 0, 2]), ""
    direction = "bidirectional" if layer.bidirectional else "forward"
    for level in range(layer.layers):
        inputs = [*_weights(place, level, order, g)]
        if op == "LSTM" and layer.peepholes:
            inputs = [*inputs, ends, "", "", _peepholes(place, level, g)]
        elif ends:
            inputs.append(ends)
        every, last = g.nodes_of(
            op, (steps, *inputs), 2, hidden_size=layer.units, direction=direction, **options
        )
        wide = g.node("Transpose", every, perm=[0, 2, 1, 3])
        steps = g.node("Reshape", wide, g.whole(0, 0, layer.directions * layer.units))
    if layer.returns == "last":
        return g.node(
            "Reshape", g.node("Transpose", last, perm=[1, 0, 2]), g.whole(0, layer.directions * layer.units)
        )
    return g.node("Transpose", steps, perm=[1, 0, 2])


def _weights(place: Place, level: int, order: tuple[int, ...], g: Graph) -> list[str]:
    """
    Return W, R and B of a level.

    Shapes:
        W (directions, gates units, features), R (directions, gates units, units), B (directions, 2 gates units)
    """
    own, count = g.parameters(place), _layer(place).directions
    w, u, b = (named(name, level) for name in "WUb")
    bias = by_direction(own[b], count, order)
    second = np.zeros_like(bias)
    if (c := named("c", level)) in own:
        second[:, -_layer(place).units :] = own[c].reshape(count, -1)
    matrices = (by_direction(own[name], count, order).swapaxes(1, 2) for name in (w, u))
    both = np.concatenate([bias, second], axis=1)
    return [g.parameter(place, name, array) for name, array in zip((w, u, b), (*matrices, both), strict=True)]


def _peepholes(place: Place, level: int, g: Graph) -> str:
    own, count, name = g.parameters(place), _layer(place).directions, named("P", level)
    return g.parameter(place, name, by_direction(own[name], count, LSTM_PEEPHOLES))


def by_direction(array: Array, directions: int, order: tuple[int, ...]) -> Array:
    """
    Return columns ordered by direction, gate and unit with the directions first and the gates in another order.

    Shapes:
        (..., directions gates units) to (directions, ..., gates units)
    """
    parted = array.reshape(*array.shape[:-1], directions, len(order), -1)
    ordered = np.moveaxis(parted[..., list(order), :], -3, 0)
    return ordered.reshape(directions, *array.shape[:-1], -1)


def named(name: str, level: int) -> str:
    """Return what a parameter of a level is called."""
    return name if level == 0 else f"{name}{level}"


def _whole_lengths(lengths: str, steps: int, g: Graph) -> str:
    """Return how many steps count, (N,) int32: those numbered below the length, from 0."""
    held = g.node("Clip", g.node("Ceil", lengths), g.constant(0.0), g.constant(float(steps)))
    return g.node("Cast", g.reshape(held, -1), to=6)


def _padded_lengths(x: str, shape: tuple[int, ...], padding: float, g: Graph) -> str:
    """Return how many steps are left without the trailing ones that are ``padding`` everywhere, (N,) int32."""
    differs = g.node("Cast", g.node("Not", g.node("Equal", x, g.constant(padding))), to=1)
    holds = g.node("ReduceMax", differs, axes=[2], keepdims=0)
    counted = g.node("Mul", holds, g.constant(np.arange(1, shape[0] + 1)))
    return g.node("Cast", g.node("ReduceMax", counted, axes=[1], keepdims=0), to=6)


def _layer(place: Place) -> Any:
    return place.layer


TABLE: dict[type, Translation] = {RNN: rnn, LSTM: lstm, GRU: gru}
