"""A server in a process of its own: it passes on what it cannot answer, comes back if it dies, and leaves nothing."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.dashboards import readers, streams, wires
from synapse_rx.errors import OptionError
from tests.dashboards.conftest import Asker, httpx
from tests.dashboards.form import checked
from tests.nets import blobs, small_net
from tests.subscribers.snapshots import publish

CROWD = 100

Net = sx.Atom[sx.Net]


@pytest.fixture(scope="module")
def net() -> Net:
    return sx.mlp([3, 4, 2], ["tanh", "softmax"], sx.training("backprop", learning_rate=0.1))


@pytest.fixture(scope="module")
def served(net: Net) -> Iterator[sx.Dashboard]:
    with sx.dashboard(net, process=True, readers=CROWD + 10) as served:
        yield served


def test_it_answers_as_the_other_one_does(net: Net, served: sx.Dashboard, ask: Asker) -> None:
    with sx.dashboard(net) as twin, Asker(twin) as other:
        for path in (
            "",
            "page/main.js",
            "page/nothing",
            "about",
            "schema",
            "nets/1/history",
            "nets/7/history",
        ):
            one, same = ask.http.get(path), other.http.get(path)
            assert (one.status_code, one.content) == (same.status_code, same.content), path
            assert dict(one.headers) == dict(same.headers) | {"date": one.headers["date"]}
    assert ask.command(command="options", options={"learning_rate": 0.5}).json() == {"ok": True}
    assert ask.http.post("nets/1/commands", content=b"x" * 70_000).status_code == 415
    assert net.value.training.algorithm == sx.Backprop(learning_rate=0.5)
    with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:
        file.write(ask.http.get("nets/1/checkpoint").content)
        file.flush()
        assert sx.load(file.name).value == net.value


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Host": "evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
    ],
)
@pytest.mark.parametrize("path", ["events", "snapshot"])
def test_it_refuses_whom_the_other_one_refuses(ask: Asker, path: str, headers: Any, status: int) -> None:
    answer = ask.http.get(path, headers=headers)

    assert answer.status_code == status
    assert checked(answer.json(), "error")
    assert answer.headers["cache-control"] == "no-store"


async def test_readers_of_a_server_that_is_killed_come_back_and_miss_nothing(
    net: Net, served: sx.Dashboard, caplog: pytest.LogCaptureFixture
) -> None:
    watchers = [Watcher(served) for _ in range(CROWD)]
    watching = [asyncio.create_task(watcher.watch()) for watcher in watchers]
    await asyncio.gather(*(watcher.greeted.wait() for watcher in watchers))
    pid = served.server_pid
    assert pid is not None and served.host == "127.0.0.1"

    publish(net, 2)
    os.kill(pid, signal.SIGKILL)
    publish(net, 3)
    stats = (await sx.train(net, blobs(), 5)).training.stats
    await asyncio.gather(*watching)

    assert served.server_pid != pid
    assert all(watcher.losses == list(stats.loss) for watcher in watchers)
    assert all(watcher.connected == 2 for watcher in watchers)
    assert [record.getMessage() for record in caplog.records if "server process" in record.getMessage()] == [
        "the dashboard's server process ended with -9 and is started anew; training goes on"
    ]


class Watcher:
    """
    Reads the stream till training is done, and connects again whenever the connection ends.
    """

    def __init__(self, served: sx.Dashboard) -> None:
        self.losses: list[float] = []
        self.connected = 0
        self.greeted = asyncio.Event()
        self._served = served
        self._last = ""
        self._status = ""

    async def watch(self) -> None:
        while self._status != "done":
            reader, writer = await asyncio.open_connection(self._served.host, self._served.port)
            self.connected += 1
            try:
                await self._read(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        last = f"Last-Event-ID: {self._last}\r\n" if self._last else ""
        head = f"Host: {self._served.host}\r\nAuthorization: Bearer {self._served.token}\r\n{last}"
        writer.write(f"GET /events HTTP/1.0\r\n{head}\r\n".encode())
        while self._status != "done":
            line = await reader.readuntil(b"\n")
            if line.startswith(b"id: "):
                self._last = line[4:].strip().decode()
            elif line.startswith(b"data: "):
                (said,) = json.loads(line[6:])["nets"]
                assert said["reset"] == (self.connected == 1 and not self.greeted.is_set())
                self.losses += said["curves"]["loss"]["values"]
                self._status = said["status"]
                self.greeted.set()


def test_more_readers_than_there_is_room_for_are_told_so(net: Net) -> None:
    with sx.dashboard(net, process=True, readers=1) as served, Asker(served) as ask:
        with ask.http.stream("GET", "events") as answer:
            lines = answer.iter_lines()
            assert next(lines) == "retry: 1000"
            refused = ask.http.get("events")

    assert refused.status_code == 503
    assert "readers=" in refused.json()["error"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(served.url.partition("#")[0], trust_env=False)


PARENT = """
import sys, synapse_rx as sx
from tests.nets import small_net
board = sx.dashboard(sx.atom(small_net()), process=True)
print(board.port, flush=True)
sys.stdin.read()
"""


def test_it_ends_with_a_process_that_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdin is not None and parent.stdout is not None
    with parent.stdin, parent.stdout:
        with socket.create_connection(("127.0.0.1", int(parent.stdout.readline()))) as reader:
            reader.sendall(b"GET /schema HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert reader.recv(12) == b"HTTP/1.1 200"  # it is there
            parent.kill()
            parent.wait()
            while reader.recv(2**16):
                continue  # till the server is gone, who holds the other end


def test_too_few_descriptors_are_told_of_at_once(net: Net) -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

    with pytest.raises(OptionError, match=rf"needs {most + 301} file descriptors.*may have {most}.*ulimit"):
        sx.dashboard(net, process=True, readers=most + 1)


@pytest.mark.parametrize("options", [{"readers": 0}, {"readers": True}, {"process": "yes"}])
def test_options_out_of_range_are_refused(net: Net, options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        sx.dashboard(net, **options)


def test_a_server_that_does_not_even_start_is_given_up_and_training_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    net = sx.atom(small_net())
    with sx.dashboard(net, process=True) as served:
        snapshot = sx.deref(sx.train(net, blobs(), 5))
        served._thread.join()
        assert served.closed

    assert snapshot.training.status == "done"
    assert caplog.records[-1].getMessage() == "the dashboard failed and is off; training goes on"


def test_a_reader_that_never_reads_is_dropped_and_may_still_learn_why(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped = threading.Event()

    class Told(wires.Direct):
        __slots__ = ()

        def end(self, event: bytes | None, why: str) -> None:
            super().end(event, why)
            dropped.set()

    monkeypatch.setattr(readers, "PATIENCE", 0.05)
    monkeypatch.setattr(readers, "REST", 0)
    monkeypatch.setattr(streams, "Direct", Told)
    net = sx.atom(small_net(), meta={"name": "x" * 20_000})  # so that little is much
    with sx.dashboard(net) as served, socket.socket() as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect((served.host, served.port))
        stuck.sendall(
            f"GET /events HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer {served.token}\r\n\r\n".encode()
        )
        while not dropped.wait(0.005):
            publish(net, 1)
        said = b""
        while part := stuck.recv(2**16):
            said += part

    assert said.count(b"event: dropped\ndata: ") == 1
    *messages, last = [json.loads(line[6:]) for line in said.splitlines() if line.startswith(b"data: ")]
    assert checked(last, "dropped")["do"].startswith("connect again")
    epochs = [epoch for said in messages for epoch in said["nets"][0]["curves"]["loss"]["epochs"]]
    assert epochs == list(range(1, len(epochs) + 1))
