"""Hyper-parameters steered by swaps."""

from __future__ import annotations

from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError
from tests.nets import blobs, small_net, without_times

PIECES = [(3, 0.5), (2, 0.25), (4, 0.1)]
WANTED = [0.5] * 3 + [0.25] * 2 + [0.1] * 3


def test_each_epoch_has_its_value() -> None:
    net = sx.atom(small_net())
    sx.Schedule(learning_rate=PIECES).attach(net)

    stats = sx.deref(sx.train(net, blobs(), 8)).training.stats

    # What is recorded is the rate at the end of the epoch.
    assert list(stats.learning_rate) == WANTED
    assert [(event.epoch, event.what) for event in stats.events] == [
        (3, "learning_rate"),
        (5, "learning_rate"),
    ]


def test_it_trains_as_the_algorithm_s_own_schedule_does() -> None:
    steered, scheduled = (
        sx.atom(small_net(momentum=0.9)),
        sx.atom(small_net(learning_rate=sx.schedules.Piecewise(PIECES), momentum=0.9)),
    )
    sx.Schedule(learning_rate=PIECES).attach(steered)

    results = [sx.deref(sx.train(net, blobs(), 8)) for net in (steered, scheduled)]

    assert results[0].params == results[1].params
    assert list(results[0].training.stats.loss) == list(results[1].training.stats.loss)


def test_attached_under_way_it_takes_over_from_there() -> None:
    net = sx.atom(small_net(learning_rate=0.01))
    sx.deref(sx.train(net, blobs(), 4))
    sx.Schedule(learning_rate=PIECES).attach(net)
    assert net.value.training.algorithm.learning_rate == 0.25

    stats = sx.deref(sx.train(net, blobs(), 3)).training.stats

    assert list(stats.learning_rate) == [0.01] * 4 + WANTED[4:7]


def test_detached_it_leaves_things_as_they_are() -> None:
    net = sx.atom(small_net())
    with sx.Schedule(learning_rate=PIECES).attach(net):
        sx.deref(sx.train(net, blobs(), 4))
    stats = sx.deref(sx.train(net, blobs(), 4)).training.stats

    assert list(stats.learning_rate) == [0.5] * 3 + [0.25] * 5


@pytest.mark.parametrize(
    "value",
    [
        sx.schedules.Linear(1.0, 0.2, 4),
        lambda epoch, step, stats: 1.0 - 0.2 * epoch,
        [(1, 1.0), (1, 0.8), (1, 0.6), (1, 0.4)],
    ],
)
def test_schedules_functions_and_pairs_are_the_same(value: Any) -> None:
    net = sx.atom(small_net())
    sx.Schedule(learning_rate=value).attach(net)

    stats = sx.deref(sx.train(net, blobs(), 4)).training.stats

    assert list(stats.learning_rate) == pytest.approx([1.0, 0.8, 0.6, 0.4])


def test_several_options_are_steered_at_once_and_a_number_stays() -> None:
    net = sx.atom(small_net("adam"))
    sx.Schedule(learning_rate=[(1, 0.01), (1, 0.02)], clip_norm=[(1, 5.0), (1, 2.0)], beta1=0.8).attach(net)

    snapshot = sx.deref(sx.train(net, blobs(), 3))

    assert snapshot.training.algorithm.learning_rate == 0.02
    assert snapshot.training.algorithm.beta1 == 0.8
    assert snapshot.training.update.clip_norm == 2.0


def test_a_schedule_can_answer_to_what_happened() -> None:
    net = sx.atom(small_net())
    halve = sx.schedules.ReduceOnPlateau(1e-12, factor=0.5, patience=1, threshold=0.5)
    sx.Schedule(learning_rate=halve).attach(net)

    stats = sx.deref(sx.train(net, blobs(), 6)).training.stats

    assert stats.learning_rate[-1] < stats.learning_rate[0]


def test_many_networks_follow_one_schedule() -> None:
    nets = [sx.atom(small_net(seed=seed)) for seed in range(3)]
    sx.Schedule(learning_rate=PIECES).attach(nets)

    runs = [sx.train(net, blobs(), 8) for net in nets]

    assert all(list(sx.deref(run).training.stats.learning_rate) == WANTED for run in runs)


def test_where_nothing_changes_nothing_is_swapped() -> None:
    net = sx.atom(small_net(learning_rate=0.5))
    before = net.value
    sx.Schedule(learning_rate=0.5).attach(net)
    assert net.value is before

    plain = sx.deref(sx.train(sx.atom(before), blobs(), 3))
    assert without_times(sx.deref(sx.train(net, blobs(), 3))) == without_times(plain)


def test_an_option_that_a_network_does_not_have_is_refused() -> None:
    net = sx.atom(small_net("backprop"))

    with pytest.raises(OptionError, match="beta1"):
        sx.Schedule(beta1=0.9).attach(net)
    assert not net.watches


@pytest.mark.parametrize("options", [{}, {"learning_rate": "fast"}, {"learning_rate": None}])
def test_what_is_no_schedule_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="learning_rate"):
        sx.Schedule(**options)
