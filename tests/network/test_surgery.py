"""Surgery: what was learnt and still fits stays, the rest is drawn."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.errors import OptionError, ShapeError
from synapse_rx.snapshot import Net
from tests.nets import blobs, finish_epoch, learner, small_net, trained


@cache
def learnt() -> Net:
    """
    Return a network that has learnt; trained when first asked, so that collecting tests compiles nothing.
    """
    return trained(small_net("adam", factors={0: 0.5}), blobs())


def test_a_truncated_network_answers_with_features() -> None:
    cut = sx.truncate(learnt(), 1)

    assert cut.arch.out_shape == (4,)
    hidden = np.tanh(blobs().x @ learnt().params["0.W"] + learnt().params["0.b"])
    np.testing.assert_allclose(sx.outputs(cut, blobs().data), hidden, rtol=1e-5)
    assert cut.labels is None
    assert cut.training.loss == sx.SquaredError()  # cross-entropy is not defined on tanh


def test_positions_count_from_the_end_as_well() -> None:
    assert sx.truncate(learnt(), -1) == sx.truncate(learnt(), 1)


def test_a_trained_prefix_keeps_its_weights_under_a_new_head() -> None:
    grown = sx.replace_layer(learnt(), -1, sx.Dense(5, "relu"), sx.Dense(3, "softmax"))

    np.testing.assert_array_equal(grown.params["0.W"], learnt().params["0.W"])
    assert grown.params["2.W"].shape == (5, 3)
    assert grown.labels is None


def test_layers_behind_a_new_one_keep_what_still_fits() -> None:
    deeper = sx.replace_layer(learnt(), 0, sx.Dense(7, "relu"), sx.Dense(4, "tanh"))

    np.testing.assert_array_equal(deeper.params["2.W"], learnt().params["1.W"])
    assert not np.array_equal(deeper.params["1.b"], learnt().params["1.b"])


def test_what_is_put_in_is_drawn_even_if_it_looks_like_what_went() -> None:
    again = sx.replace_layer(learnt(), 1, sx.Dense(2, "softmax"))

    np.testing.assert_array_equal(again.params["0.W"], learnt().params["0.W"])
    assert not np.array_equal(again.params["1.W"], learnt().params["1.W"])


def test_a_layer_is_taken_out_by_nothing_in_its_place() -> None:
    net = sx.append_layers(learnt(), sx.Activation("softmax"))

    assert sx.replace_layer(net, 2).params == learnt().params


def test_appended_layers_come_last() -> None:
    longer = sx.append_layers(learnt(), sx.Dense(1, "sigmoid"))

    assert longer.arch.out_shape == (1,)
    assert longer.params["1.W"] is not None
    np.testing.assert_array_equal(longer.params["1.W"], learnt().params["1.W"])


def test_another_input_redraws_the_first_layer_alone() -> None:
    wider = sx.with_input_shape(learnt(), 9)

    assert wider.params["0.W"].shape == (9, 4)
    np.testing.assert_array_equal(wider.params["0.b"], learnt().params["0.b"])
    np.testing.assert_array_equal(wider.params["1.W"], learnt().params["1.W"])


def test_frozen_up_to_a_layer_only_what_is_behind_learns() -> None:
    net = trained(sx.freeze_up_to(learnt(), 1), blobs())

    np.testing.assert_array_equal(net.params["0.W"], learnt().params["0.W"])
    assert not np.array_equal(net.params["1.W"], learnt().params["1.W"])


def test_statistics_stay_and_the_state_of_the_algorithm_starts_fresh() -> None:
    net = sx.replace_layer(learnt(), -1, sx.Dense(2, "softmax"))

    assert net.training.stats == learnt().training.stats
    assert net.training.state.algorithm is None
    assert net.training.update.factors == ((0, 0.5),)


def test_factors_of_layers_that_are_gone_go_with_them() -> None:
    net = evolve(sx.freeze(learnt(), 1))

    assert sx.truncate(net, 1).training.update.factors == ((0, 0.5),)


def test_it_works_on_a_network_in_training() -> None:
    data = blobs()
    learning = learner(learnt(), data)
    net = finish_epoch(learning, learnt())
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
        edit(learnt())


def test_what_is_inside_a_layer_is_frozen_by_its_path() -> None:
    net: Net = sx.freeze(learnt(), "1")

    assert net.training.update.frozen_layers == {(1,)}
    assert sx.unfreeze(net).training.update.factors == ((0, 0.5),)


BODY = sx.residual(sx.Dense(3, "tanh"), sx.Dense(3))


@cache
def deep() -> Net:
    """
    Return a network with a block that has learnt.
    """
    return trained(
        sx.neural_net([sx.Input(3), BODY, sx.Dense(2, "softmax")], sx.training("adam")).value, blobs()
    )


TWINS = sx.neural_net(
    [sx.Input(4), sx.fork(sx.shared("tower", sx.Dense(3)), sx.shared("tower", sx.Dense(3))), sx.add()]
).value


def test_a_renamed_layer_takes_its_parameters_along() -> None:
    net = sx.rename_layer(learnt(), 0, "features")

    assert net.params.names == ("features.W", "features.b", "1.W", "1.b")
    np.testing.assert_array_equal(net.params.flat, learnt().params.flat)
    np.testing.assert_array_equal(sx.outputs(net, blobs().x), sx.outputs(learnt(), blobs().x))
    assert net.training.update.factors == (("features", 0.5),)


def test_a_name_is_exchanged_for_another() -> None:
    net = sx.rename_layer(sx.rename_layer(learnt(), 0, "features"), "features", "encoder")

    assert net == sx.rename_layer(learnt(), 0, "encoder")


def test_a_layer_inside_another_is_renamed_by_its_path() -> None:
    net = sx.rename_layer(sx.freeze(deep(), "0.body.1"), "0.body.1", "out")

    assert net.params.names[:4] == ("0.body.0.W", "0.body.0.b", "0.body.out.W", "0.body.out.b")
    np.testing.assert_array_equal(net.params.flat, deep().params.flat)
    assert net.training.update.factors == (("0.body.out", 0.0),)


def test_what_is_inside_a_renamed_layer_is_found_below_the_name() -> None:
    net = sx.rename_layer(deep(), -2, "block")

    assert net.params.names[:2] == ("block.body.0.W", "block.body.0.b")
    np.testing.assert_array_equal(net.params.flat, deep().params.flat)


def test_what_is_shared_is_renamed_wherever_it_stands() -> None:
    net = sx.rename_layer(TWINS, "tower", "both")

    assert net.params.names == ("both.W", "both.b")
    np.testing.assert_array_equal(net.params.flat, TWINS.params.flat)


def test_kept_values_move_along_with_a_name() -> None:
    net = trained(sx.neural_net([sx.Input(3), sx.BatchNorm(), sx.Dense(2, "softmax")], "adam").value, blobs())

    renamed = sx.rename_layer(net, 0, "scale")

    assert renamed.kept.names == ("scale.mean", "scale.variance")
    np.testing.assert_array_equal(renamed.kept.flat, net.kept.flat)


def test_a_layer_inside_another_is_replaced_by_its_path() -> None:
    net = sx.replace_layer(deep(), "0.body.0", sx.Dense(5, "relu"), sx.Dense(3))

    assert net.params["0.body.0.0.W"].shape == (3, 5)
    np.testing.assert_array_equal(net.params["0.body.1.W"], deep().params["0.body.1.W"])
    np.testing.assert_array_equal(net.params["1.W"], deep().params["1.W"])


def test_a_layer_inside_another_is_taken_out() -> None:
    net = sx.replace_layer(deep(), "0.body.0")

    assert "0.body.0.W" not in net.params.names
    np.testing.assert_array_equal(net.params["0.body.1.W"], deep().params["0.body.1.W"])


def test_named_layers_are_frozen_up_to_another() -> None:
    net = sx.freeze_up_to(sx.rename_layer(deep(), 0, "block"), 1)

    assert net.training.update.factors == (("block", 0.0),)


@pytest.mark.parametrize(
    ("edit", "error", "message"),
    [
        (lambda: sx.rename_layer(learnt(), 0, "0"), OptionError, "must be a word"),
        (lambda: sx.rename_layer(learnt(), 7, "head"), OptionError, "layers 0 to 1, not 7"),
        (lambda: sx.rename_layer(learnt(), "head", "tail"), OptionError, "no layer 'head'"),
        (
            lambda: sx.rename_layer(sx.rename_layer(learnt(), 0, "a"), 1, "a"),
            OptionError,
            "two layers are called a",
        ),
        (lambda: sx.replace_layer(deep(), "0.body.7", sx.Dense(3)), OptionError, "no layer '0.body.7'"),
        (lambda: sx.replace_layer(deep(), "0.body.1", sx.Dense(4)), ShapeError, "shortcut"),
    ],
)
def test_what_cannot_be_renamed_or_replaced_is_named(edit: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        edit()
