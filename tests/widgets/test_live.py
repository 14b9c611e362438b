"""The live view, without a browser: what it says, what it does when asked, and whom it holds up."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import MissingExtraError, OptionError
from synapse_rx.subscribers import worker
from synapse_rx.widgets import widget as module
from synapse_rx.widgets.state import POINTS, state
from tests.nets import blobs, small_net
from tests.subscribers.snapshots import fresh, publish

pytest.importorskip("anywidget", reason="anywidget is not installed")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Let the end of a view wait for its work however busy the machine is.
    """
    monkeypatch.setattr(worker, "END_SECONDS", 100.0)


@pytest.fixture
def net() -> sx.Atom[sx.Net]:
    return sx.atom(small_net())


@pytest.fixture
def view(net: sx.Atom[sx.Net]) -> Iterator[sx.LiveView]:
    with sx.live(net) as view:
        yield view


def ask(view: sx.LiveView, content: Any) -> list[Any]:
    """
    Ask as the script in the browser does; return what it is answered.
    """
    answers: list[Any] = []
    view.widget.send = answers.append
    view.widget._handle_custom_msg(content, [])
    return answers


def test_it_shows_every_network_it_is_given() -> None:
    nets = [fresh("a"), fresh("b")]
    with sx.live(nets) as view:
        publish(nets[1], 3)
        view.flush()

        shown = view.widget.nets
    assert [(net["name"], net["epochs"]) for net in shown] == [("a", 0), ("b", 3)]
    assert shown[1]["curves"][0]["epochs"] == [1, 2, 3]


def test_it_follows_a_training_to_its_end(net: sx.Atom[sx.Net], view: sx.LiveView) -> None:
    sx.deref(sx.train(net, blobs(nvalid=5), 7))
    view.flush()

    (shown,) = view.widget.nets
    assert (shown["status"], shown["epochs"], shown["live"]) == ("done", 7, False)
    assert [curve["name"] for curve in shown["curves"]] == ["training", "validation"]
    assert view.error is None


def test_a_network_says_what_it_is_in_data_that_a_browser_can_read() -> None:
    net = fresh()
    publish(net, 3000)

    said = state(net.value)
    text = json.dumps(said, allow_nan=False)

    assert all(len(curve["values"]) <= POINTS + 2 for curve in said["curves"])  # type: ignore[index, union-attr]
    assert len(text) < 15_000


def test_a_knob_steers(net: sx.Atom[sx.Net], view: sx.LiveView) -> None:
    answers = ask(view, {"id": 1, "command": {"command": "options", "options": {"learning_rate": 0.25}}})

    assert answers == []
    assert net.value.training.algorithm.learning_rate == 0.25
    view.flush()
    assert [knob["value"] for knob in view.widget.nets[0]["knobs"]] == [0.25, 0.0]


def test_a_training_is_stopped(net: sx.Atom[sx.Net], view: sx.LiveView) -> None:
    run = sx.train(net, blobs(), 10**9)

    ask(view, {"id": 1, "command": {"command": "stop"}})

    assert sx.deref(run).training.status == "stopped"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"id": 1, "command": {"command": "pause"}}, "only a training that runs can be paused"),
        (
            {"id": 1, "command": {"command": "options", "options": {"momentum": 2}}},
            "momentum of backprop must",
        ),
        ({"id": 2, "command": {"command": "stop"}}, "not shown any more"),
        ({"id": [], "command": None}, "unhashable"),
        ({"id": 1, "command": "__import__('os')"}, "a command is an object"),
        ("anything", "not shown any more"),
    ],
    ids=str,
)
def test_what_is_refused_is_explained_and_changes_nothing(
    net: sx.Atom[sx.Net], view: sx.LiveView, content: Any, why: str
) -> None:
    before = net.value

    (answer,) = ask(view, content)

    assert why in answer["refused"]
    assert net.value is before


def test_a_view_that_only_shows_does_not_steer(net: sx.Atom[sx.Net]) -> None:
    with sx.live(net, read_only=True) as view:
        (shown,) = view.widget.nets
        answers = ask(view, {"id": 1, "command": {"command": "options", "options": {"learning_rate": 0.25}}})

    assert "does not steer" in answers[0]["refused"]
    assert (shown["steered"], shown["knobs"]) == (False, [])


def test_who_was_let_go_is_shown_as_it_was_and_not_steered(net: sx.Atom[sx.Net], view: sx.LiveView) -> None:
    publish(net, 2)
    view.close()
    publish(net, 1)

    (shown,) = view.widget.nets
    assert (shown["epochs"], shown["steered"]) == (2, False)
    assert "not shown any more" in ask(view, {"id": 1, "command": {"command": "stop"}})[0]["refused"]


def test_numbers_of_networks_are_not_given_twice() -> None:
    nets = [fresh("a"), fresh("b"), fresh("c")]
    with sx.live(nets) as view:
        view.detach(nets[0])

        assert [(net["id"], net["name"]) for net in view.widget.nets] == [(2, "b"), (3, "c")]


def test_the_same_networks_have_one_view(net: sx.Atom[sx.Net], view: sx.LiveView) -> None:
    assert sx.live(net) is view
    other = sx.live(net, read_only=True)
    assert other is not view
    other.close()


def test_a_view_that_was_closed_in_the_browser_lets_go_by_itself(
    net: sx.Atom[sx.Net], view: sx.LiveView
) -> None:
    view.widget.close()
    publish(net, 1)
    view.flush()

    assert view.gone
    assert view.nets == ()
    with sx.live(net) as again:
        assert again is not view


def test_who_shows_no_widgets_shows_a_table(net: sx.Atom[sx.Net], view: sx.LiveView) -> None:
    data, _ = view._repr_mimebundle_()

    assert data["text/html"] == net.value._repr_html_()
    assert data["text/plain"] == "<LiveView, 1 network>"
    assert "application/vnd.jupyter.widget-view+json" in data
    assert view._display_() is view.widget


def test_nothing_in_it_comes_from_another_host() -> None:
    script, style = ((module.FOLDER / name).read_text("utf-8") for name in ("live.js", "live.css"))

    assert "import" not in script
    assert [line for line in (script + style).splitlines() if "http" in line] == [
        '  made(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);'
    ]


@pytest.mark.parametrize(("nets", "options"), [((), {}), ((3,), {}), ((fresh(),), {"read_only": 1})], ids=str)
def test_what_cannot_be_shown_is_refused(nets: Any, options: Any) -> None:
    with pytest.raises(OptionError):
        sx.live(*nets, **options)


def test_without_anywidget_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    module.widget_class.cache_clear()

    with pytest.raises(MissingExtraError, match=r"pip install 'synapse-rx\[notebook\]'"):
        sx.live(fresh())
