"""Carrying graphs: the original's files, pictures, functions, dense layers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx import graph as g
from synapse_rx.errors import FormatError, OptionError, ShapeError, SynapseError
from tests.graph.graphs import graphs

WRITTEN: dict[str, Any] = json.loads((Path(__file__).parent / "synaptic.json").read_text())
"""Networks that JavaScript Synaptic 1.1.4 wrote after some training, and what they answered then (see synaptic.js)."""

CALM = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", WRITTEN)
def test_networks_of_the_original_answer_as_they_did_there(name: str) -> None:
    answer = g.standalone(g.from_synaptic(WRITTEN[name]["json"]))

    given = [answer(x) for x in WRITTEN[name]["xs"]]
    np.testing.assert_allclose(given, WRITTEN[name]["ys"], atol=1e-9, rtol=0)


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_for_the_original_comes_back(name: str) -> None:
    net = g.from_synaptic(WRITTEN[name]["json"])
    text = json.dumps(g.to_synaptic(net))
    again = g.from_synaptic(text)

    assert len(json.loads(text)["connections"]) == len(WRITTEN[name]["json"]["connections"])
    x = np.array(WRITTEN[name]["xs"])
    np.testing.assert_allclose(g.standalone(again)(x), g.standalone(net)(x), atol=1e-12)


@CALM
@given(graph=graphs("truncated", bounded=False), seed=st.integers(0, 99))
def test_any_graph_of_known_activations_comes_back(graph: g.NeuronGraph, seed: int) -> None:
    net = g.graph_net(graph, sx.training(seed=seed), dtype="float64")
    if any(group.activation.kind == "softplus" for group in graph.groups):
        with pytest.raises(OptionError, match="softplus"):
            g.to_synaptic(net)
        return
    x = np.random.default_rng(seed).standard_normal((4, graph.features))
    again = g.from_synaptic(g.to_synaptic(net))

    np.testing.assert_allclose(g.standalone(again)(x), g.standalone(net)(x), atol=1e-12)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ("neurons", "connections", "layer", "squash", "from", "to", "weight", "gater", "bias")
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@CALM
@given(JSON)
def test_other_data_are_refused(data: Any) -> None:
    with pytest.raises(FormatError):
        g.from_synaptic(data if not isinstance(data, str) else {"neurons": data})


@CALM
@given(st.data())
def test_damaged_files_are_read_or_refused(data: Any) -> None:
    content = json.loads(json.dumps(WRITTEN[data.draw(st.sampled_from(sorted(WRITTEN)))]["json"]))
    part = data.draw(st.sampled_from(("neurons", "connections")))
    row = content[part][data.draw(st.integers(0, len(content[part]) - 1))]
    row[data.draw(st.sampled_from(sorted(row)))] = data.draw(JSON)

    try:
        net = g.from_synaptic(content)
    except SynapseError as error:
        assert isinstance(error, FormatError)
    else:
        assert np.isfinite(sx.outputs(net, np.zeros((2, net.value.arch.graph.features)))).all()


def test_a_function_of_steps_remembers_and_forgets() -> None:
    net = g.graph_net(g.lstm(2, 2, 1), dtype="float64")
    answer = g.standalone(net)
    x = np.random.default_rng(0).random((7, 2))
    whole = sx.outputs(net, x)

    one_by_one = [answer(row) for row in x[:3]]
    np.testing.assert_allclose(np.concatenate([one_by_one, answer(x[3:])]), whole, atol=1e-12)
    answer.clear()
    np.testing.assert_allclose(answer(x), whole, atol=1e-12)
    with pytest.raises(ShapeError, match=r"\(2,\) or \(steps, 2\)"):
        answer([1.0])


def test_a_plain_perceptron_becomes_dense_layers_and_back() -> None:
    net = g.graph_net(g.perceptron(3, 4, 2, activation=["tanh", "softmax"]), dtype="float64")
    x = np.random.default_rng(0).random((5, 3))
    dense = g.to_dense(net)
    back = g.from_dense(dense)

    assert dense.value.params.names == ("0.W", "0.b", "1.W", "1.b")
    np.testing.assert_allclose(sx.outputs(dense, x), sx.outputs(net, x), atol=1e-12)
    np.testing.assert_allclose(sx.outputs(back, x), sx.outputs(net, x), atol=1e-12)


def test_other_networks_become_no_dense_layers() -> None:
    with pytest.raises(OptionError, match="plain perceptrons"):
        g.to_dense(g.graph_net(g.lstm(2, 2, 1)))
    with pytest.raises(OptionError, match="only Dense"):
        g.from_dense(sx.neural_net([sx.Input(3), sx.Dense(2), sx.Dropout(0.5)]))
    with pytest.raises(OptionError, match="graph_net"):
        g.standalone(sx.mlp([2, 1]))


def test_pictures_show_groups_gates_and_neurons() -> None:
    graph = g.lstm(2, 3, 1)
    text, single = g.to_dot(graph), g.to_dot(g.graph_net(graph), neurons=True)

    assert 'g3 [shape=box label="cells (3)"]' in text and "color=blue" in text
    assert single.count("[label=") == graph.neurons


def test_an_echo_state_is_read_out_by_ridge_regression() -> None:
    t = np.arange(400) * 0.2
    x, y = np.sin(t)[:, None], np.sin(t - 0.6)[:, None]
    net = g.graph_net(g.liquid(1, 40, 1, 200, seed=1, echo_state=True), dtype="float64")
    pool = g.activities(net, x)["pool"]
    g.ridge_readout(net, x, y, washout=50)

    assert pool.shape == (400, 40)
    assert np.abs(sx.outputs(net, x)[50:] - y[50:]).max() < 1e-3
    assert np.array_equal(g.activities(net, x)["pool"], pool)
    with pytest.raises(OptionError, match="linear outputs"):
        g.ridge_readout(g.graph_net(g.liquid(1, 5, 1, 8)), x, y)


def test_an_associator_completes_patterns() -> None:
    patterns = np.array([[0, 1] * 5, [1, 1, 1, 1, 1, 0, 0, 1, 0, 0]], np.float32)
    net = g.graph_net(g.hopfield(10), sx.training("backprop", learning_rate=1.0, loss="binary_cross_entropy"))
    sx.deref(sx.train(net, sx.training_set(patterns, patterns, online=True, shuffle=False), 40))
    given = np.array([[0, 1, 0, 1, 0, 1, 0, 1, 1, 1], [1, 1, 1, 1, 1, 0, 0, 1, 0, 1]], np.float32)

    assert np.array_equal(sx.outputs(net, given) > 0.5, patterns > 0.5)
