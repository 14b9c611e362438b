"""Training as plain lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from synapse_rx.snapshot import Net, with_status
from synapse_rx.subscribers.lines import Lines
from synapse_rx.subscribers.standing import standing
from tests.subscribers.snapshots import Clock, fresh, paper, with_epochs, with_event


class Desk:
    """Lines on paper, with a clock to turn."""

    def __init__(self) -> None:
        self.clock = Clock()
        console, self._read = paper(width=40)
        self.lines = Lines(console, self.clock)

    def show(self, net: Net, after: float = 0.0, told: int = 0, name: str | None = None) -> float | None:
        self.clock.now += after
        return self.lines.show({"key": standing(net, epochs=1000, told=told, name=name)})

    @property
    def written(self) -> list[str]:
        return self._read().splitlines()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def at() -> Callable[..., Net]:
    """
    Make the snapshot after so many epochs, with a status.
    """
    start = fresh().value
    return lambda epochs, status="training": with_status(with_epochs(start, epochs), status)


def test_the_beginning_is_no_line_and_the_first_epoch_is_one(desk: Desk, at: Callable[..., Net]) -> None:
    desk.show(at(0))
    desk.show(at(1), after=0.001)

    assert desk.written == [
        "epoch 1/1000, loss 0.5, training error 25.00 %, validation error 12.50 %, 500 samples/s, 33:18 left"
    ]


def test_an_epoch_is_told_once(desk: Desk, at: Callable[..., Net]) -> None:
    for _ in range(3):
        desk.show(at(1), after=10)

    assert len(desk.written) == 1


def test_slow_epochs_get_a_line_each(desk: Desk, at: Callable[..., Net]) -> None:
    for epoch in range(1, 6):
        desk.show(at(epoch), after=0.6)

    assert [line.split(",")[0] for line in desk.written] == [f"epoch {n}/1000" for n in range(1, 6)]


def test_quick_epochs_share_two_lines_a_second(desk: Desk, at: Callable[..., Net]) -> None:
    for epoch in range(1, 201):
        desk.show(at(epoch), after=0.01)

    assert 4 <= len(desk.written) <= 5


def test_a_line_held_back_says_when_it_is_due(desk: Desk, at: Callable[..., Net]) -> None:
    desk.show(at(1))

    wait = desk.show(at(2), after=0.1)

    assert wait == pytest.approx(0.4)
    assert desk.show(at(2), after=0.4) is None
    assert len(desk.written) == 2


def test_lines_thin_out_when_training_takes_long(desk: Desk, at: Callable[..., Net]) -> None:
    desk.show(at(1))
    desk.show(at(2), after=3600)
    desk.show(at(3), after=35)
    assert len(desk.written) == 2

    desk.show(at(4), after=2)
    assert len(desk.written) == 3


@pytest.mark.parametrize("status", ["paused", "stopping", "done", "stopped", "cancelled", "failed"])
def test_another_status_is_told_at_once(desk: Desk, at: Callable[..., Net], status: str) -> None:
    desk.show(at(1))
    desk.show(at(1, status))

    assert desk.written[-1].endswith(status)


def test_live_edits_are_told_at_once(desk: Desk, at: Callable[..., Net]) -> None:
    desk.show(at(2))
    desk.show(with_event(at(2)), after=0.01)

    assert desk.written[-1] == "epoch 2, batch 3: learning_rate 0.1 -> 0.01"


def test_lines_of_several_networks_begin_with_their_names(desk: Desk, at: Callable[..., Net]) -> None:
    desk.lines.show({name: standing(at(1), name=name) for name in ("small", "large")})

    assert [line.split(",")[0] for line in desk.written] == ["small: epoch 1", "large: epoch 1"]


def test_names_are_not_markup_and_long_lines_are_not_broken(desk: Desk, at: Callable[..., Net]) -> None:
    desk.show(at(1), name="[red]x[/]")

    assert desk.written[0].startswith("[red]x[/]: epoch 1/1000, loss")
    assert len(desk.written) == 1


def test_what_was_held_back_is_told_at_the_end(desk: Desk, at: Callable[..., Net]) -> None:
    desk.show(at(1))
    desk.show(at(2), after=0.1)
    desk.show(at(3), after=0.1)

    desk.lines.close()
    desk.lines.close()

    assert [line.split(",")[0] for line in desk.written] == ["epoch 1/1000", "epoch 3/1000"]
