"""The stream as server-sent events and over a WebSocket: the same messages, the same ids."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from attrs import frozen
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from .guard import HEADERS, Guard
from .message import chunked
from .position import Position
from .readers import Readers
from .wires import EXTENSION, Direct, Pumped, Socketed, Streamed

RETRY = b"retry: 1000\n\n"
"""How long whoever has lost the stream waits before it connects again, in milliseconds."""

NOTHING_IS_TAKEN = 1003
FORBIDDEN = 1008
"""Reasons to close a WebSocket (RFC 6455, section 7.4.1)."""


@frozen(eq=False)
class Streams:
    """
    Serves readers.

    Args:
        readers: Tells them what is new.
        guard: Says who may ask; needed for WebSockets alone, whose requests are no HTTP requests.
    """

    readers: Readers
    guard: Guard

    async def events(self, request: Request) -> Response:
        """Answer with server-sent events."""
        refusal = self.readers.refusal
        if refusal is not None:
            return JSONResponse({"error": refusal[1]}, status_code=refusal[0])
        return Events(self.readers, self._known(request))

    async def socket(self, websocket: WebSocket) -> None:
        """Answer over a WebSocket; whoever sends something there is told that commands are taken elsewhere."""
        asked = Handshake(websocket.headers, websocket.query_params)
        refusal = self.guard.refusal(asked, public=False) or self.readers.refusal
        if refusal is not None:
            return await _deny(websocket, *refusal)
        known = self._known(websocket)
        websocket.scope["query_string"] = b""  # servers log it, and the token may be in it
        await websocket.accept()
        wire = Socketed(websocket.send)
        with self.readers.told(wire, known):
            said = await _until_gone(wire, websocket.receive)
        if said == "websocket.receive":
            with suppress(WebSocketDisconnect, RuntimeError):  # it may be gone already
                await websocket.close(NOTHING_IS_TAKEN, "nothing is taken here: POST nets/1/commands")

    def _known(self, asked: HTTPConnection) -> Position:
        word = asked.headers.get("last-event-id") or asked.query_params.get("last_event_id")
        return self.readers.position(word)


class Events(Response):
    """
    The answer that does not end.

    Args:
        readers: Tell this one.
        known: What it knows.
    """

    media_type = "text/event-stream"

    def __init__(self, readers: Readers, known: Position) -> None:
        super().__init__(headers={"x-accel-buffering": "no"})  # proxies must not collect it
        del self.headers["content-length"]
        self._readers = readers
        self._known = known

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            return await send({"type": "http.response.body", "body": b""})
        transport = scope.get("extensions", {}).get(EXTENSION)
        if transport is None:
            await self._stream(receive, send)
        else:
            await self._write(transport, scope["http_version"] != "1.0", receive)

    async def _write(self, transport: asyncio.Transport, in_chunks: bool, receive: Any) -> None:
        transport.write(chunked(RETRY) if in_chunks else RETRY)
        with self._readers.told(Direct(transport, in_chunks), self._known):
            try:
                await _disconnected(receive)
            except asyncio.CancelledError:  # the server ends, and has waited for long enough
                transport.abort()
                await _disconnected(receive)

    async def _stream(self, receive: Any, send: Any) -> None:
        await send({"type": "http.response.body", "body": RETRY, "more_body": True})
        wire = Streamed(send)
        with self._readers.told(wire, self._known):
            await _until_gone(wire, receive)


@frozen
class Handshake:
    """The request that opens a WebSocket, for the guard."""

    headers: Mapping[str, str]
    query_params: Mapping[str, str]
    method: str = "GET"


async def _until_gone(wire: Pumped, receive: Any) -> str | None:
    """Send what is put into ``wire`` till it ends or the other side goes; return what that said, if it did."""
    sending = asyncio.create_task(wire.pump())
    receiving = asyncio.create_task(_said(receive))
    try:
        await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
        return receiving.result() if receiving.done() else None
    finally:
        for task in (sending, receiving):
            task.cancel()
        await asyncio.gather(sending, receiving, return_exceptions=True)


async def _disconnected(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _said(receive: Any) -> str:
    while (said := (await receive())["type"]) == "http.request":
        continue
    return said


async def _deny(websocket: WebSocket, status: int, why: str) -> None:
    answer = JSONResponse({"error": why}, status_code=status, headers=dict(HEADERS))
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        await websocket.send_denial_response(answer)
        await asyncio.sleep(0)  # uvicorn logs an error about who returns before the connection is gone
    else:
        await websocket.close(FORBIDDEN, why)  # before it is accepted: the server says 403
