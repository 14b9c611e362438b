"""Training as bars below the cell of a notebook, and many trainings as one."""

from __future__ import annotations

import html.parser
from collections.abc import Mapping
from typing import Any

import pytest

from synapse_rx.snapshot import with_status
from synapse_rx.subscribers.bars import Bars
from synapse_rx.subscribers.notebook import in_notebook
from synapse_rx.subscribers.panel import TICK, Panel
from synapse_rx.subscribers.standing import Standing, standing, together
from tests.subscribers.snapshots import fresh, paper, with_epochs, with_event


class Screen:
    """Stands for the place below a cell, and keeps what is shown there."""

    def __init__(self) -> None:
        self.shown: list[Mapping[str, Any]] = []

    def show(self, content: Mapping[str, Any]) -> None:
        self.shown.append(content)


class Reader(html.parser.HTMLParser):
    """Reads rows and bars; complains of what does not close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.bars: list[dict[str, str | None]] = []
        self.rows: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        if tag == "progress":
            self.bars.append(dict(attrs))
        if tag == "tr":
            self.rows.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.rows[-1] += data


def at(learnt: int, status: str = "training", **options: Any) -> Standing:
    return standing(with_status(with_epochs(fresh().value, learnt), status), **{"epochs": 10, **options})


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def panel(screen: Screen) -> Panel:
    return Panel(screen)  # type: ignore[arg-type]


def read(screen: Screen) -> Reader:
    return Reader(screen.shown[-1]["text/html"])


def test_a_training_has_a_bar_and_its_numbers(panel: Panel, screen: Screen) -> None:
    assert panel.show({"key": at(3)}) == TICK

    shown = read(screen)
    (bar,) = shown.bars
    assert bar["value"] == "0.3000"
    assert "epoch 3/10" in shown.rows[0]
    assert "0:14 left" in shown.rows[0]
    assert "validation error 10.12 %" in shown.rows[0]


def test_without_a_number_of_epochs_the_bar_only_moves(panel: Panel, screen: Screen) -> None:
    panel.show({"key": at(3, epochs=None)})

    assert "value" not in read(screen).bars[0]


def test_the_end_is_shown_and_waits_for_nothing(panel: Panel, screen: Screen) -> None:
    assert panel.show({"key": at(10, "done")}) is None
    assert "done" in read(screen).rows[0]
    assert "left" not in read(screen).rows[0]


def test_many_trainings_have_a_bar_for_all_of_them(panel: Panel, screen: Screen) -> None:
    panel.show({"a": at(10, "done", name="a"), "b": at(4, name="b")})

    shown = read(screen)
    assert [bar["value"] for bar in shown.bars] == ["0.7000", "1.0000", "0.4000"]
    assert shown.rows[0].startswith("1/2 done")
    assert [row[0] for row in shown.rows[1:]] == ["a", "b"]


def test_the_newest_live_edits_are_told(panel: Panel, screen: Screen) -> None:
    net = with_status(with_epochs(fresh().value, 1), "training")
    for n in range(5):
        net = with_event(net, f"edit{n}")
        panel.show({"key": standing(net, epochs=10, told=n)})
        net = with_epochs(net)
    panel.show({"key": standing(net, epochs=10, told=5)})

    (row,) = read(screen).rows
    assert [n for n in range(5) if f"edit{n}" in row] == [2, 3, 4]


def test_what_did_not_change_is_not_sent_again(panel: Panel, screen: Screen) -> None:
    panel.show({"key": at(3)})
    panel.show({"key": at(3)})

    assert len(screen.shown) == 1


def test_names_of_users_are_shown_as_they_are(panel: Panel, screen: Screen) -> None:
    name = '<script>alert("1 & 2")</script>'
    panel.show({"a": at(3, name=name), "b": at(3, name="b")})

    assert name in read(screen).rows[1]
    assert "<script>" not in screen.shown[-1]["text/html"]


def test_it_is_text_where_there_is_no_html(panel: Panel, screen: Screen) -> None:
    panel.show({"a": at(3, name="a")})

    assert screen.shown[-1]["text/plain"].startswith("a epoch 3/10 loss")


def test_a_test_is_no_notebook() -> None:
    assert not in_notebook()


def test_trainings_together_add_up() -> None:
    all_of_them = together([at(10, "done"), at(4), at(2, "paused")])

    assert all_of_them.name == "1/3 done"
    assert (all_of_them.epoch, all_of_them.epochs) == (16, 30)
    assert all_of_them.share == pytest.approx(16 / 30)
    assert all_of_them.samples_per_second == 1000
    assert all_of_them.seconds_left == at(2).seconds_left
    assert all_of_them.live


def test_trainings_together_are_through_when_all_are() -> None:
    assert together([at(10, "done"), at(10, "failed")]).status == "done"


def test_nobody_knows_how_long_many_take_if_nobody_knows_of_one() -> None:
    assert together([at(3), at(3, epochs=None)]).share is None
    assert together([at(3), at(3, epochs=None)]).seconds_left is None


def test_a_terminal_has_a_bar_for_all_of_them_too() -> None:
    console, written = paper(terminal=True)
    bars = Bars(console)
    bars.show({name: at(3, name=name) for name in ("a", "b")})
    bars.close()

    assert "0/2 done" in written()
    assert "epoch 6/20" in written()
