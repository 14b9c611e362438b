"""Random graphs, and what tests say about graphs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from synapse_rx import graph as g
from tests.contracts.layer import Chain

FUNCTIONS = ("sigmoid", "tanh", "linear", "relu", "hard_limiter", "softplus")


@st.composite
def graphs(draw: Any, gradient: str = "bptt", bounded: bool = True) -> g.NeuronGraph:
    """Draw a graph of some layers, connected and gated at random; one of bounded neurons is smooth as well."""
    functions = ("sigmoid", "tanh") if bounded else FUNCTIONS
    size = st.integers(1, 3)
    entrance = g.Layer(draw(size))
    hidden = [g.Layer(draw(size), draw(st.sampled_from(functions))) for _ in range(draw(st.integers(0, 3)))]
    exit = g.Layer(draw(size), draw(st.sampled_from(functions[:3])))
    layers = [entrance, *hidden, exit]
    made = [one.project(other) for one, other in pairwise(layers)]
    for source in layers:
        for target in layers[1:]:
            if not draw(st.booleans()):
                continue
            pattern = draw(st.sampled_from((g.ALL_TO_ALL, g.ONE_TO_ONE, g.ALL_TO_ELSE)))
            fits = (
                source.size == target.size
                if pattern == g.ONE_TO_ONE
                else target.size > 1 or source is not target
            )
            fresh = all(one.target is not target for one in source.projections)
            if fits and fresh:
                made.append(_projected(source, target, pattern, draw))
    for one in made:
        gater, how = (
            draw(st.sampled_from(layers)),
            draw(st.sampled_from((g.INPUT, g.OUTPUT, g.ONE_TO_ONE, None))),
        )
        wanted = {g.INPUT: one.target.size, g.OUTPUT: one.source.size, g.ONE_TO_ONE: one.size}.get(how)
        if wanted == gater.size:
            gater.gate(one, how)
    return g.Network(entrance, hidden, exit).graph(gradient=gradient)


def _projected(source: g.Layer, target: g.Layer, pattern: str, draw: Any) -> g.Connection:
    """Connect two layers; what a neuron keeps of its own state stays below 1, so that nothing grows without bound."""
    if source is target and pattern == g.ALL_TO_ALL:
        pattern = g.ALL_TO_ELSE if source.size > 1 else g.ONE_TO_ONE
    if source is target and pattern == g.ONE_TO_ONE:
        return source.project(target, pattern, 0.7, trainable=draw(st.booleans()))
    trainable = draw(st.booleans())
    return source.project(target, pattern, None if trainable else "glorot", trainable=trainable)


def chain(
    graph: g.NeuronGraph, steps: int, n: int = 2, seed: int = 0, scale: float = 1.0, **options: Any
) -> Chain:
    """Return a graph as a program runs it, with parameters drawn at random."""
    made = Chain(graph, (steps, graph.features), n, **options)
    made.theta[...] = np.random.default_rng(seed).uniform(-scale, scale, made.theta.size)
    return made


def passed(made: Chain, x: Any, dy: Any) -> tuple[Any, Any, Any]:
    """Return outputs, gradients of the parameters and of the inputs."""
    with np.errstate(all="ignore"):
        y = made.forward(x).copy()
        dx = made.backward(dy).copy()
    return y, made.grad.copy(), dx


def differences(made: Chain, x: Any, dy: Any, h: float = 1e-5) -> Any:
    """Return the gradient of ``sum(y dy)`` by central differences."""
    found = np.empty_like(made.theta)
    for index, value in enumerate(made.theta.copy()):
        sides = []
        for step in (h, -h):
            made.theta[index] = value + step
            sides.append(float((made.forward(x) * dy).sum()))
        made.theta[index] = value
        found[index] = (sides[0] - sides[1]) / (2 * h)
    return found
