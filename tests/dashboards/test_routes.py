"""The dashboard over real connections."""

from __future__ import annotations

import asyncio
import json
import threading
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.dashboards import readers
from tests.dashboards.conftest import Asker, httpx
from tests.nets import blobs, small_net
from tests.subscribers.snapshots import publish

Net = sx.Atom[sx.Net]


def test_the_page_and_its_files_come_without_a_token_and_from_here_only(ask: Asker) -> None:
    ask.http.headers.pop("authorization")

    page = ask.http.get("")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for name in ("main.js", "style.css", "chart.js", "stream.js", "nets.js", "knobs.js", "format.js"):
        answer = ask.http.get(f"page/{name}")
        assert answer.status_code == 200
        assert "http://" not in answer.text and "https://" not in answer.text
    assert "http://" not in page.text and "https://" not in page.text


@pytest.mark.parametrize(
    "path",
    [
        "page/..%2froutes.py",
        "page/../routes.py",
        "page/%2e%2e/routes.py",
        "page/nothing.js",
        "page/",
        "page//etc/passwd",
        "..%2f..%2fpyproject.toml",
        "nets/1/%2e%2e",
    ],
)
def test_there_is_nothing_beside_the_page(ask: Asker, path: str) -> None:
    assert ask.http.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "about",
        "snapshot",
        "events",
        "nets/1/history",
        "nets/1/weights.png",
        "nets/1/histograms",
        "nets/1/checkpoint",
    ],
)
def test_nothing_is_told_without_the_token(ask: Asker, path: str) -> None:
    ask.http.headers.pop("authorization")

    answer = ask.http.get(path)

    assert answer.status_code == 401
    assert "token" in answer.json()["error"]


def test_a_snapshot_says_where_the_networks_stand(ask: Asker, net: Net) -> None:
    publish(net, 3)

    (said,) = ask.nets()

    assert (said["epochs"], said["status"]) == (3, "training")
    assert said["curves"]["loss"]["values"] == list(net.value.training.stats.loss)


def test_the_stream_goes_on_where_it_was_broken(ask: Asker, net: Net) -> None:
    publish(net, 2)
    ((first, said),) = islice(ask.events(), 1)
    publish(net, 3)
    ((_, more),) = islice(ask.events(first), 1)

    seen = said["nets"][0]["curves"]["loss"]["epochs"] + more["nets"][0]["curves"]["loss"]["epochs"]
    assert seen == [1, 2, 3, 4, 5]


def test_the_stream_tells_every_epoch_of_a_training_once(ask: Asker, net: Net) -> None:
    told: list[float] = []
    events = ask.events()
    run = None
    for _, data in events:
        run = run or sx.train(net, blobs(), 30)
        (said,) = data["nets"]
        told += said["curves"]["loss"]["values"]
        if said["status"] == "done":
            break

    assert told == list(net.value.training.stats.loss)
    assert len(told) == 30


def test_a_new_server_tells_everything_again_whatever_the_reader_knew(net: Net) -> None:
    publish(net, 2)
    with sx.dashboard(net) as one, Asker(one) as ask:
        ((word, _),) = islice(ask.events(), 1)
    with sx.dashboard(net) as other, Asker(other) as ask:
        ((_, said),) = islice(ask.events(word), 1)

    assert said["nets"][0]["reset"] is True
    assert said["nets"][0]["curves"]["loss"]["epochs"] == [1, 2]


def test_a_reader_with_nothing_to_hear_is_sent_a_sign_of_life(ask: Asker, monkeypatch: Any) -> None:
    monkeypatch.setattr(readers, "HEARTBEAT", 0.01)

    with ask.http.stream("GET", "events") as answer:
        assert ": still here" in answer.iter_lines()


def test_more_streams_than_can_be_served_are_refused(ask: Asker, monkeypatch: Any) -> None:
    monkeypatch.setattr(readers, "MOST_READERS", 1)

    with ask.http.stream("GET", "events") as answer:
        lines = answer.iter_lines()
        assert next(lines) == "retry: 1000"
        assert ask.http.get("events").status_code == 503


