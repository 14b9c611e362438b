"""Distributions of weights, epoch by epoch."""

from __future__ import annotations

from itertools import pairwise

from attrs import evolve

import synapse_rx as sx
from synapse_rx.dashboards import weight_log as module
from synapse_rx.dashboards.weight_log import Moment, Moments, WeightLog
from tests.subscribers.snapshots import publish


def epochs(log: WeightLog, net: sx.Atom[sx.Net]) -> list[int]:
    return [moment["epoch"] for moment in log.told(net, "0.W")]


def test_each_epoch_leaves_a_distribution_of_every_parameter() -> None:
    net = sx.mlp([3, 4, 2], ["tanh", "softmax"])
    with WeightLog(net) as log:
        log.flush()
        for _ in range(3):
            publish(net)
            log.flush()

        (first, *_) = log.told(net, "0.W")
        assert epochs(log, net) == [0, 1, 2, 3]
        assert sum(first["counts"]) == 12
        assert first["low"] <= net.value.params[0]["W"].min()
        assert first["high"] >= net.value.params[0]["W"].max()
        assert log.told(net, "9.W") == []


def test_what_is_taken_back_is_forgotten() -> None:
    net = sx.mlp([3, 4, 2], ["tanh", "softmax"])
    kept = []
    with WeightLog(net) as log:
        log.flush()
        for _ in range(5):
            publish(net)
            kept.append(net.value)
            log.flush()
        net.reset(kept[1])
        log.flush()
        assert epochs(log, net) == [0, 1, 2]

        publish(net, seconds=3.0)
        log.flush()
        assert epochs(log, net)[-1] == 3


def test_a_long_training_keeps_few_moments_evenly() -> None:
    moments = Moments()
    for epoch in range(100_001):
        moments.add(Moment(epoch, {}))

    kept = [moment.epoch for moment in moments.kept]
    gaps = {after - before for before, after in pairwise(kept[:-1])}
    assert len(kept) <= module.MOST
    assert (kept[0], kept[-1]) == (0, 100_000)
    assert len(gaps) == 1


def test_a_huge_parameter_is_counted_in_part() -> None:
    net = sx.mlp([300, 400, 2], ["tanh", "softmax"])
    with WeightLog(net) as log:
        log.flush()
        (moment,) = log.told(net, "0.W")

    assert 120_000 / 4 < sum(moment["counts"]) <= module.MOST_VALUES


def test_a_network_that_is_let_go_stays_known_until_it_is_gone() -> None:
    net = sx.mlp([3, 4, 2], ["tanh", "softmax"])
    log = WeightLog(net)
    log.close()
    publish(net)

    assert epochs(log, net) == [0]


def test_parameters_that_are_no_numbers_are_counted_as_far_as_they_are() -> None:
    net = sx.mlp([3, 4, 2], ["tanh", "softmax"])
    flat = net.value.params.flat.copy()
    flat[:] = float("nan")
    net.swap(lambda old: evolve(old, params=old.params.with_flat(flat)))
    with WeightLog(net) as log:
        log.flush()

        assert sum(log.told(net, "0.W")[0]["counts"]) == 0
