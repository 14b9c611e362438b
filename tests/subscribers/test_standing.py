"""The numbers that a display shows."""

from __future__ import annotations

import math

import pytest
from attrs import evolve

from synapse_rx.snapshot import Position, Slots, with_status
from synapse_rx.subscribers.standing import error_text, shown_kind, standing, time_text
from tests.subscribers.snapshots import fresh, with_epochs, with_event, with_stats


def test_a_network_that_never_learnt_has_no_numbers() -> None:
    found = standing(fresh().value, epochs=20)

    assert (found.status, found.epoch, found.loss, found.kind, found.seconds_left) == (
        "idle",
        0,
        None,
        None,
        None,
    )
    assert found.facts() == []
    assert not found.live


def test_the_numbers_are_the_newest() -> None:
    net = with_status(with_epochs(fresh().value, 3), "training")

    found = standing(net, name="one", epochs=10)

    assert found.live
    assert found.count() == "epoch 3/10"
    assert found.loss == pytest.approx(0.405)
    assert found.kind == "misclassification"
    assert found.facts() == [
        "loss 0.405",
        "training error 20.25 %",
        "validation error 10.12 %",
        "500 samples/s",
    ]


def test_epochs_learnt_before_do_not_count() -> None:
    net = with_epochs(fresh().value, 7)

    assert standing(net, base=5, epochs=4).count() == "epoch 2/4"
    assert standing(net, base=5).count() == "epoch 2"


def test_the_time_left_follows_from_the_newest_epochs() -> None:
    slow = with_epochs(fresh().value, 1, seconds=1000.0)
    net = with_epochs(slow, 5, seconds=2.0)

    assert standing(net, epochs=10).seconds_left == pytest.approx(8.0)
    assert standing(net, epochs=6).seconds_left == 0.0
    assert standing(net, epochs=5).seconds_left == 0.0
    assert standing(net).seconds_left is None


def test_what_is_learnt_of_an_epoch_shortens_the_time_left() -> None:
    net = with_epochs(fresh().value, 5)
    place = Position(batch=5, sums=Slots(), since=0, seconds=1.0, data=(100, 10, "once", 0))
    state = evolve(net.training.state, position=place)

    found = standing(evolve(net, training=evolve(net.training, state=state)), epochs=6)

    assert found.within == 0.5
    assert found.seconds_left == pytest.approx(1.0)


def test_only_new_events_are_told() -> None:
    net = with_event(with_event(fresh().value), "momentum", "0 -> 0.9")

    assert [event.what for event in standing(net, told=1).events] == ["momentum"]
    assert standing(net, told=2).events == ()


def test_an_error_that_was_not_measured_is_not_shown() -> None:
    net = with_epochs(with_epochs(fresh().value, 1), 1, validation=False)

    assert math.isnan(net.training.stats.validation["misclassification"][-1])
    assert standing(net).validation is None


def test_values_are_judged_by_their_loss() -> None:
    net = with_stats(fresh().value, training={"squared_error": 0.25}, validation={"squared_error": 0.5})

    assert shown_kind(net.training.stats) == "squared_error"
    assert standing(net).facts()[:2] == ["loss 0.25", "validation error 0.5"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0:00"), (59.6, "1:00"), (754, "12:34"), (3723, "1:02:03"), (360000, "100:00:00")],
)
def test_times_read_like_a_clock(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


def test_shares_are_percent_and_other_errors_plain() -> None:
    assert error_text("misclassification", 0.0213) == "2.13 %"
    assert error_text("cross_entropy", 0.0213456) == "0.02135"
