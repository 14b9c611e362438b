from __future__ import annotations

import pickle
from itertools import pairwise

import numpy as np
from attrs import evolve

from synapse_rx.snapshot import Event, Series, Stats


def after(epochs: int) -> Stats:
    stats = Stats()
    for epoch in range(epochs):
        stats = stats.with_epoch(
            steps=10 * (epoch + 1),
            loss=1 / (epoch + 1),
            training={"cross_entropy": 1 / (epoch + 1), "misclassification": 0.5},
            validation={"cross_entropy": 2 / (epoch + 1)},
            seconds=0.5,
            samples=100,
        )
    return stats


def test_an_epoch_adds_one_value_to_each_history() -> None:
    stats = after(3)

    assert (stats.epochs, stats.steps) == (3, 30)
    np.testing.assert_allclose(stats.loss, [1, 1 / 2, 1 / 3])
    np.testing.assert_allclose(stats.training["misclassification"], [0.5] * 3)
    np.testing.assert_allclose(stats.validation["cross_entropy"], [2, 1, 2 / 3])
    np.testing.assert_allclose(stats.seconds, [0.5] * 3)
    np.testing.assert_allclose(stats.samples_per_second, [200] * 3)


def test_a_branch_leaves_the_other_alone() -> None:
    stats = after(2)
    options = {"steps": 30, "training": {}, "validation": {}, "seconds": 1.0, "samples": 100}

    left, right = (stats.with_epoch(loss=loss, **options) for loss in (7.0, 8.0))

    assert left.loss[-1] == 7
    assert right.loss[-1] == 8
    assert stats.epochs == len(stats.loss) == 2


def test_epochs_share_their_histories() -> None:
    versions = [after(1)]
    for _ in range(200):
        last = versions[-1]
        versions.append(
            last.with_epoch(steps=1, loss=0.1, training={}, validation={}, seconds=0.1, samples=1)
        )

    copies = sum(not np.shares_memory(a.loss.array, b.loss.array) for a, b in pairwise(versions))

    assert copies <= 8


def test_without_a_validation_set_there_is_no_history_of_it() -> None:
    stats = Stats().with_epoch(
        steps=1, loss=1.0, training={"squared_error": 1.0}, validation={}, seconds=0.1, samples=1
    )

    assert not stats.validation
    assert list(stats.last_errors()) == ["loss", "training squared_error"]


def test_a_validation_set_that_comes_later_is_aligned() -> None:
    stats = Stats()
    for validation in ({}, {"squared_error": 0.5}, {}):
        stats = stats.with_epoch(
            steps=1, loss=1.0, training={}, validation=validation, seconds=0.1, samples=1
        )

    np.testing.assert_array_equal(stats.validation["squared_error"], [np.nan, 0.5, np.nan])


def test_an_epoch_that_took_no_time_has_no_speed() -> None:
    stats = Stats().with_epoch(steps=1, loss=1.0, training={}, validation={}, seconds=0.0, samples=100)

    assert stats.samples_per_second[-1] == 0.0


def test_the_newest_errors_are_named_by_their_part() -> None:
    assert after(2).last_errors() == {
        "loss": 0.5,
        "training cross_entropy": 0.5,
        "training misclassification": 0.5,
        "validation cross_entropy": 1.0,
    }


def test_histories_may_be_left_out() -> None:
    stripped = evolve(after(2), loss=Series())

    assert "loss" not in stripped.last_errors()
    assert "2 epochs" in repr(stripped)


def test_equal_content_is_equal() -> None:
    assert after(3) == after(3)
    assert hash(after(3)) == hash(after(3))
    assert after(3) != after(2)
    assert pickle.loads(pickle.dumps(after(3))) == after(3)


def test_events_are_part_of_it() -> None:
    event = Event(1, 2, "learning_rate", "0.1 -> 0.01")

    assert evolve(after(1), events=(event,)) != after(1)


def test_it_shows_epochs_and_newest_errors() -> None:
    assert repr(Stats()) == "<Stats 0 epochs>"
    assert repr(after(2)).startswith("<Stats 2 epochs, loss 0.5, training cross_entropy 0.5,")
