"""Training as bars on a terminal."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator

import pytest
from rich.console import Console

from synapse_rx.snapshot import Net, with_status
from synapse_rx.subscribers.bars import TICK, Bars
from synapse_rx.subscribers.standing import standing
from tests.subscribers.snapshots import fresh, paper, with_epochs, with_event

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"  # the cursor


class Screen:
    """Bars on a terminal, and what was sent to it since the last look."""

    def __init__(self, width: int = 100) -> None:
        console, self._read = paper(terminal=True, width=width)
        self.bars = Bars(console)
        self._seen = 0

    def show(self, net: Net, *, told: int = 0, epochs: int | None = 10) -> float | None:
        return self.bars.show({"key": standing(net, epochs=epochs, told=told)})

    def sent(self) -> str:
        text = self._read()[self._seen :]
        self._seen += len(text)
        return text


def rows(sent: str) -> list[str]:
    """
    Return the rows that were written, without what moves the cursor and clears.
    """
    return [row for row in re.sub(r"\x1b\[[0-9?]*[A-Za-z]|\r", "\n", sent).splitlines() if row.strip()]


@pytest.fixture
def screen() -> Iterator[Screen]:
    made = Screen()
    yield made
    made.bars.close()


@pytest.fixture
def at() -> Callable[..., Net]:
    """
    Make the snapshot after so many epochs, with a status.
    """
    start = fresh().value
    return lambda epochs, status="training": with_status(with_epochs(start, epochs), status)


def test_a_training_has_a_bar_and_its_numbers(screen: Screen, at: Callable[..., Net]) -> None:
    again = screen.show(at(3))
    sent = screen.sent()

    assert again == TICK
    assert sent.startswith(HIDE)
    assert "━" in sent
    assert "epoch 3/10" in sent
    assert "0:14 left" in sent
    assert "training error 20.25 %  validation error 10.12 %" in sent


def test_the_end_leaves_the_last_state_and_gives_the_cursor_back(
    screen: Screen, at: Callable[..., Net]
) -> None:
    screen.show(at(9))
    screen.sent()

    again = screen.show(at(10, "done"))
    sent = screen.sent()

    assert again is None
    assert "epoch 10/10" in sent
    assert "done" in sent
    assert SHOW in sent
    assert "left" not in sent


def test_nothing_is_drawn_twice_after_the_end(screen: Screen, at: Callable[..., Net]) -> None:
    screen.show(at(10, "done"))
    screen.sent()

    screen.show(at(10, "done"))

    assert screen.sent() == ""


def test_a_training_that_comes_later_is_drawn_anew(screen: Screen, at: Callable[..., Net]) -> None:
    screen.show(at(10, "done"))
    screen.sent()

    screen.show(at(11))

    assert screen.sent().startswith(HIDE)


def test_without_a_number_of_epochs_the_bar_only_moves(screen: Screen, at: Callable[..., Net]) -> None:
    screen.show(at(3), epochs=None)

    sent = screen.sent()
    assert "epoch 3 " in sent
    assert "left" not in sent


def test_live_edits_stand_above_the_bars(screen: Screen, at: Callable[..., Net]) -> None:
    screen.show(at(2))
    screen.show(with_event(at(2)))

    assert "epoch 2, batch 3: learning_rate 0.1 -> 0.01" in screen.sent()


def test_many_networks_stand_below_each_other_in_columns(screen: Screen, at: Callable[..., Net]) -> None:
    console, read = paper(terminal=True)
    bars = Bars(console)

    bars.show({name: standing(at(3), name=name, epochs=10) for name in ("a", "longer")})
    bars.close()

    columns = {row.index("epoch") for row in rows(read()) if "epoch" in row}
    assert len(columns) == 1


@pytest.mark.parametrize("width", [20, 40, 80])
def test_narrow_terminals_are_not_overrun(at: Callable[..., Net], width: int) -> None:
    screen = Screen(width)
    screen.show(at(3))
    screen.bars.close()

    drawn = rows(screen.sent())
    assert max(map(len, drawn)) <= width
    assert any("epoch 3/10" in row for row in drawn)
    assert len(set(drawn)) == 2


def test_a_terminal_without_unicode_gets_dashes(at: Callable[..., Net]) -> None:
    file = io.TextIOWrapper(io.BytesIO(), "ascii")
    bars = Bars(Console(file=file, force_terminal=True, width=80))

    bars.show({"key": standing(at(3), epochs=10)})
    bars.close()

    file.seek(0)
    assert "------" in file.read()
