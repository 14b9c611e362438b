"""
The server in a process of its own: ``python -m synapse_rx.dashboards.front LISTENING LINK``, both of them descriptors.

It tells readers what it is told over the link, passes all other requests on, and ends when the link does.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router, WebSocketRoute

from .answering import headers_of, said_of
from .descriptors import allow_descriptors
from .frames import packed, unpacked
from .guard import HEADERS, MOST_BYTES, Guard
from .http_server import http_server
from .position import Position
from .readers import Readers
from .relay import Relay
from .streams import Streams

MOST_REQUESTS = 64
"""Requests that are passed on at once; others wait for their turn."""

OTHERS = 200
"""Connections beside those of readers."""

WATCH = 1.0
"""Seconds between two looks at whether the process that trains is still there."""


def main(words: list[str]) -> None:
    """Serve till the link ends."""
    listening, link = (socket.socket(fileno=int(word)) for word in words)
    allow_descriptors()
    calm_collector()
    asyncio.run(_serve(listening, link))


def calm_collector() -> None:
    """Look for garbage seldom: looking through ten thousand connections takes as long as telling them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


async def _serve(listening: socket.socket, link: socket.socket) -> None:
    reader, writer = await asyncio.open_connection(sock=link)
    frame = await unpacked(reader)
    if frame is None:
        return
    passing = Passing(writer)
    hello = frame[0]
    relay = Relay(hello["source"], passing.ask)
    guard = Guard(hello["token"], hello["read_only"], frozenset(hello["hosts"]))
    server = http_server(front(relay, guard, hello["readers"], passing.request), hello["readers"] + OTHERS)
    watching = asyncio.create_task(_watch(reader, relay, passing))
    watching.add_done_callback(lambda _: setattr(server, "should_exit", True))
    orphaned = asyncio.create_task(_orphaned(watching, os.getppid()))
    await server.serve(sockets=[listening])
    orphaned.cancel()
    watching.cancel()
    await asyncio.gather(watching, orphaned, return_exceptions=True)


async def _watch(reader: asyncio.StreamReader, relay: Relay, passing: Passing) -> None:
    try:
        while (frame := await unpacked(reader)) is not None:
            said, body = frame
            match said["kind"]:
                case "news":
                    relay.news(said["known"], said["position"], body)
                case "start":
                    relay.start(said["known"], said["position"], body)
                case "answer":
                    passing.answered(said, body)
                case _:
                    pass
    finally:
        relay.close()


async def _orphaned(watching: asyncio.Task[None], parent: int) -> None:
    # The link ends with the process that trains, unless that has forked others, which hold it as well.
    while os.getppid() == parent:
        await asyncio.sleep(WATCH)
    watching.cancel()


def front(relay: Any, guard: Guard, readers: int, request: Callable[..., Any]) -> Any:
    """
    Return an ASGI application that tells readers by itself and has all other requests answered elsewhere.

    Args:
        relay: What readers are told.
        guard: Says who may read; of other requests, whoever answers them says so.
        readers: Streams that may be open at once.
        request: An ASGI application for all other requests.
    """
    streams = Streams(Readers(relay, readers), guard)

    async def events(asked: Request) -> Response:
        refusal = guard.refusal(asked, public=False)
        answer = await streams.events(asked) if refusal is None else _refused(*refusal)
        answer.headers.update(HEADERS)
        return answer

    routes = [Route("/events", events), WebSocketRoute("/socket", streams.socket)]
    return Router(routes=routes, default=request)


class Passing:
    """
    Passes requests on over a link.

    Args:
        writer: The link.
    """

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Queue[tuple[Mapping[str, Any], bytes]]] = {}
        self._turns = asyncio.Semaphore(MOST_REQUESTS)

    def ask(self, known: Position) -> None:
        """Ask what is to be told to whoever knows ``known``."""
        self._write("ask", known=known.word())

    def answered(self, said: Mapping[str, Any], part: bytes) -> None:
        """Take a part of an answer."""
        if (queue := self._answers.get(said["number"])) is not None:
            queue.put_nowait((said, part))

    async def request(self, scope: Any, receive: Any, send: Any) -> None:
        """Have a request answered (ASGI)."""
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        body = await body_of(receive)
        async with self._turns:
            number = next(self._numbers)
            queue = self._answers[number] = asyncio.Queue()
            self._write("request", body, number=number, **said_of(scope))
            more = True
            try:
                while more:
                    said, part = await queue.get()
                    more = said["more"]
                    await send_part(said, part, send)
                    self._write("more", number=number)
            finally:
                del self._answers[number]
                if more:
                    self._write("gone", number=number)

    def _write(self, kind: str, body: bytes = b"", **said: Any) -> None:
        if not self._writer.is_closing():
            self._writer.write(packed(kind, body, **said))


async def body_of(receive: Any) -> bytes:
    """Return the body of a request, and no more of it than it takes to see that it is too long."""
    body, more = b"", True
    while more and len(body) <= MOST_BYTES:
        said = await receive()
        body += said.get("body", b"")
        more = said.get("more_body", False)
    return body[: MOST_BYTES + 1]


async def send_part(said: Mapping[str, Any], part: bytes, send: Any) -> None:
    """Send a part of an answer (ASGI)."""
    if "status" in said:
        await send({"type": "http.response.start", "status": said["status"], "headers": headers_of(said)})
    await send({"type": "http.response.body", "body": part, "more_body": said["more"]})


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status_code=status)


if __name__ == "__main__":
    main(sys.argv[1:])
