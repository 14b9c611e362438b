"""Building graphs, and mistakes refused where they are made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx import graph as g
from synapse_rx.errors import OptionError, ShapeError
from synapse_rx.graph.connections import connections
from synapse_rx.layers import Layer


def built(*layers: g.Layer, **options: Any) -> g.NeuronGraph:
    return g.Network(layers[0], layers[1:-1], layers[-1]).graph(**options)


def ends(graph: g.NeuronGraph) -> set[tuple[int, int]]:
    found = connections(graph.groups, graph.projections, graph.inputs, graph.outputs)
    return set(zip(found.source.tolist(), found.target.tolist(), strict=True))


def test_patterns_connect_the_neurons_they_name() -> None:
    x, h, y = g.Layer(2), g.Layer(2), g.Layer(1)
    x.project(h, g.ONE_TO_ONE)
    h.project(h, g.ALL_TO_ELSE)
    h.project(y)

    assert ends(built(x, h, y)) == {(0, 2), (1, 3), (2, 3), (3, 2), (2, 4), (3, 4)}


def test_the_original_s_lstm_has_as_many_neurons_and_connections() -> None:
    assert [(graph.neurons, len(ends(graph))) for graph in (g.lstm(6, 7, 2), g.lstm(5, 3, 2))] == [
        (36, 348),
        (19, 106),
    ]


@pytest.mark.parametrize(
    ("how", "gaters"), [(g.INPUT, [0, 0, 1, 1, 2, 2]), (g.OUTPUT, [0, 1, 0, 1, 0, 1])], ids=str
)
def test_gates_act_on_the_connections_they_name(how: str, gaters: list[int]) -> None:
    x, gate, h = g.Layer(2), g.Layer(3 if how == g.INPUT else 2), g.Layer(3)
    x.project(gate)
    gate.gate(x.project(h), how)
    graph = built(x, gate, h)

    found = connections(graph.groups, graph.projections, 1, 1)
    order = np.lexsort((found.source, found.target))
    gated = found.gater[order][found.gater[order] >= 0]
    assert (gated - 2).tolist() == gaters


def test_whole_networks_are_connected_to_each_other() -> None:
    a, b, c, d = (g.Layer(2) for _ in range(4))
    a.project(b)
    c.project(d)
    first, second = g.Network(a, output=b), g.Network(c, output=d)
    first.project(second, g.ONE_TO_ONE)
    graph = g.Network(first, output=second).graph()

    assert [group.size for group in graph.groups] == [2, 2, 2, 2]
    assert (2, 4) in ends(graph) and (3, 5) in ends(graph)
    assert sx.outputs(g.graph_net(graph), np.zeros((3, 2))).shape == (3, 2)


def test_given_weights_are_where_they_were_given() -> None:
    x, y = g.Layer(2), g.Layer(2, "linear", bias=[0.5, -0.5])
    x.project(y, weights=[[1, 2], [3, 4]])
    net = g.graph_net(built(x, y), dtype="float64")

    np.testing.assert_allclose(sx.outputs(net, [[1.0, 10.0]]), [[21.5, 42.5]])


def test_weights_that_do_not_learn_are_no_parameters() -> None:
    x, h, y = g.Layer(2), g.Layer(2), g.Layer(1)
    x.project(h, weights=0.3, trainable=False)
    h.project(y)
    net = g.graph_net(built(x, h, y))

    assert net.value.params.names == ("0.hidden_to_output", "0.hidden_bias", "0.output_bias")


def test_a_self_connection_keeps_the_state_and_learns_if_asked() -> None:
    x, y = g.Layer(1), g.Layer(1, "linear", bias=None)
    x.project(y, weights=1.0)
    y.project(y, weights=0.5, trainable=True)
    net = g.graph_net(built(x, y), dtype="float64")

    np.testing.assert_allclose(sx.outputs(net, [[1.0], [0.0], [0.0]]).ravel(), [1, 0.5, 0.25])
    assert "0.output_to_output" in net.value.params.names


def mistakes() -> dict[str, Any]:
    def sizes() -> None:
        g.Layer(2).project(g.Layer(3), g.ONE_TO_ONE)

    def again() -> None:
        x, h = g.Layer(2), g.Layer(2)
        x.project(h)
        x.project(h, pairs=[(0, 1)])

    def two_gates() -> None:
        x, h = g.Layer(2), g.Layer(2)
        made = x.project(h)
        h.gate(made, g.INPUT)
        x.gate(made, g.INPUT)

    def gate_size() -> None:
        x, h = g.Layer(2), g.Layer(3)
        x.gate(x.project(h), g.INPUT)

    def unknown_gate() -> None:
        x, h = g.Layer(2), g.Layer(2)
        x.gate(x.project(h), "INPUT_GATE")

    def leads_nowhere() -> None:
        x, h, lost, y = g.Layer(2), g.Layer(2), g.Layer(1), g.Layer(1)
        x.project(h)
        h.project(y)
        x.project(lost)
        built(x, h, lost, y)

    def no_input() -> None:
        x, h, lost, y = g.Layer(2), g.Layer(2), g.Layer(1), g.Layer(1)
        x.project(h)
        h.project(y)
        lost.project(y)
        built(x, h, lost, y)

    def outside() -> None:
        x, h, y = g.Layer(2), g.Layer(2), g.Layer(1)
        x.project(h)
        h.project(y)
        built(x, y)

    def into_inputs() -> None:
        x, y = g.Layer(2), g.Layer(2)
        x.project(y)
        y.project(x)
        built(x, y)

    def half_a_neuron() -> None:
        g.Layer(2.5)  # type: ignore[arg-type]

    def hidden_softmax() -> None:
        g.perceptron(2, 3, 2, activation="softmax")

    def threshold() -> None:
        g.perceptron(2, 3, 2, activation="binary_threshold")

    def not_given() -> None:
        g.Layer(2).project(g.Layer(2), trainable=False)

    def twice_in_a_network() -> None:
        x, y = g.Layer(2), g.Layer(2)
        g.Network(x, [y], y)

    def too_small() -> None:
        g.perceptron(2)

    def too_many_gates() -> None:
        g.liquid(2, 5, 1, 3, 4)

    return {name: made for name, made in locals().items()}


WORDS = {
    "sizes": "one_to_one wants groups of one size, not 2 and 3",
    "again": "is connected with neuron 1",
    "two_gates": "is gated already",
    "gate_size": "as many gaters as target neurons: 3, not 2",
    "unknown_gate": "how",
    "leads_nowhere": "leads nowhere and gates nothing",
    "no_input": "has no input",
    "outside": "no part of this network",
    "into_inputs": "leads into the input group",
    "half_a_neuron": "size= takes a whole number",
    "hidden_softmax": "mixes neurons",
    "threshold": "hard_limiter",
    "not_given": "must be given",
    "twice_in_a_network": "twice",
    "too_small": "a perceptron needs",
    "too_many_gates": "room for 20 connections",
}


@pytest.mark.parametrize("name", WORDS)
def test_mistakes_are_refused_where_they_are_made(name: str) -> None:
    with pytest.raises(OptionError, match=WORDS[name]):
        mistakes()[name]()


def test_weights_must_be_as_many_as_connections() -> None:
    with pytest.raises(ShapeError, match="3 weights are given for 4 connections"):
        g.Layer(2).project(g.Layer(2), weights=[1, 2, 3])


def test_sequences_of_other_features_are_refused() -> None:
    net = g.graph_net(g.lstm(2, 2, 1))

    with pytest.raises(ShapeError, match="2 numbers"):
        sx.outputs(net, np.zeros((3, 4, 5)))


def test_a_graph_survives_the_way_to_plain_data_and_back() -> None:
    graph = g.liquid(2, 6, 1, 9, 3, seed=1, echo_state=True)

    assert Layer.of(graph.to_data()) == graph


def test_any_function_can_be_an_activation() -> None:
    graph = g.perceptron(2, 3, 1, activation=[lambda z: z / (1 + np.abs(z)), "sigmoid"])  # type: ignore[list-item]
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    data = sx.training_set(x, [[0.0], [0.0], [0.0], [1.0]], shuffle=False)
    snapshot = sx.deref(sx.train(g.graph_net(graph, "adam"), data, 30))

    losses = snapshot.training.stats.loss
    assert losses[-1] < losses[0]
