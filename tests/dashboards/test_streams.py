"""The stream over a WebSocket, and where the dashboard is part of another application."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.dashboards import http_server, readers
from tests.dashboards.conftest import Asker, httpx
from tests.dashboards.form import checked
from tests.nets import blobs
from tests.subscribers.snapshots import publish

client = pytest.importorskip("websockets.sync.client", reason="websockets is not installed")
from websockets.exceptions import ConnectionClosed, InvalidStatus  # noqa: E402

Net = sx.Atom[sx.Net]


@contextmanager
def opened(
    served: sx.Dashboard, *, token: str | None = None, path: str = "socket", **options: Any
) -> Iterator[Any]:
    """
    Connect to a dashboard, and be sure that nothing is left open.
    """
    headers = {
        "Authorization": f"Bearer {served.token if token is None else token}",
        **options.pop("headers", {}),
    }
    url = f"ws://{served.host}:{served.port}/{path}"
    with client.connect(
        url, additional_headers=headers, proxy=None, open_timeout=60, **options
    ) as connection:
        yield connection


def read(connection: Any) -> Any:
    return checked(json.loads(connection.recv(timeout=60)))


def test_it_tells_what_server_sent_events_tell(served: sx.Dashboard, ask: Asker, net: Net) -> None:
    publish(net, 3)

    with opened(served) as connection:
        said = read(connection)
    ((word, event),) = islice(ask.events(), 1)

    assert said == event
    assert said["id"] == word


def test_it_tells_every_epoch_of_a_training_once(served: sx.Dashboard, net: Net) -> None:
    told: list[float] = []
    with opened(served) as connection:
        run = None
        while True:
            (said,) = read(connection)["nets"]
            run = run or sx.train(net, blobs(), 30)
            told += said["curves"]["loss"]["values"]
            if said["status"] == "done":
                break

    assert told == list(net.value.training.stats.loss)
    assert len(told) == 30


@pytest.mark.parametrize("as_header", [True, False])
def test_it_goes_on_where_it_was_broken(served: sx.Dashboard, net: Net, as_header: bool) -> None:
    publish(net, 2)
    with opened(served) as connection:
        known = read(connection)["id"]
    publish(net, 3)

    again: dict[str, Any] = (
        {"headers": {"Last-Event-ID": known}} if as_header else {"path": f"socket?last_event_id={known}"}
    )
    with opened(served, **again) as connection:
        (said,) = read(connection)["nets"]

    assert said["reset"] is False
    assert said["curves"]["loss"]["epochs"] == [3, 4, 5]


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"token": "wrong"}, 401),
        ({"headers": {"Origin": "http://evil.example"}}, 403),
        ({"headers": {"Sec-Fetch-Site": "cross-site"}}, 403),
        ({"path": "socket?token=wrong", "headers": {"Authorization": ""}}, 401),
        ({"path": "nothing"}, 403),
    ],
)
def test_hostile_connections_are_refused(
    served: sx.Dashboard, options: Any, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InvalidStatus) as refused, opened(served, **options):
        pass

    assert refused.value.response.status_code == status
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_another_name_of_the_host_is_refused(net: Net) -> None:
    with sx.dashboard(net) as served, socket.create_connection((served.host, served.port)) as raw:
        raw.sendall(
            b"GET /socket HTTP/1.1\r\nHost: evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            b"Authorization: Bearer " + served.token.encode() + b"\r\n\r\n"
        )
        assert raw.recv(1000).startswith(b"HTTP/1.1 421")


def test_the_token_may_stand_in_the_address_and_gets_into_no_log(
    served: sx.Dashboard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="uvicorn")
    with client.connect(
        f"ws://{served.host}:{served.port}/socket?token={served.token}", proxy=None
    ) as connection:
        read(connection)

    assert "/socket" in caplog.text
    assert served.token not in caplog.text


def test_whoever_sends_something_is_told_where_commands_are_taken(served: sx.Dashboard, net: Net) -> None:
    before = net.value
    with opened(served) as connection:
        read(connection)
        connection.send('{"command": "stop"}')
        with pytest.raises(ConnectionClosed, match="POST nets/1/commands"):
            connection.recv(timeout=60)

    assert net.value is before


def test_a_message_that_is_too_long_ends_the_connection_and_nothing_else(served: sx.Dashboard) -> None:
    with opened(served) as connection:
        read(connection)
        connection.send("x" * 100_000)
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=60)

    with opened(served) as connection:
        assert read(connection)["nets"]


def test_the_end_of_the_dashboard_ends_it(net: Net) -> None:
    with sx.dashboard(net) as served, opened(served) as connection:
        read(connection)
        served.close()
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=60)


def test_readers_who_go_leave_room_for_others(served: sx.Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MOST_READERS", 2)
    for _ in range(3):
        with admitted(served) as one, admitted(served) as other:
            read(one)
            read(other)
            with pytest.raises(InvalidStatus) as refused, opened(served):
                pass
            assert refused.value.response.status_code == 503


@contextmanager
def admitted(served: sx.Dashboard) -> Iterator[Any]:
    """
    Connect as soon as there is room: that somebody has left gets about after that.
    """
    while True:
        try:
            connection = client.connect(
                f"ws://{served.host}:{served.port}/socket",
                additional_headers={"Authorization": f"Bearer {served.token}"},
                proxy=None,
            )
        except InvalidStatus as full:
            assert full.response.status_code == 503
        else:
            break
    with connection:
        yield connection


def test_a_reader_that_stops_reading_holds_up_neither_training_nor_the_others(
    served: sx.Dashboard, net: Net
) -> None:
    with opened(served, max_queue=1) as stuck, opened(served) as other:
        read(stuck)
        stats = sx.deref(sx.train(net, blobs(), 50), timeout=100).training.stats
        while (said := read(other)["nets"][0])["status"] != "done":
            continue

    assert stats.epochs == said["epochs"] == 50


def test_without_websockets_the_message_says_what_to_install(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "find_spec", lambda name: None)

    with sx.dashboard(net) as served, Asker(served) as ask:
        answer = ask.http.get("socket")
        assert answer.status_code == 426
        assert "pip install websockets" in answer.json()["error"]
        assert ask.nets()


@contextmanager
def running(app: Any) -> Iterator[str]:
    """
    Serve an application from a thread, and say where.
    """
    import uvicorn

    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_config=None, lifespan="off", ws="websockets-sansio", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    thread.start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def _in_starlette(board: Any) -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    return Starlette(routes=[Mount("/training", board)])


def _in_fastapi(board: Any) -> Any:
    app = pytest.importorskip("fastapi", reason="FastAPI is not installed").FastAPI()
    app.mount("/training", board)
    return app


@pytest.mark.parametrize("mounted", [_in_starlette, _in_fastapi])
def test_all_of_it_is_there_where_it_is_mounted(mounted: Any, net: Net) -> None:
    publish(net, 2)
    board = sx.dashboard_app(net)
    headers = {"Authorization": f"Bearer {board.token}"}
    with running(mounted(board)) as host:
        with httpx.Client(
            base_url=f"http://{host}/training/", headers=headers, trust_env=False, timeout=60
        ) as http:
            found = {
                path: http.get(path).status_code
                for path in ("", "page/main.js", "snapshot", "metrics", "schema")
            }
            done = http.post(
                "nets/1/commands", json={"command": "options", "options": {"learning_rate": 0.5}}
            )
            with http.stream("GET", "events") as answer:
                event = next(line[6:] for line in answer.iter_lines() if line.startswith("data: "))
        with client.connect(
            f"ws://{host}/training/socket", additional_headers=headers, proxy=None
        ) as connection:
            said = connection.recv(timeout=60)
    board.close()

    assert set(found.values()) == {200}
    assert done.json() == {"ok": True}
    assert net.value.training.algorithm == sx.Backprop(learning_rate=0.5)
    assert said == event


async def test_a_server_that_cannot_say_why_refuses_all_the_same(net: Net) -> None:
    board, sent = sx.dashboard_app(net), []
    scope = {
        "type": "websocket",
        "path": "/socket",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "subprotocols": [],
    }

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await board(scope, receive, send)
    board.close()

    assert [(message["type"], message["code"]) for message in sent] == [("websocket.close", 1008)]


def test_metrics_are_those_of_prometheus(ask: Asker, net: Net, served: sx.Dashboard) -> None:
    parser = pytest.importorskip("prometheus_client.parser", reason="prometheus_client is not installed")
    publish(net, 3)
    twin = sx.atom(net.value, meta={"name": "net 1"})
    served.attach(twin)

    answer = ask.http.get("metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = [one for family in parser.text_string_to_metric_families(answer.text) for one in family.samples]
    epochs = {one.labels["net"]: one.value for one in samples if one.name == "synapse_rx_epochs"}
    assert epochs == {"net 1": 3.0, "net 1 (2)": 3.0}
    loss = next(one.value for one in samples if one.name == "synapse_rx_loss")
    assert loss == net.value.training.stats.loss[-1]


def test_metrics_need_the_token(ask: Asker) -> None:
    ask.http.headers.pop("authorization")

    assert ask.http.get("metrics").status_code == 401


def test_without_prometheus_client_the_message_says_what_to_install(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "prometheus_client", None)

    answer = ask.http.get("metrics")

    assert answer.status_code == 501
    assert "synapse-rx[prometheus]" in answer.json()["error"]
