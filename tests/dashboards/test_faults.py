"""What goes wrong around a dashboard, and what strangers try: the training never notices."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import synapse_rx as sx
from tests.dashboards.conftest import Asker, httpx
from tests.dashboards.form import checked
from tests.nets import blobs, small_net

EPOCHS = 12
COMMAND = '{"command": "options", "options": {"learning_rate": 0.9}}'
JSON = {"Content-Type": "application/json"}

ATTACKS: dict[str, tuple[int, dict[str, Any]]] = {
    "no token": (401, {"headers": {"Authorization": ""}}),
    "wrong token": (401, {"headers": {"Authorization": "Bearer 0123456789abcdef"}}),
    "token in the address of a command": (
        401,
        {"headers": {"Authorization": ""}, "params": {"token": "OURS"}},
    ),
    "page of another server": (403, {"headers": {"Origin": "https://evil.example"}}),
    "page in a sandbox": (403, {"headers": {"Origin": "null"}}),
    "form of another page": (403, {"headers": {"Sec-Fetch-Site": "cross-site"}}),
    "name of another server": (421, {"headers": {"Host": "evil.example"}}),
    "form": (415, {"headers": {"Content-Type": "application/x-www-form-urlencoded"}}),
    "code": (400, {"content": '{"command": "options", "options": {"learning_rate": "__import__(\'os\')"}}'}),
    "prototype": (400, {"content": '{"command": "options", "options": {"__class__": 1}}'}),
    "long body": (413, {"content": '{"command": "' + "x" * 70_000 + '"}'}),
    "depth": (400, {"content": "[" * 60_000}),
    "other encoding": (400, {"content": COMMAND.encode("utf-16")}),
    "another network": (404, {"url": "nets/2/commands"}),
    "path": (404, {"url": "nets/1/..%2f..%2f..%2fetc%2fpasswd"}),
}


@pytest.fixture(scope="module")
def net() -> sx.Atom[sx.Net]:
    return sx.mlp([3, 4, 2], ["tanh", "softmax"], sx.training("backprop", learning_rate=0.1))


@pytest.fixture(scope="module")
def served(net: sx.Atom[sx.Net]) -> Iterator[sx.Dashboard]:
    """
    One for all attacks, none of which changes anything.
    """
    with sx.dashboard(net) as server:
        yield server


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_strangers_try_is_refused_with_a_reason(ask: Asker, net: sx.Atom[sx.Net], attack: str) -> None:
    status, how = ATTACKS[attack]
    before = net.value
    asked = {
        "url": "nets/1/commands",
        "content": COMMAND,
        **how,
        "headers": {**JSON, **how.get("headers", {})},
    }
    if "params" in asked:
        asked["params"] = {"token": ask.token}

    answer = ask.http.post(**asked)

    assert answer.status_code == status
    if attack != "path":  # there is nothing to say why of
        assert checked(answer.json(), "error")
    assert "learning_rate" not in str(answer.headers)
    assert net.value is before


def test_a_training_under_attack_learns_what_any_other_does() -> None:
    net = sx.atom(small_net())
    with sx.dashboard(net) as served, Asker(served) as ask:
        over = threading.Event()

        def attack() -> None:
            while not over.is_set():
                ask.http.post(
                    "nets/1/commands", content=COMMAND, headers={**JSON, "Origin": "https://evil.example"}
                )
                ask.http.get("snapshot", headers={"Authorization": "Bearer wrong"})
                with socket.create_connection((served.host, served.port)) as noise:
                    noise.sendall(b"\x00\xff" * 500)

        attacker = threading.Thread(target=attack)
        attacker.start()
        snapshot = sx.deref(sx.train(net, blobs(), EPOCHS))
        over.set()
        attacker.join()

    assert snapshot.params == sx.deref(sx.train(sx.atom(small_net()), blobs(), EPOCHS)).params
    assert snapshot.training.stats.events == ()


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of a loop that is left like that
def test_a_server_that_dies_in_the_middle_takes_nothing_along() -> None:
    import uvicorn

    net = sx.atom(small_net())
    board = sx.dashboard_app(net)
    listening = socket.create_server(("127.0.0.1", 0))
    loop = asyncio.new_event_loop()
    server = uvicorn.Server(uvicorn.Config(board, log_config=None, lifespan="off", http="h11"))

    def serve() -> None:
        serving = loop.create_task(server.serve(sockets=[listening]))
        loop.run_forever()  # till it is stopped, with all its connections as they are
        for task in (serving, *asyncio.all_tasks(loop)):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        loop.close()

    thread = threading.Thread(target=serve)
    thread.start()

    def end(key: str, cell: Any, old: sx.Net, new: sx.Net) -> None:
        if new.training.stats.epochs == 3 and not loop.is_closed():
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    url = f"http://127.0.0.1:{listening.getsockname()[1]}/events"
    headers = {"Authorization": f"Bearer {board.token}"}
    with httpx.stream("GET", url, headers=headers, timeout=60, trust_env=False) as answer:
        assert next(answer.iter_lines()) == "retry: 1000"
        net.add_watch("end", end)
        run = sx.train(net, blobs(), EPOCHS)
        snapshot = sx.deref(run, timeout=60)

    assert loop.is_closed()
    assert snapshot.params == sx.deref(sx.train(sx.atom(small_net()), blobs(), EPOCHS)).params
    assert run.watch_errors == []
    board.close()
    listening.close()


def test_a_server_that_fails_is_told_of_once_and_training_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import uvicorn

    async def broken(self: Any, sockets: Any) -> None:
        raise RuntimeError("no more file descriptors")

    monkeypatch.setattr(uvicorn.Server, "serve", broken)
    net = sx.atom(small_net())
    with sx.dashboard(net) as served:
        served._thread.join()
        snapshot = sx.deref(sx.train(net, blobs(), EPOCHS))
        assert served.closed

    assert snapshot.training.status == "done"
    assert [record.getMessage() for record in caplog.records] == [
        "the dashboard failed and is off; training goes on"
    ]
    with socket.create_server(("127.0.0.1", served.port)):
        pass  # its port is free again
