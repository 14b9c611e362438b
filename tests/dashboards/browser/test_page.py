"""The page in a real browser: what it shows and what its knobs do. Skipped where there is no Chromium."""

from __future__ import annotations

import re
from typing import Any

import synapse_rx as sx
from tests.nets import blobs
from tests.subscribers.snapshots import publish

from .looking import IN_A_BROWSER, Net, api, chart, opened, scroll_to, until
from .relay import Relay

pytestmark = IN_A_BROWSER

DRAWN = "it => it.getContext('2d').getImageData(0, 0, it.width, it.height).data.some(Boolean)"


def test_curves_grow_while_a_network_trains(page: Any, net: Net, served: sx.Dashboard) -> None:
    publish(net, 2)
    opened(page, served)
    canvas = page.locator("#charts canvas").first
    api.expect(canvas).to_have_attribute(
        "aria-label", "loss by epoch: training 0.45 at epoch 2; validation 0.9 at epoch 2"
    )

    publish(net, 1)

    api.expect(canvas).to_have_attribute(
        "aria-label", "loss by epoch: training 0.405 at epoch 3; validation 0.81 at epoch 3"
    )
    api.expect(page.locator("#nets tbody tr")).to_contain_text("training")
    api.expect(chart(page, "misclassification").locator(".read")).to_contain_text("validation 0.1013")
    drawn = canvas.evaluate_handle(DRAWN)
    assert drawn.json_value() is True


def test_a_slider_and_its_box_set_the_learning_rate(page: Any, net: Net, served: sx.Dashboard) -> None:
    opened(page, served)
    page.get_by_label("learning rate", exact=True).focus()

    page.keyboard.press("Home")
    until(net, lambda how: how.algorithm.learning_rate == 1e-5)
    page.get_by_label("learning rate, exactly").fill("0.25")
    page.keyboard.press("Enter")
    until(net, lambda how: how.algorithm.learning_rate == 0.25)


def test_a_wrong_value_is_explained_and_changes_nothing(page: Any, net: Net, served: sx.Dashboard) -> None:
    opened(page, served)

    page.get_by_label("momentum, exactly").fill("2")
    page.keyboard.press("Enter")

    api.expect(page.get_by_role("alert")).to_have_text(
        "momentum of backprop must be a number in [0, 1), not 2.0"
    )
    assert net.value.training.algorithm == sx.Backprop(learning_rate=0.1)
    assert [trouble for trouble in page.troubles if "400" not in trouble] == []
    page.troubles.clear()  # that the browser notes the refusal is fine


def test_a_training_is_paused_steered_and_stopped(page: Any, net: Net, served: sx.Dashboard) -> None:
    sx.train(net, blobs(), 10**6)
    opened(page, served)

    page.get_by_role("button", name="Pause").click()
    api.expect(page.locator("#nets tbody tr")).to_contain_text("paused")
    page.get_by_label("Algorithm").select_option("adam")
    page.get_by_role("button", name="Switch").click()
    until(net, lambda how: how.algorithm == sx.Adam())
    page.get_by_label("freeze layer 0").check()
    until(net, lambda how: how.update.factors == ((0, 0.0),))
    page.get_by_role("button", name="Resume").click()
    api.expect(page.locator("#events")).to_contain_text("algorithm")
    page.get_by_role("button", name="Stop").click()

    until(net, lambda how: how.status == "stopped")
    api.expect(page.locator("#nets tbody tr")).to_contain_text("stopped")


def test_weights_are_drawn_and_a_branch_appears(page: Any, net: Net, served: sx.Dashboard) -> None:
    opened(page, served)
    scroll_to(page, "#weights", "#histograms figure")

    api.expect(page.locator("#picture")).to_have_attribute(
        "alt", "Weights 0.W of net 1, a tile for each unit"
    )
    api.expect(page.locator("#histograms figure")).to_have_count(4)
    page.get_by_role("button", name="Branch", exact=True).click()
    api.expect(page.locator("#nets tbody tr")).to_have_count(2)

    assert page.locator("#picture").evaluate_handle("image => image.naturalWidth > 0").json_value() is True
    assert len(served.nets) == 2


def test_a_page_survives_a_reload_and_a_new_server(page: Any, net: Net) -> None:
    publish(net, 2)
    with sx.dashboard(net) as served:
        port, token = served.port, served.token
        opened(page, served)
        page.reload()
        api.expect(page.locator("#nets tbody tr")).to_contain_text("net 1")
        assert token not in page.url
    api.expect(page.locator("#connection")).to_have_text("connection lost, trying again")
    page.troubles.clear()  # that nobody answers is noted by the browser

    publish(net, 1)
    with sx.dashboard(net, port=port, token=token):
        api.expect(page.locator("#charts canvas").first).to_have_attribute(
            "aria-label", "loss by epoch: training 0.405 at epoch 3; validation 0.81 at epoch 3"
        )
        page.troubles.clear()


def test_a_page_that_was_cut_off_hears_what_it_missed_and_nothing_twice(
    page: Any, net: Net, served: sx.Dashboard
) -> None:
    asked: list[Any] = []
    page.on("request", lambda request: request.url.endswith("/events") and asked.append(request))
    publish(net, 2)
    with Relay(served.host, served.port) as relay:
        page.goto(served.url.replace(str(served.port), str(relay.port)))
        canvas = chart(page, "loss").locator("canvas")
        api.expect(canvas).to_have_attribute("aria-label", re.compile("at epoch 2$"))

        relay.cut()
        api.expect(page.locator("#connection")).to_have_text("connection lost, trying again")
        publish(net, 3)
        relay.mend()

        api.expect(canvas).to_have_attribute("aria-label", re.compile("at epoch 5$"))
        api.expect(page.locator("#connection")).to_have_text("connected")
        canvas.focus()
        page.keyboard.press("Home")
        for epoch, value in enumerate(["0.5", "0.45", "0.405", "0.3645", "0.3281"], 1):
            api.expect(page.locator("#spoken")).to_contain_text(f"training {value} at epoch {epoch};")
            page.keyboard.press("ArrowRight")
        page.close()
    assert "last-event-id" in asked[-1].headers
    page.troubles.clear()  # that nobody answered is noted by the browser


def test_without_the_token_the_page_asks_for_it(page: Any, net: Net, served: sx.Dashboard) -> None:
    page.goto(served.url.partition("#")[0])

    page.get_by_label("Token").fill(served.token)
    page.get_by_role("button", name="Open").click()

    api.expect(page.locator("#connection")).to_have_text("connected")


def test_a_page_that_only_shows_has_no_live_knobs(page: Any, net: Net) -> None:
    with sx.dashboard(net, read_only=True) as served:
        opened(page, served)
        api.expect(page.get_by_label("learning rate", exact=True)).to_be_disabled()
        api.expect(page.get_by_role("button", name="Branch", exact=True)).to_be_disabled()


def test_dragging_looks_closer_and_the_keyboard_goes_back(page: Any, net: Net, served: sx.Dashboard) -> None:
    publish(net, 30)
    opened(page, served)
    whole = page.get_by_role("button", name="Show all epochs")
    canvas = page.locator("#charts canvas").first
    box = canvas.bounding_box()
    api.expect(whole).to_be_disabled()

    page.mouse.move(box["x"] + 100, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 50)
    page.mouse.up()
    api.expect(whole).to_be_enabled()
    canvas.press("0")
    api.expect(whole).to_be_disabled()
