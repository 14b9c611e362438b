"""Surgery: what was learnt and still fits stays, the rest is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.errors import OptionError, ShapeError
from synapse_rx.snapshot import Net
from tests.nets import blobs, finish_epoch, learner, small_net, trained

NET = trained(small_net("adam", factors={0: 0.5}), blobs())


def test_a_truncated_network_answers_with_features() -> None:
    cut = sx.truncate(NET, 1)

    assert cut.arch.out_shape == (4,)
    hidden = np.tanh(blobs().x @ NET.params["0.W"] + NET.params["0.b"])
    np.testing.assert_allclose(sx.outputs(cut, blobs().data), hidden, rtol=1e-5)
    assert cut.labels is None
    assert cut.training.loss == sx.SquaredError()  # cross-entropy is not defined on tanh


def test_positions_count_from_the_end_as_well() -> None:
    assert sx.truncate(NET, -1) == sx.truncate(NET, 1)


def test_a_trained_prefix_keeps_its_weights_under_a_new_head() -> None:
    grown = sx.replace_layer(NET, -1, sx.Dense(5, "relu"), sx.Dense(3, "softmax"))

    np.testing.assert_array_equal(grown.params["0.W"], NET.params["0.W"])
    assert grown.params["2.W"].shape == (5, 3)
    assert grown.labels is None


def test_layers_behind_a_new_one_keep_what_still_fits() -> None:
    deeper = sx.replace_layer(NET, 0, sx.Dense(7, "relu"), sx.Dense(4, "tanh"))

    np.testing.assert_array_equal(deeper.params["2.W"], NET.params["1.W"])
    assert not np.array_equal(deeper.params["1.b"], NET.params["1.b"])


def test_what_is_put_in_is_drawn_even_if_it_looks_like_what_went() -> None:
    again = sx.replace_layer(NET, 1, sx.Dense(2, "softmax"))

    np.testing.assert_array_equal(again.params["0.W"], NET.params["0.W"])
    assert not np.array_equal(again.params["1.W"], NET.params["1.W"])


def test_a_layer_is_taken_out_by_nothing_in_its_place() -> None:
    net = sx.append_layers(NET, sx.Activation("softmax"))

    assert sx.replace_layer(net, 2).params == NET.params


def test_appended_layers_come_last() -> None:
    longer = sx.append_layers(NET, sx.Dense(1, "sigmoid"))

    assert longer.arch.out_shape == (1,)
    assert longer.params["1.W"] is not None
    np.testing.assert_array_equal(longer.params["1.W"], NET.params["1.W"])


def test_another_input_redraws_the_first_layer_alone() -> None:
    wider = sx.with_input_shape(NET, 9)

    assert wider.params["0.W"].shape == (9, 4)
    np.testing.assert_array_equal(wider.params["0.b"], NET.params["0.b"])
    np.testing.assert_array_equal(wider.params["1.W"], NET.params["1.W"])


def test_frozen_up_to_a_layer_only_what_is_behind_learns() -> None:
    net = trained(sx.freeze_up_to(NET, 1), blobs())

    np.testing.assert_array_equal(net.params["0.W"], NET.params["0.W"])
    assert not np.array_equal(net.params["1.W"], NET.params["1.W"])


def test_statistics_stay_and_the_state_of_the_algorithm_starts_fresh() -> None:
    net = sx.replace_layer(NET, -1, sx.Dense(2, "softmax"))

    assert net.training.stats == NET.training.stats
    assert net.training.state.algorithm is None
    assert net.training.update.factors == ((0, 0.5),)


def test_factors_of_layers_that_are_gone_go_with_them() -> None:
    net = evolve(sx.freeze(NET, 1))

    assert sx.truncate(net, 1).training.update.factors == ((0, 0.5),)


def test_it_works_on_a_network_in_training() -> None:
    data = blobs()
    learning = learner(NET, data)
    net = finish_epoch(learning, NET)
    cut = sx.replace_layer(net, 0, sx.Dense(6, "relu"))

    edits = learning.adopt(net, cut)
    after = finish_epoch(learning, cut)

    assert next(name for name, _ in edits) == "arch"
    assert after.params["0.W"].shape == (3, 6)
    assert after.training.stats.epochs == net.training.stats.epochs + 1


@pytest.mark.parametrize(
    ("edit", "error", "message"),
    [
        (lambda net: sx.truncate(net, 0), OptionError, "without layers"),
        (lambda net: sx.truncate(net, 2), OptionError, "layers 0 to 1, not 2"),
        (lambda net: sx.replace_layer(net, "head", sx.Dense(2)), OptionError, "not 'head'"),
        (lambda net: sx.with_input_shape(net, 0), ShapeError, "whole numbers >= 1"),
        (lambda net: sx.freeze(net, "1.7"), OptionError, "no layer '1.7'"),
    ],
)
def test_mistakes_are_named(edit: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        edit(NET)


def test_what_is_inside_a_layer_is_frozen_by_its_path() -> None:
    net: Net = sx.freeze(NET, "1")

    assert net.training.update.frozen_layers == {(1,)}
    assert sx.unfreeze(net).training.update.factors == ((0, 0.5),)
