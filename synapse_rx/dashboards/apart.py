"""The server in a process of its own: training and serving share no interpreter."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

from ..errors import FormatError
from .answering import answer
from .app import DashboardApp
from .frames import packed, unpacked
from .telling import Telling

STALLED = 10.0
"""Seconds in which the server takes what it is told; one that does not is ended, and another one started."""

WORKING = 5.0
"""Seconds after which a server that was started counts as one that works."""

ATTEMPTS = 5
"""Servers that may end one after the other before they work; then no other one is started."""

END_SECONDS = 3.0
"""Seconds that a server gets to end by itself."""

PARTS_AHEAD = 4
"""Parts of an answer that may be on their way before the first of them has been taken."""

log = logging.getLogger("synapse_rx")


class Apart:
    """
    Runs a server in a process of its own, tells it what is new, and answers what it passes on.

    What passes is JSON and bytes, nothing that would be unpickled. The server holds the port through a socket that it
    inherits, so that it comes back on the same one if it dies; it ends when this process does.

    Args:
        app: The dashboard.
        readers: Streams that may be open at once.
    """

    def __init__(self, app: DashboardApp, readers: int) -> None:
        self._app = app
        self._readers = readers
        self._ending = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()
        self.pid: int | None = None

    @property
    def should_exit(self) -> bool:
        """Whether it is to end; may be set from any thread."""
        return self._ending

    @should_exit.setter
    def should_exit(self, ending: bool) -> None:
        self._ending = ending
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(self._ended.set)

    async def serve(self, sockets: Sequence[socket.socket]) -> None:
        """
        Serve till the end, with one process after another if they die.

        Raises:
            RuntimeError: If none of them works.
        """
        self._loop = asyncio.get_running_loop()
        failures = 0
        while not self._ending:
            began = monotonic()
            code = await self._serve_once(sockets[0])
            if self._ending:
                break
            failures = 0 if monotonic() - began > WORKING else failures + 1
            if failures >= ATTEMPTS:
                raise RuntimeError(
                    f"the dashboard's server process ended {failures} times in a row, last with {code}"
                )
            log.error(
                "the dashboard's server process ended with %s and is started anew; training goes on", code
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), 0.1 * failures)

    async def _serve_once(self, listening: socket.socket) -> int | None:
        ours, theirs = socket.socketpair()
        with theirs:
            process = _started(listening, theirs)
        self.pid = process.pid
        try:
            reader, writer = await asyncio.open_connection(sock=ours)
            async with Session(self._app, writer, self._readers) as session:
                await _first(session.answer_all(reader), session.tell(), self._ended.wait())
        finally:
            code = await asyncio.to_thread(_end, process)
        return code


class Session:
    """
    What passes between this process and one server.

    Args:
        app: The dashboard.
        writer: What the server reads.
        readers: Streams that may be open at once.
    """

    def __init__(self, app: DashboardApp, writer: asyncio.StreamWriter, readers: int) -> None:
        self._app = app
        self._writer = writer
        self._readers = readers
        self._answers: dict[int, tuple[asyncio.Task[None], asyncio.Semaphore]] = {}

    async def __aenter__(self) -> Session:
        guard = self._app._guard
        self._write(
            "hello",
            source=self._app._feed.position(None).source,
            token=guard.token,
            read_only=guard.read_only,
            hosts=sorted(guard.hosts),
            readers=self._readers,
        )
        self._telling = Telling(self._app._feed, self._pass_on)
        return self

    async def __aexit__(self, *exc: object) -> None:
        tasks = [task for task, _ in self._answers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    async def tell(self) -> None:
        """Tell what is new, till the networks are let go."""
        following = asyncio.ensure_future(self._telling.follow())
        try:
            while not following.done():
                async with asyncio.timeout(STALLED):
                    await self._writer.drain()
                await asyncio.wait({following}, timeout=1.0)
            following.result()
        finally:
            following.cancel()

    async def answer_all(self, reader: asyncio.StreamReader) -> None:
        """Answer what the server asks, till it is gone."""
        while (frame := await unpacked(reader)) is not None:
            said, body = frame
            match said["kind"]:
                case "ask":
                    self._telling.start(said["known"])
                case "request":
                    self._begin(said, body)
                case "more" if said["number"] in self._answers:
                    self._answers[said["number"]][1].release()
                case "gone" if said["number"] in self._answers:
                    self._answers[said["number"]][0].cancel()
                case _:
                    pass

    def _begin(self, said: Mapping[str, Any], body: bytes) -> None:
        number, credit = said["number"], asyncio.Semaphore(PARTS_AHEAD)
        task = asyncio.create_task(self._answer(number, credit, said, body))
        self._answers[number] = task, credit
        task.add_done_callback(lambda _: self._answers.pop(number, None))

    async def _answer(
        self, number: int, credit: asyncio.Semaphore, said: Mapping[str, Any], body: bytes
    ) -> None:
        async def give(about: dict[str, Any], part: bytes) -> None:
            await credit.acquire()
            self._write("answer", part, number=number, **about)

        try:
            await answer(self._app, said, body, give)
        except Exception:
            log.exception("a request to the dashboard failed: %s %.200s", said["method"], said["path"])
            self._write("answer", number=number, status=500, headers=[], more=False)

    def _pass_on(self, kind: str, known: str, position: str, data: bytes) -> None:
        self._write(kind, data, known=known, position=position)

    def _write(self, kind: str, body: bytes = b"", **said: Any) -> None:
        if not self._writer.is_closing():
            self._writer.write(packed(kind, body, **said))


def _started(listening: socket.socket, link: socket.socket) -> subprocess.Popen[bytes]:
    """Start the server: it inherits two sockets and nothing else, and the token is in no list of processes."""
    root = str(Path(__file__).parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    # It computes nothing, so it needs no threads to do so.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1"}
    descriptors = listening.fileno(), link.fileno()
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "synapse_rx.dashboards.front", *map(str, descriptors)],
        pass_fds=descriptors,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,  # Ctrl-C is for the training; the server ends when that does
    )


def _end(process: subprocess.Popen[bytes]) -> int | None:
    """Wait for the server, which knows that it is to end, and make it if it does not."""
    try:
        return process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


async def _first(*works: Any) -> None:
    """Wait for the first of several, and end the others."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if isinstance(error := task.exception(), Exception) and not isinstance(
                error, ConnectionError | FormatError | TimeoutError
            ):
                raise error
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