def test_fifty_readers_hear_the_same(net: Net, served: sx.Dashboard) -> None:
    async def read(http: Any, ready: asyncio.Semaphore) -> list[float]:
        told: list[float] = []
        async with http.stream("GET", "events") as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    ready.release()
                    (said,) = json.loads(line[6:])["nets"]
                    told += said["curves"]["loss"]["values"]
                    if said["status"] == "done":
                        return told
        return told

    async def main() -> list[list[float]]:
        headers = {"Authorization": f"Bearer {served.token}"}
        base = served.url.partition("#")[0]
        limits = httpx.Limits(max_connections=60)
        async with httpx.AsyncClient(
            base_url=base, headers=headers, timeout=90, limits=limits, trust_env=False
        ) as http:
            ready = asyncio.Semaphore(0)
            tasks = [asyncio.create_task(read(http, ready)) for _ in range(50)]
            for _ in tasks:
                await ready.acquire()
            await sx.train(net, blobs(), 20)
            return await asyncio.gather(*tasks)

    told = asyncio.run(main())

    assert told == [list(net.value.training.stats.loss)] * 50


def test_a_command_changes_the_network_and_a_wrong_one_says_why(ask: Asker, net: Net) -> None:
    good = ask.command(command="options", options={"learning_rate": 0.5})
    bad = ask.command(command="options", options={"learning_rate": -1})

    assert (good.status_code, good.json()) == (200, {"ok": True})
    assert bad.status_code == 400
    assert bad.json() == {"error": "learning_rate of backprop must be a number >= 0, not -1.0"}
    assert net.value.training.algorithm == sx.Backprop(learning_rate=0.5)


