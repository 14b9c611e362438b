"""Activation functions in ONNX."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ....activations import (
    ELU,
    GELU,
    SELU,
    BinaryProbability,
    BinaryThreshold,
    BipolarThreshold,
    ClippedReLU,
    HardSwish,
    LeakyReLU,
    Linear,
    LogSoftmax,
    Mish,
    ReLU,
    Sigmoid,
    Softmax,
    Softplus,
    Swish,
    Tanh,
)
from ....activations import Activation as Function
from ....activations.selu import ALPHA, SCALE
from ....layers import Activation
from ....network.places import Place
from .graph import Graph, Translation, Untranslatable


def activation(place: Place, x: str, g: Graph) -> str:
    return function(_function_of(place), x, g)


def function(f: Function, x: str, g: Graph) -> str:
    """
    Write what an activation function does to a value.

    Raises:
        Untranslatable: If it has no form in ONNX.
    """
    if type(f) not in FUNCTIONS:
        raise Untranslatable(f"no form in ONNX is known for the activation {f.kind}")
    return FUNCTIONS[type(f)](f, x, g)


def _function_of(place: Place) -> Function:
    assert isinstance(place.layer, Activation)
    return place.layer.function


def _named(op: str) -> Callable[[Any, str, Graph], str]:
    return lambda f, x, g: g.node(op, x)


def _along_axis(op: str) -> Callable[[Any, str, Graph], str]:
    return lambda f, x, g: g.node(op, x, axis=f.axis if f.axis < 0 else f.axis + 1)


def _step(f: Any, x: str, g: Graph) -> str:
    return g.node("Where", g.node("Less", x, g.constant(0.0)), g.constant(0.0), g.constant(1.0))


def _bipolar(f: Any, x: str, g: Graph) -> str:
    return g.node("Where", g.node("Less", x, g.constant(0.0)), g.constant(-1.0), g.constant(1.0))


def _swish(f: Any, x: str, g: Graph) -> str:
    sharper = x if f.beta == 1 else g.node("Mul", x, g.constant(f.beta))
    return g.node("Mul", x, g.node("Sigmoid", sharper))


def _mish(f: Any, x: str, g: Graph) -> str:
    return g.node("Mul", x, g.node("Tanh", g.node("Softplus", x)))


def _gelu(f: Any, x: str, g: Graph) -> str:
    if f.approximate:
        cube = g.node("Mul", x, g.node("Mul", x, x))
        inner = g.node("Add", x, g.node("Mul", cube, g.constant(0.044715)))
        share = g.node("Tanh", g.node("Mul", inner, g.constant(math.sqrt(2 / math.pi))))
    else:
        share = g.node("Erf", g.node("Mul", x, g.constant(math.sqrt(0.5))))
    return g.node("Mul", g.node("Mul", x, g.node("Add", share, g.constant(1.0))), g.constant(0.5))


FUNCTIONS: dict[type, Callable[[Any, str, Graph], str]] = {
    Linear: lambda f, x, g: x,
    Sigmoid: _named("Sigmoid"),
    Tanh: _named("Tanh"),
    ReLU: _named("Relu"),
    Softplus: _named("Softplus"),
    HardSwish: _named("HardSwish"),
    Softmax: _along_axis("Softmax"),
    LogSoftmax: _along_axis("LogSoftmax"),
    LeakyReLU: lambda f, x, g: g.node("LeakyRelu", x, alpha=f.slope),
    ELU: lambda f, x, g: g.node("Elu", x, alpha=f.alpha),
    SELU: lambda f, x, g: g.node("Selu", x, alpha=ALPHA, gamma=SCALE),
    ClippedReLU: lambda f, x, g: g.node("Clip", x, g.constant(0.0), g.constant(f.ceiling)),
    BinaryThreshold: _step,
    BinaryProbability: _step,
    BipolarThreshold: _bipolar,
    Swish: _swish,
    Mish: _mish,
    GELU: _gelu,
}

TABLE: dict[type, Translation] = {Activation: activation}
