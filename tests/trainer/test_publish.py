"""How often snapshots are published."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError
from synapse_rx.trainer.publish import Pace
from tests.trainer.tools import LONG, Told, epochs, learnt, some_data, some_net, xor, xor_net


def test_every_n_batches_and_every_epoch() -> None:
    net, data = some_net(), some_data()  # ten batches, the last a ragged one
    told = Told(net)

    sx.train(net, data, 2, publish=sx.every(batches=4)).result(LONG)

    steps = [new.training.stats.steps for new in told.all]
    assert steps == [0, 4, 8, 10, 14, 18, 20]
    assert [epochs(new) for new in told.all] == [0, 0, 0, 1, 1, 1, 2]


def test_every_batch() -> None:
    net = some_net()
    told = Told(net)

    sx.train(net, some_data(), 1, publish=sx.every(batches=1)).result(LONG)

    assert [new.training.stats.steps for new in told.all] == list(range(11))


def test_more_batches_than_an_epoch_has_publish_epochs_only() -> None:
    net = some_net()
    told = Told(net)

    sx.train(net, some_data(), 2, publish=sx.every(batches=1000)).result(LONG)

    assert [new.training.stats.steps for new in told.all] == [0, 10, 20]


def test_every_so_many_seconds() -> None:
    net = some_net()
    told = Told(net)

    sx.train(net, some_data(), 1, publish=sx.every(seconds=1e-9)).result(LONG)

    assert [new.training.stats.steps for new in told.all] == list(range(11))


def test_long_seconds_publish_epochs_only() -> None:
    net = some_net()
    told = Told(net)

    sx.train(net, some_data(), 3, publish=sx.every(seconds=3600)).result(LONG)

    assert [new.training.stats.steps for new in told.all] == [0, 10, 20, 30]


def test_whichever_comes_first() -> None:
    net = some_net()
    told = Told(net)

    sx.train(net, some_data(), 1, publish=sx.every(batches=5, seconds=3600)).result(LONG)

    assert [new.training.stats.steps for new in told.all] == [0, 5, 10]


def test_publishing_more_often_changes_nothing_learnt() -> None:
    nets = [some_net(momentum=0.9) for _ in range(4)]
    ways = ["epoch", sx.every(batches=3), sx.every(batches=1), sx.every(seconds=0.001)]

    results = [
        learnt(sx.train(net, some_data(), 3, publish=way).result(LONG))
        for net, way in zip(nets, ways, strict=True)
    ]

    assert all(result == results[0] for result in results)


def test_a_snapshot_within_an_epoch_has_the_parameters_of_that_moment() -> None:
    net = some_net()
    told = Told(net)

    sx.train(net, some_data(), 1, publish=sx.every(batches=2)).result(LONG)

    vectors = [new.params.flat for new in told.all]
    assert all(not np.array_equal(a, b) for a, b in pairwise(vectors))
    assert [new.training.state.position.batch for new in told.all[1:-1]] == [2, 4, 6, 8]
    assert told.all[-1].training.state.position is None


def test_versions_count_what_is_published() -> None:
    net = some_net()
    told = Told(net)

    sx.train(net, some_data(), 1, publish=sx.every(batches=5)).result(LONG)

    assert [new.version for new in told.all] == [0, 1, 2]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batches": 0},
        {"batches": 1.5},
        {"batches": True},
        {"seconds": 0},
        {"seconds": -1.0},
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"seconds": True},
        {"seconds": "1"},
    ],
)
def test_an_impossible_pace_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        sx.every(**options)  # pyright: ignore[reportArgumentType]


def test_the_pace_counts_from_the_last_publication() -> None:
    pace = Pace(sx.every(batches=3))

    assert not pace.is_due()
    pace.unpublished += 2
    assert pace.batches_left() == 1
    assert not pace.is_due()
    pace.unpublished += 1
    assert pace.is_due()
    pace.published()
    assert not pace.is_due()
    assert pace.batches_left() == 3


def test_nothing_new_is_never_due() -> None:
    pace = Pace(sx.every(seconds=1e-9))

    assert not pace.is_due()
    pace.unpublished = 1
    assert pace.is_due()
    assert pace.seconds_left(0.05) == 0.0


def test_without_every_only_epochs_are() -> None:
    pace = Pace(None)
    pace.unpublished = 10**6

    assert not pace.is_due()
    assert pace.batches_left() is None
    assert pace.seconds_left(0.05) == 0.05


def test_an_epoch_of_one_batch_is_published_once() -> None:
    net = xor_net()
    told = Told(net)

    sx.train(net, xor(), 5, publish=sx.every(batches=1)).result(LONG)

    assert [epochs(new) for new in told.all] == [0, 1, 2, 3, 4, 5]
