"""What a network costs, counted."""

from __future__ import annotations

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.errors import OptionError
from tests.nets import blobs, learner, small_net

NET = sx.mlp([3, 4, 2], ["tanh", "softmax"], "adam")


def test_every_layer_has_its_row() -> None:
    rows = sx.summary(NET).layers

    assert [(row.path, row.layer, row.out_shape) for row in rows] == [
        ("0", "Dense(4, 'tanh')", (4,)),
        ("1", "Dense(2, 'softmax')", (2,)),
    ]
    assert [(row.parameters, row.multiply_adds) for row in rows] == [(16, 12), (10, 8)]


def test_totals_are_those_of_the_rows() -> None:
    total = sx.summary(NET)

    assert total.parameters == 26 == sum(row.parameters for row in total.layers)
    assert total.multiply_adds == 20


def test_it_prints_as_a_table() -> None:
    text = str(sx.summary(NET, batch=5))

    assert "Dense(4, 'tanh')" in text
    assert "26 parameters (float32), 20 multiply-adds a sample" in text
    assert "to train on batches of 5" in text


def test_it_shows_itself_in_a_notebook() -> None:
    assert "<td style='text-align:left'>Dense(4, &#x27;tanh&#x27;)</td>" in sx.summary(NET)._repr_html_()


@pytest.mark.parametrize("algorithm", ["adam", "backprop", "rprop", "lbfgs"])
@pytest.mark.backend("numpy", reason="about memory of the host")
def test_memory_is_what_training_allocates(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")  # in chunks less is needed
    data = blobs(20)
    net = evolve(small_net(algorithm), labels=data.labels)
    learning = learner(net, data)
    learning.learn(60)
    engine = learning.standing.engine
    slots = [value.nbytes for value in learning.standing.state.values() if isinstance(value, np.ndarray)]
    held = engine._program.nbytes + engine.problem.nbytes + sum(slots)
    batch = sum(part.nbytes for part in (engine._x, engine._t))

    assert sx.summary(net, batch=5).nbytes == held + batch


def test_memory_grows_with_the_batch() -> None:
    assert sx.summary(NET, batch=64).nbytes > sx.summary(NET, batch=32).nbytes


def test_a_network_that_cannot_be_trained_can_be_summed_up() -> None:
    net = sx.mlp([3, 4, 2], "binary_threshold", "backprop")

    assert sx.summary(net).parameters == 26


def test_asking_changes_nothing() -> None:
    before = NET.value

    sx.summary(NET)

    assert NET.value is before


def test_a_bad_batch_is_refused() -> None:
    with pytest.raises(OptionError, match="batch"):
        sx.summary(NET, batch=0)


def test_a_layer_for_every_step_ends_in_steps_even_if_there_is_one() -> None:
    net = sx.neural_net([sx.Input((1, 6)), sx.TimeDistributed(sx.Dense(3, "tanh"))])

    assert [row.out_shape for row in sx.summary(net).layers] == [(1, 3)]


def test_what_is_inside_others_stands_behind_them() -> None:
    shared = sx.shared("tower", sx.Dense(3))
    net = sx.neural_net(
        [
            sx.Input([(4,), (4,)]),
            sx.parallel(shared, shared),
            sx.add(),
            sx.residual(sx.Dense(5, "relu"), sx.Dense(3)),
        ]
    )

    rows = {row.path: (row.out_shape, row.parameters, row.multiply_adds) for row in sx.summary(net).layers}
    assert rows == {
        "inputs": (((4,), (4,)), 0, 0),
        "0": (((3,), (3,)), 0, 0),
        "tower": ((3,), 4 * 3 + 3, 2 * 4 * 3),
        "1": ((3,), 0, 0),
        "2": ((3,), 0, 0),
        "2.body.0": ((5,), 3 * 5 + 5, 3 * 5),
        "2.body.1": ((3,), 5 * 3 + 3, 5 * 3),
    }
