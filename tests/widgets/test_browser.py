"""The script of the live view in a real browser, with a model as notebooks give it one. Skipped without Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.snapshot import with_status
from synapse_rx.widgets.state import state
from synapse_rx.widgets.widget import FOLDER
from tests.browser import IN_A_BROWSER, browsing, new_page
from tests.subscribers.snapshots import fresh, with_epochs, with_event

api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = IN_A_BROWSER

MODEL = """
async ([script, nets]) => {
  const made = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  const heard = {};
  window.sent = [];
  window.model = { nets, get: name => model[name], on: (name, f) => (heard[name] = f), off: name => delete heard[name],
                   send: message => sent.push(message) };
  window.put = nets => ((model.nets = nets), heard["change:nets"]());
  window.tell = message => heard["msg:custom"](message);
  window.heard = heard;
  window.end = made.default.render({ model, el: document.body });
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as browser:
        yield browser


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """
    A page with the view of one network that has learnt two epochs; it fails its test for every error and request.
    """
    with new_page(browser) as page:
        page.set_content(f"<style>{(FOLDER / 'live.css').read_text('utf-8')}</style>")
        page.evaluate(MODEL, [(FOLDER / "live.js").read_text("utf-8"), [shown(trained(2))]])
        yield page
    assert page.troubles == []
    assert page.hosts == set()


def trained(epochs: int, status: str = "training") -> sx.Net:
    return with_status(with_epochs(fresh().value, epochs), status)


def shown(net: sx.Net, number: int = 1, name: str = "") -> dict[str, Any]:
    return {"id": number, **state(net), "name": name}


def test_curves_grow_and_edits_are_marked(page: Any) -> None:
    line = page.locator("polyline.validation")
    assert len(line.get_attribute("points").split()) == 2

    page.evaluate("nets => put(nets)", [shown(with_epochs(with_event(trained(5), "learning_rate"), 2))])

    assert len(line.get_attribute("points").split()) == 7
    assert "after epoch 5: learning_rate" in page.locator("line.event title").text_content()
    assert "misclassification by epoch, 7 epochs" in page.locator("svg").get_attribute("aria-label")
    api.expect(page.locator(".status")).to_contain_text("training · epoch 7 · loss")


def test_buttons_and_sliders_send_commands(page: Any) -> None:
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("learning rate").focus()
    page.keyboard.press("Home")

    sent = page.evaluate("sent")
    assert sent == [
        {"id": 1, "command": {"command": "pause"}},
        {"id": 1, "command": {"command": "options", "options": {"learning_rate": 1e-5}}},
    ]
    assert page.get_by_role("button", name="Resume").is_disabled()


def test_a_new_picture_leaves_the_focus_where_it_is(page: Any) -> None:
    slider = page.get_by_label("learning rate")
    slider.focus()

    page.evaluate("nets => put(nets)", [shown(trained(3))])

    api.expect(slider).to_be_focused()


def test_what_is_refused_is_read_out_and_the_slider_goes_back(page: Any) -> None:
    slider = page.get_by_label("momentum")
    before = slider.input_value()
    slider.focus()
    page.keyboard.press("End")

    page.evaluate("tell({ refused: 'momentum must be smaller' })")

    api.expect(page.get_by_role("alert")).to_have_text("momentum must be smaller")
    assert slider.input_value() == before


def test_networks_come_and_go(page: Any) -> None:
    page.evaluate("nets => put(nets)", [shown(trained(2), 1, "a"), shown(trained(0, "idle"), 2, "<b>b</b>")])
    assert page.locator("section strong").all_text_contents() == ["a", "<b>b</b>"]

    page.evaluate("nets => put(nets)", [shown(trained(0, "idle"), 2, "b")])

    assert page.locator("section strong").all_text_contents() == ["b"]


def test_what_only_shows_has_no_knobs(page: Any) -> None:
    page.evaluate("nets => put(nets)", [{**shown(trained(2)), "steered": False, "knobs": []}])

    assert not page.get_by_role("button").first.is_visible()
    assert page.locator("input").count() == 0


def test_a_view_that_is_taken_away_listens_no_more(page: Any) -> None:
    page.evaluate("end()")

    assert page.evaluate("Object.keys(heard)") == []


def test_keys_pressed_on_a_knob_are_no_shortcuts_of_the_notebook(page: Any) -> None:
    knobs = [*page.locator(".bar input").all(), *page.locator(".bar button").all()]

    assert len(knobs) == 5
    assert {knob.get_attribute("data-lm-suppress-shortcuts") for knob in knobs} == {"true"}


@pytest.mark.parametrize(
    "colours", ["color: black; background: white", "color: #ddd; background: #111"], ids=str
)
def test_it_is_accessible(page: Any, colours: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page.evaluate("colours => document.body.setAttribute('style', colours)", colours)

    # A piece of a page: title, language and landmarks are the notebook's.
    found = axe.run(page, context=".synapse-rx-live", options={"rules": {"region": {"enabled": False}}})

    assert found.violations_count == 0, found.generate_report()
