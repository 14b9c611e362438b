"""The page's own modules, asked in a browser what they make of things."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest

import synapse_rx as sx

from .looking import IN_A_BROWSER, opened

pytestmark = IN_A_BROWSER

FOLDER = files("synapse_rx.dashboards") / "page"


@pytest.fixture(scope="module")
def module(browser: Any) -> Iterator[Any]:
    """
    Call a function with a module of the page and an argument.
    """
    page = browser.new_page()
    with sx.dashboard() as served:
        opened(page, served)
        base = f"{served.url.partition('#')[0]}page/"

        def call(name: str, function: str, argument: Any = None) -> Any:
            asked = f"([path, it]) => import(path).then((module) => ({function})(module, it))"
            return page.evaluate(asked, [f"{base}{name}.js", argument])

        yield call
    page.close()


def test_epochs_are_taken_in_once_however_the_stream_broke(module: Any) -> None:
    def message(first: int, last: int, *, reset: bool = False) -> dict[str, Any]:
        epochs = [*range(first, last + 1)]
        curves = {"loss": {"epochs": epochs, "values": [1 / epoch for epoch in epochs]}}
        told = {"id": 1, "name": "net", "status": "training", "events": [], "curves": curves, "reset": reset}
        return {"nets": [told]}

    take = """({ Nets }, all) => {
      const nets = new Nets();
      for (const one of all) nets.take(one);
      return nets.all.get(1).curves.get("loss").x;
    }"""

    assert module("nets", take, [message(1, 3, reset=True), message(4, 5)]) == [1, 2, 3, 4, 5]
    assert module("nets", take, [message(1, 3, reset=True), message(1, 2, reset=True), message(3, 3)]) == [
        1,
        2,
        3,
    ]


def test_a_long_curve_is_thinned_and_keeps_its_peaks(module: Any) -> None:
    n = 30_000
    values = [2.0 if epoch == 777 else -1.0 if epoch == 2222 else 0.5 for epoch in range(1, n + 1)]
    take = """({ Nets }, values) => {
      const nets = new Nets();
      values.forEach((value, i) => nets.take({ nets: [{ id: 1, reset: i === 0, events: [],
        curves: { loss: { epochs: [i + 1], values: [value] } } }] }));
      return nets.all.get(1).curves.get("loss");
    }"""

    kept = module("nets", take, values)

    assert len(kept["x"]) <= 6000
    assert all(before < after for before, after in pairwise(kept["x"]))
    assert dict(zip(kept["x"], kept["y"], strict=True)).items() >= {(777, 2.0), (2222, -1.0), (n, 0.5)}


SHOWN = """({ showsLossOnce, shownCurves }, all) => {
  const nets = all.map((values) => ({ epochs: 2, curves: new Map(Object.entries(values).map(([name, y]) =>
    [name, { x: [1, 2], y }])) }));
  const once = showsLossOnce(nets);
  return nets.map(({ curves }) => [...shownCurves(curves, once)].map(({ kind, part }) => `${kind} ${part}`.trim()));
}"""


def test_the_loss_is_shown_once_unless_some_network_has_a_penalty(module: Any) -> None:
    plain = {"loss": [3, 2], "training cross_entropy": [3, 2], "validation cross_entropy": [4, 3]}
    penalised = plain | {"loss": [5, 4]}

    assert module("nets", SHOWN, [plain, plain]) == [["loss training", "loss validation"]] * 2
    assert [sorted(shown) for shown in module("nets", SHOWN, [plain, penalised])] == [
        ["cross_entropy training", "cross_entropy validation", "loss"]
    ] * 2


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (-4, 3, [0.0001, 0.01, 1, 100]),
        (-0.97, 0.31, [0.2, 0.5, 1, 2]),
        (0.31, 0.4, [2.2, 2.4]),
    ],
)
def test_ticks_of_a_logarithmic_scale_are_round(
    module: Any, low: float, high: float, wanted: list[float]
) -> None:
    found = module("scales", "({ decades }, [low, high]) => decades(low, high)", [low, high])

    assert found == pytest.approx(wanted)


def test_branches_are_laid_out_side_by_side_and_below_what_they_need(module: Any) -> None:
    boxes = [{"label": str(i), "path": str(i), "parameters": 0} for i in range(5)]
    arrows = [[0, 1, "6"], [0, 2, "6"], [1, 3, "6"], [2, 3, "6"], [0, 3, "6"], [3, 4, "6"]]

    laid = module("diagram", "({ layout }, it) => layout(it)", {"boxes": boxes, "arrows": arrows})

    places = laid["places"]
    assert all(places[start]["y"] < places[end]["y"] for start, end, _ in arrows)
    assert places[1]["y"] == places[2]["y"] and abs(places[1]["x"] - places[2]["x"]) > 178
    assert all(89 <= place["x"] <= laid["width"] - 89 for place in places)


def test_the_median_of_a_histogram_lies_where_half_is_below(module: Any) -> None:
    moment = {"low": 0, "high": 4, "counts": [1, 0, 2, 1]}

    assert module(
        "distribution", "({ quantile }, it) => [0.25, 0.5, 1].map((share) => quantile(it, share))", moment
    ) == [1, 2.5, 4]


def test_all_modules_are_loaded_at_once() -> None:
    html = (FOLDER / "index.html").read_text("utf-8")
    modules = {one.name for one in FOLDER.iterdir() if one.name.endswith(".js")}

    assert {name for name in modules if f'href="page/{name}"' in html} == modules - {"main.js"}
