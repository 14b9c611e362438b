from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.network.changes import changes
from synapse_rx.snapshot import Net, State, with_status
from tests.nets import blobs, small_net, trained


@cache
def learnt() -> Net:
    """
    Return a network that has learnt; trained when first asked, so that collecting tests compiles nothing.
    """
    return trained(small_net(sx.Backprop(0.1, 0.9)), blobs())


def _in_float64(net: Net) -> Net:
    return evolve(net, params=sx.Params(net.params.layout, net.params.flat.astype(np.float64)))


@pytest.mark.parametrize(
    "edit",
    [
        lambda net: net,
        lambda net: with_status(net, "paused"),
        lambda net: evolve(net, version=99),
        lambda net: evolve(net, labels=("x", "y")),
        lambda net: sx.with_options(net, momentum=0.9),
        lambda net: sx.with_loss(net, "cross_entropy"),
        lambda net: evolve(net, arch=sx.Arch(3, net.arch.layers)),
    ],
)
def test_what_a_trainer_need_not_know_is_no_edit(edit: Any) -> None:
    assert changes(learnt(), edit(learnt())) == ()


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (lambda net: sx.with_learning_rate(net, 0.01), [("learning_rate", "0.1 -> 0.01")]),
        (
            lambda net: sx.with_options(net, momentum=0.5, nesterov=True),
            [("momentum", "0.9 -> 0.5"), ("nesterov", "False -> True")],
        ),
        (lambda net: sx.freeze(net, 0), [("factors", "layer 0 is frozen")]),
        (lambda net: sx.freeze(net, 0, 1), [("factors", "layer 0 is frozen, layer 1 is frozen")]),
        (
            lambda net: sx.with_update(net, factors={0: 0.5, 1: 2}, clip_norm=1.0),
            [("clip_norm", "None -> 1.0"), ("factors", "layer 0: 1 -> 0.5, layer 1: 1 -> 2")],
        ),
        (lambda net: evolve(net, params=sx.fresh_params(net.arch)), [("params", "replaced")]),
        (_in_float64, [("dtype", "float32 -> float64")]),
        (
            lambda net: evolve(net, training=evolve(net.training, state=State())),
            [("state", "epoch 1 -> 1")],
        ),
        (
            lambda net: evolve(net, training=evolve(net.training, stats=sx.Stats())),
            [("state", "epoch 1 -> 0")],
        ),
    ],
)
def test_each_edit_is_told_in_words(edit: Any, found: list[tuple[str, str]]) -> None:
    assert list(changes(learnt(), edit(learnt()))) == found


def test_thawing_is_told_in_words() -> None:
    frozen = sx.freeze(learnt(), 0, 1)

    assert changes(frozen, sx.unfreeze(frozen, 1)) == (("factors", "layer 1 learns again"),)
    assert changes(frozen, sx.with_update(frozen, factors={0: 0.5})) == (
        ("factors", "layer 0: 0 -> 0.5, layer 1 learns again"),
    )


def test_another_loss_is_told() -> None:
    assert [name for name, _ in changes(learnt(), sx.with_loss(learnt(), "squared_error"))] == ["loss"]


def test_another_architecture_is_told_with_its_parameters() -> None:
    arch = sx.Arch(3, [sx.Dense(2)])

    found = dict(changes(learnt(), evolve(learnt(), arch=arch, params=sx.fresh_params(arch))))

    assert found == {"arch": "3 > 4 tanh > 2 softmax -> 3 > 2 linear", "params": "replaced"}


def test_another_algorithm_is_told_as_a_whole() -> None:
    found = changes(learnt(), sx.with_algorithm(learnt(), "adam"))

    assert [name for name, _ in found] == ["algorithm"]
    assert found[0][1].startswith("Backprop(")
