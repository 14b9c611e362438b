"""Confusion, samples, weights, architecture, hyper-parameters and events on the page."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from attrs import evolve

import synapse_rx as sx
from tests.nets import blobs, small_net, trained
from tests.subscribers.snapshots import publish, with_event

from .looking import IN_A_BROWSER, Net, api, chart, opened, scroll_to, until

pytestmark = IN_A_BROWSER

INK = "it => it.toDataURL()"


def test_a_cell_of_the_matrix_opens_its_samples_the_surest_first(page: Any) -> None:
    data = blobs(40)
    net = sx.atom(trained(small_net(), data, 2))
    counts = sx.evaluate(net, data).confusion
    assert counts is not None
    with sx.dashboard(net, data=data) as served:
        opened(page, served)
        scroll_to(page, "#mistakes", "#samples figure")
        api.expect(page.locator("#opened")).to_contain_text("All mistakes, the surest first")

        page.get_by_role("button", name="a taken for what it is").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")

        api.expect(page.locator("#opened")).to_have_text(f"a taken for b, the surest first ({counts[0, 1]})")
        told = page.locator("#samples figure").all_inner_texts()
        sure = [float(text.split(", ")[1].split(" %")[0]) for text in told]
        assert len(told) == counts[0, 1] and sure == sorted(sure, reverse=True)
        page.get_by_role("button", name="All mistakes", exact=True).click()
        api.expect(page.locator("#opened")).to_contain_text("All mistakes")


def test_samples_shaped_like_pictures_are_shown_as_such_and_more_on_request(page: Any) -> None:
    rng = np.random.default_rng(5)
    data = sx.training_set(rng.random((150, 64)), rng.integers(0, 2, 150), batch=50)
    net = sx.atom(trained(sx.mlp([64, 2], ["softmax"]).value, data))
    wrong = round(150 * sx.evaluate(net, data).errors["misclassification"])
    with sx.dashboard(net, data=data) as served:
        opened(page, served)
        scroll_to(page, "#mistakes", "#samples img")
        api.expect(page.locator("#samples img")).to_have_count(48)
        page.get_by_role("button", name="More", exact=True).click()

        api.expect(page.locator("#samples img")).to_have_count(min(96, wrong))
        first = page.locator("#samples img").first
        assert first.evaluate_handle("image => image.naturalWidth").json_value() == 8
        assert "taken for" in first.get_attribute("alt")


def test_of_very_many_classes_the_commonest_mistakes_are_listed(page: Any) -> None:
    rng = np.random.default_rng(5)
    data = sx.training_set(rng.random((120, 4)), rng.integers(0, 30, 120), batch=40)
    net = sx.atom(trained(sx.mlp([4, 30], ["softmax"]).value, data))
    with sx.dashboard(net, data=data) as served:
        opened(page, served)
        scroll_to(page, "#mistakes", "#samples figure")
        api.expect(page.locator("#matrix")).to_be_hidden()
        page.locator("#worst button").first.click()

        api.expect(page.locator("#opened")).to_contain_text("the surest first (")
        api.expect(page.locator("#samples.numbers figure").first).to_contain_text("(4 numbers)")


def test_without_data_and_history_the_page_says_how_to_give_them(
    page: Any, net: Net, served: sx.Dashboard
) -> None:
    opened(page, served)
    scroll_to(page, "#mistakes", "#why")

    api.expect(page.locator("#why")).to_contain_text("dashboard(net, data=")
    api.expect(page.locator("#no-history")).to_contain_text("history=sx.History(net)")
    api.expect(page.get_by_role("button", name="Rewind")).to_be_hidden()


def test_distributions_grow_with_the_epochs(page: Any, net: Net) -> None:
    with sx.dashboard(net) as served:
        opened(page, served)
        scroll_to(page, "#weights", "#histograms figure")
        page.get_by_role("img", name="Distribution of 0.W over time: after epoch 0").wait_for()
        publish(net, 3)

        page.get_by_role("img", name="after epoch 3 from").wait_for()


def test_the_diagram_shows_layers_with_parameters_and_what_is_frozen(page: Any) -> None:
    net = sx.neural_net([sx.Input((6,)), sx.Residual(sx.Dense(6, "tanh")), sx.Dense(2, "softmax")])
    with sx.dashboard(net) as served:
        opened(page, served)
        layers = "body: Dense(6, 'tanh') with 42 parameters, then Residual, then Dense(2, 'softmax') with 14 parameters"
        words = f"input, then {layers}, then output"
        picture = page.get_by_role("img", name=words)
        api.expect(picture.locator("rect.box")).to_have_count(3)
        api.expect(picture.locator(".head")).to_have_count(5)

        page.get_by_label("freeze layer 1").check()

        until(net, lambda how: how.update.factors == ((1, 0.0),))
        api.expect(page.locator("#diagram rect.frozen")).to_have_count(1)


def test_runs_are_overlaid_and_their_hyper_parameters_compared(page: Any) -> None:
    one, other = (sx.atom(small_net(learning_rate=rate)) for rate in (0.1, 0.2))
    publish(one, 2)
    publish(other, 3)
    with sx.dashboard(one, other) as served:
        opened(page, served)
        read = chart(page, "loss").locator(".read")
        api.expect(read).to_contain_text("net 1 training")
        api.expect(read).to_contain_text("net 2 validation")
        api.expect(page.locator("#settings tr.differs")).to_have_text(["learning rate0.10.2"])
        page.get_by_label("only what differs").check()
        api.expect(page.locator("#settings tbody tr")).to_have_count(1)

        page.get_by_label("curves of net 1").uncheck()

        api.expect(read).not_to_contain_text("net 1")
        api.expect(read).to_contain_text("net 2 training 0.405")


def test_of_many_networks_the_steered_one_stands_out_and_all_are_hidden_at_once(page: Any) -> None:
    nets = [sx.atom(small_net(seed=seed)) for seed in range(12)]
    for net in nets:
        publish(net, 2)
    with sx.dashboard(*nets) as served:
        opened(page, served)
        read = chart(page, "loss").locator(".read")
        api.expect(read).to_contain_text("net 1 training")
        api.expect(read).to_contain_text("and 16 more")
        page.get_by_label("steer net 9").check()
        api.expect(read.locator(".entry").first).to_contain_text("net 9 training")

        page.get_by_label("all curves").uncheck()
        api.expect(page.locator("#no-curves")).to_be_visible()
        page.get_by_label("curves of net 4").check()

        api.expect(read).to_have_text(re.compile("net 4 training 0.45.*net 4 validation 0.9"))


def test_what_was_done_is_in_the_log_and_told_by_the_charts(
    page: Any, net: Net, served: sx.Dashboard
) -> None:
    publish(net, 5)
    net.swap(with_event)
    publish(net, 5)
    opened(page, served)
    api.expect(page.locator("#events li")).to_have_text("epoch 6, batch 3learning rate 0.1 → 0.01")

    loss = chart(page, "loss").locator("canvas")
    loss.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")

    api.expect(page.locator("#spoken")).to_contain_text("at epoch 6")
    api.expect(page.locator("#spoken")).to_contain_text("learning rate 0.1 → 0.01")


def test_gradient_norms_are_recorded_on_request(page: Any) -> None:
    net, data = sx.atom(small_net()), blobs()
    net.swap(trained, data)
    with sx.dashboard(net) as served:
        opened(page, served)
        page.get_by_role("button", name="Record gradient norm").click()
        until(net, lambda how: how.recorded is not None)
        net.swap(trained, data, 2)

        api.expect(chart(page, "gradient norm")).to_be_visible()
        api.expect(page.get_by_role("button", name="Record gradient norm")).to_be_hidden()


def _with_curve(net: sx.Net, n: int) -> sx.Net:
    loss = sx.Series(1 / np.arange(1.0, n + 1))
    empty = sx.Series(np.full(n, np.nan))
    stats = sx.Stats(epochs=n, loss=loss, learning_rate=empty, seconds=empty, samples_per_second=empty)
    return evolve(net, training=evolve(net.training, stats=stats))


def test_a_hundred_thousand_epochs_are_shown_in_few_points_and_each_when_looked_at_closer(
    page: Any, net: Net, served: sx.Dashboard
) -> None:
    net.swap(_with_curve, 100_000)
    opened(page, served)
    canvas = chart(page, "loss").locator("canvas")
    api.expect(canvas).to_have_attribute("aria-label", "loss by epoch: loss 1e-5 at epoch 100,000")
    whole = canvas.evaluate_handle(INK).json_value()

    canvas.focus()
    page.keyboard.press("Home")
    for _ in range(10):
        page.keyboard.press("+")
    page.keyboard.press("ArrowRight")

    api.expect(canvas).to_have_attribute("aria-label", "loss by epoch: loss 0.3333 at epoch 3")
    assert whole != canvas.evaluate_handle(INK).json_value()
