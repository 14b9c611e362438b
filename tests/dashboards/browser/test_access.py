"""The page for everybody: without a mouse, in a narrow window, light and dark."""

from __future__ import annotations

from typing import Any

import pytest

import synapse_rx as sx
from tests.nets import blobs
from tests.subscribers.snapshots import publish

from .looking import IN_A_BROWSER, Net, api, chart, opened, scroll_to

pytestmark = IN_A_BROWSER

PAPER = "() => getComputedStyle(document.documentElement).backgroundColor"
OVERFLOW = "() => document.documentElement.scrollWidth - innerWidth"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible(browser: Any, net: Net, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    history = sx.History(net)
    publish(net, 3)
    with sx.dashboard(net, history=history, data=blobs()) as served, history:
        page = browser.new_page(color_scheme=scheme, bypass_csp=True)  # the checker is put into the page
        opened(page, served)
        for fold in ("Limits and recording", "More options", "As numbers"):
            page.get_by_text(fold).click()
        scroll_to(page, "#mistakes", "#samples figure")
        scroll_to(page, "#weights", "#histograms figure")
        found = axe.Axe().run(page)
        page.close()

    assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []


def test_an_empty_page_is_accessible_and_says_what_is_missing(browser: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    with sx.dashboard() as served:
        page = browser.new_page(bypass_csp=True)
        opened(page, served)
        api.expect(page.locator("#no-nets")).to_contain_text("board.attach(net)")
        api.expect(page.locator("#no-curves")).to_be_visible()
        found = axe.Axe().run(page)
        page.close()

    assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []


def test_nothing_sticks_out_of_a_narrow_window(page: Any, net: Net) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    publish(net, 3)
    with sx.dashboard(net, data=blobs()) as served:
        opened(page, served)
        scroll_to(page, "#mistakes", "#samples figure")
        scroll_to(page, "#weights", "#histograms figure")

        assert page.evaluate(OVERFLOW) == 0


def test_colours_are_chosen_and_stay_chosen(page: Any, net: Net, served: sx.Dashboard) -> None:
    opened(page, served)
    light = page.evaluate(PAPER)

    page.get_by_label("Colours").select_option("dark")
    dark = page.evaluate(PAPER)
    page.reload()
    api.expect(page.get_by_label("Colours")).to_have_value("dark")

    assert page.evaluate(PAPER) == dark != light


def test_curves_are_read_and_steering_is_reached_without_a_mouse(
    page: Any, net: Net, served: sx.Dashboard
) -> None:
    publish(net, 10)
    opened(page, served)
    api.expect(page.locator("#steer")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    api.expect(page.locator("#steer")).to_be_focused()

    chart(page, "loss").locator("canvas").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")

    spoken = "loss by epoch: training 0.45 at epoch 2; validation 0.9 at epoch 2"
    api.expect(page.locator("#spoken")).to_have_text(spoken.removeprefix("loss by epoch: "))


def test_curves_are_there_as_numbers_too(page: Any, net: Net, served: sx.Dashboard) -> None:
    publish(net, 10)
    opened(page, served)

    page.get_by_text("As numbers").click()

    row = page.locator("#numbers tbody tr", has=page.get_by_text("loss, training", exact=True))
    api.expect(row).to_have_text("loss, training0.19370.1937 (epoch 10)0.5 (epoch 1)")


def test_a_change_of_status_is_announced(page: Any, net: Net, served: sx.Dashboard) -> None:
    opened(page, served)
    api.expect(page.locator("#nets tbody tr")).to_contain_text("idle")

    publish(net, 1, "done")

    api.expect(page.locator("#spoken")).to_have_text("net 1 is done")
