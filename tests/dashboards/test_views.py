"""What is asked for now and then, over HTTP."""

from __future__ import annotations

import pytest

import synapse_rx as sx
from tests.nets import blobs, small_net, trained

from .conftest import Asker

pytest.importorskip("starlette", reason="starlette is not installed")

DATA = blobs(40)


def test_the_matrix_and_the_samples_of_one_of_its_cells_are_told() -> None:
    net = sx.atom(trained(small_net(), DATA, 2))
    with sx.dashboard(net, data=DATA) as served, Asker(served) as ask:
        counts = ask.http.get("nets/1/confusion").json()["counts"]
        told = ask.http.get("nets/1/mistakes?true=0&taken=1").json()
        rest = ask.http.get("nets/1/mistakes?true=0&taken=1&first=1").json()
        none = ask.http.get("nets/1/mistakes?true=77&taken=1").json()
        odd = ask.http.get("nets/1/mistakes?true=-1&taken=x&first=%0a").json()

    assert told["total"] == len(told["samples"]) == counts[0][1] > 1
    assert rest["samples"] == told["samples"][1:]
    assert none["samples"] == []
    assert odd["total"] == counts[0][1] + counts[1][0]


def test_without_a_data_set_it_is_said_how_to_give_one(ask: Asker) -> None:
    assert "dashboard(net, data=" in ask.http.get("nets/1/confusion").json()["why"]


def test_distributions_are_told_epoch_by_epoch_also_of_branches(ask: Asker, net: sx.Atom[sx.Net]) -> None:
    app = sx.dashboard_app(net, data=DATA)
    app.attach(sx.atom(small_net()))
    moments = ask.http.get("nets/1/distributions?parameter=0.W").json()["moments"]
    app.close()

    assert [sum(moment["counts"]) for moment in moments] in ([12], [])
    assert ask.http.get("nets/1/distributions?parameter=../x").json()["moments"] == []


@pytest.mark.parametrize("path", ["distributions", "confusion", "mistakes"])
def test_none_of_it_is_told_without_the_token(ask: Asker, path: str) -> None:
    ask.http.headers.pop("authorization")

    assert ask.http.get(f"nets/1/{path}").status_code == 401


def test_a_diagram_and_the_settings_are_described(ask: Asker) -> None:
    description = ask.nets()[0]["description"]

    assert [box["parameters"] for box in description["diagram"]["boxes"]] == [0, 16, 10, 0]
    assert description["settings"]["learning_rate"] == 0.1
    assert description["settings"]["algorithm"] == "backprop"