def test_a_validator_of_the_cell_has_the_last_word(ask: Asker, net: Net) -> None:
    def gentle(net: sx.Net) -> bool:
        return getattr(net.training.algorithm, "learning_rate", 0) < 1

    net.set_validator(gentle)

    answer = ask.command(command="options", options={"learning_rate": 5})

    assert answer.status_code == 400
    assert "gentle" in answer.json()["error"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[" * 60_000, b'{"command": NaN}', b"\xff\xfe", b'{"command": "pause", "command": "stop"}'],
)
def test_what_is_no_json_is_refused(ask: Asker, net: Net, body: bytes) -> None:
    before = net.value

    answer = ask.http.post("nets/1/commands", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400
    assert net.value is before


def test_a_body_that_is_too_long_is_refused(ask: Asker) -> None:
    def parts() -> Any:
        for _ in range(3):
            yield b" " * 30_000

    headers = {"content-type": "application/json"}

    assert ask.http.post("nets/1/commands", content=parts(), headers=headers).status_code == 413


def test_a_network_that_is_not_there_is_not_found(ask: Asker) -> None:
    assert ask.command(7, command="pause").status_code == 404
    assert ask.http.get("nets/7/history").status_code == 404
    assert ask.http.get("nets/x/history").status_code == 404
    assert ask.http.get("nets/1/commands").status_code == 405


def test_what_fails_otherwise_is_logged_and_told_no_details(ask: Asker, net: Net, caplog: Any) -> None:
    def broken(net: sx.Net) -> bool:
        raise KeyError("secret")

    net.set_validator(lambda net: True)
    net._delivery.validator = broken  # type: ignore[attr-defined]

    answer = ask.command(command="options", options={"learning_rate": 0.5})

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "secret" in caplog.text


def test_a_closer_look_at_some_epochs_shows_each(ask: Asker, net: Net) -> None:
    loss = np.random.default_rng(2).random(5000)
    net.swap(_with_loss, sx.Series(loss))

    whole = ask.nets()[0]["curves"]["loss"]
    close = ask.http.get("nets/1/history", params={"first": 2001, "last": 2500}).json()["curves"]["loss"]

    assert len(whole["epochs"]) < 1100
    assert close["epochs"] == list(range(2001, 2501))
    assert close["values"] == loss[2000:2500].tolist()


@pytest.mark.parametrize(
    "query", ["first=-5", "first=x&last=y", "first=9&last=2", "last=99999999999999999999", ""]
)
def test_a_look_at_epochs_that_are_not_there_shows_those_that_are(ask: Asker, net: Net, query: str) -> None:
    publish(net, 3)

    answer = ask.http.get(f"nets/1/history?{query}")

    assert answer.status_code == 200
    assert set(answer.json()["curves"]["loss"]["epochs"]) <= {1, 2, 3}


def test_weights_are_drawn_and_counted(ask: Asker) -> None:
    picture = ask.http.get("nets/1/weights.png", params={"parameter": "1.W"})
    counted = ask.http.get("nets/1/histograms").json()["histograms"]

    assert picture.content.startswith(b"\x89PNG")
    assert {name: sum(one["counts"]) for name, one in counted.items()} == {
        "0.W": 12,
        "0.b": 4,
        "1.W": 8,
        "1.b": 2,
    }
    assert ask.http.get("nets/1/weights.png", params={"parameter": "9.W"}).status_code == 400


def test_what_is_downloaded_can_be_loaded_and_no_file_stays(
    ask: Asker, net: Net, tmp_path: Path, monkeypatch: Any
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))

    answer = ask.http.get("nets/1/checkpoint")
    (tmp_path / "net.safetensors").write_bytes(answer.content)

    assert 'filename="net-1-00000.safetensors"' in answer.headers["content-disposition"]
    assert sx.load(tmp_path / "net.safetensors").value == net.value
    ask.nets()  # the file is removed behind the answer, before the next one on this connection
    assert list(folder.iterdir()) == []


def test_a_branch_is_a_network_of_its_own(ask: Asker, net: Net, served: sx.Dashboard) -> None:
    publish(net, 2)

    assert ask.command(command="branch").status_code == 200

    cell, branch = served.nets
    assert cell is net
    assert (branch.value.training.status, branch.value.params) == ("idle", net.value.params)
    assert [said["name"] for said in ask.nets()] == ["net 1", "net @ 2"]


def test_a_network_is_taken_back_on_the_page_and_trains_on_from_there() -> None:
    net = sx.atom(small_net())
    history = sx.History(net)
    with sx.dashboard(net, history=history) as served, history, Asker(served) as ask:
        sx.deref(sx.train(net, blobs(), 4))
        second = history.at(2)
        assert ask.http.get("nets/1/history").json()["snapshots"] == [0, 1, 2, 3, 4]
        assert ask.command(command="rewind", epoch=2).status_code == 200
        taken_back = net.value
        assert ask.command(command="branch", epoch=3).status_code == 200
        assert ask.command(command="rewind", epoch=77).status_code == 400
        assert ask.command(command="rewind", epoch="2").status_code == 400

        assert taken_back.params == second.params
        assert sx.deref(sx.train(net, blobs(), 1)).training.stats.epochs == 3
        assert served.nets[1].value.training.stats.epochs == 3


def test_without_a_history_nothing_is_taken_back(ask: Asker) -> None:
    answer = ask.command(command="rewind", epoch=0)

    assert answer.status_code == 400
    assert "history=History(net)" in answer.json()["error"]


def test_a_watch_that_hangs_holds_up_no_reader(ask: Asker, net: Net) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        entered.set()
        go_on.wait(60)

    net.add_watch("hang", hang)
    thread = threading.Thread(
        target=ask.command, kwargs={"command": "options", "options": {"learning_rate": 0.5}}
    )
    thread.start()
    try:
        assert entered.wait(60)
        assert ask.nets()[0]["status"] == "idle"
    finally:
        go_on.set()
        thread.join()


def _with_loss(net: sx.Net, loss: sx.Series) -> sx.Net:
    from attrs import evolve

    n = len(loss)
    empty = sx.Series(np.full(n, np.nan))
    stats = sx.Stats(epochs=n, loss=loss, learning_rate=empty, seconds=empty, samples_per_second=empty)
    return evolve(net, training=evolve(net.training, stats=stats))
