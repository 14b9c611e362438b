"""Sliders, going back and branching on the page."""

from __future__ import annotations

from typing import Any

import synapse_rx as sx
from tests.nets import blobs, small_net, trained

from .looking import IN_A_BROWSER, Net, api, opened, until

pytestmark = IN_A_BROWSER


def test_sliders_set_momentum_and_penalty_and_an_empty_box_lifts_it(
    page: Any, net: Net, served: sx.Dashboard
) -> None:
    opened(page, served)
    page.get_by_label("momentum", exact=True).focus()
    page.keyboard.press("End")
    until(net, lambda how: how.algorithm.momentum == 0.999)
    page.get_by_label("l2 strength", exact=True).focus()
    page.keyboard.press("End")
    until(net, lambda how: how.update.regularization is not None)
    strength = net.value.training.update.regularization
    assert isinstance(strength, sx.L2) and strength.strength > 0

    page.get_by_label("l2 strength, exactly").fill("")
    page.keyboard.press("Enter")

    until(net, lambda how: how.update.regularization is None)


def test_a_network_is_taken_back_and_another_branches_off(page: Any) -> None:
    net = sx.atom(small_net())
    history = sx.History(net)
    for _ in range(4):
        net.swap(trained, blobs())
    with sx.dashboard(net, history=history) as served, history:
        opened(page, served)
        slider = page.get_by_label("Epoch", exact=True)
        api.expect(page.locator("#epoch-told")).to_have_text("4")
        slider.focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        api.expect(slider).to_have_attribute("aria-valuetext", "epoch 2")

        page.get_by_role("button", name="Branch there").click()
        api.expect(page.locator("#nets tbody tr").nth(1)).to_contain_text("net @ 2")
        page.get_by_role("button", name="Rewind").click()
        until(net, lambda how: how.stats.epochs == 2)

        api.expect(page.locator("#nets tbody tr").first.locator("td.number").first).to_have_text("2")
        assert served.nets[1].value.params == net.value.params == history.at(2, net).params
