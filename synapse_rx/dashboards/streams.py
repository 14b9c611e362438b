"""The stream as server-sent events and over a WebSocket: the same messages, the same ids."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, suppress

from attrs import frozen
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from .guard import HEADERS, Guard
from .position import Position
from .readers import Readers

NOTHING_IS_TAKEN = 1003
GOING_AWAY = 1001
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
        headers = {"x-accel-buffering": "no"}  # proxies must not collect it
        return StreamingResponse(
            self._events(self._known(request)), media_type="text/event-stream", headers=headers
        )

    async def _events(self, known: Position) -> AsyncIterator[bytes]:
        yield b"retry: 1000\n\n"
        async with aclosing(self.readers.messages(known)) as messages:
            async for message in messages:
                yield b": still here\n\n" if message is None else message.event()

    async def socket(self, websocket: WebSocket) -> None:
        """Answer over a WebSocket; whoever sends something there is told that commands are taken elsewhere."""
        asked = Handshake(websocket.headers, websocket.query_params)
        refusal = self.guard.refusal(asked, public=False) or self.readers.refusal
        if refusal is not None:
            return await _deny(websocket, *refusal)
        known = self._known(websocket)
        websocket.scope["query_string"] = b""  # servers log it, and the token may be in it
        await websocket.accept()
        sending = asyncio.create_task(self._send(websocket, known))
        receiving = asyncio.create_task(websocket.receive())
        try:
            await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
            said = receiving.result()["type"] if receiving.done() else None
        finally:
            for task in (sending, receiving):
                task.cancel()
            await asyncio.gather(sending, receiving, return_exceptions=True)
        if said == "websocket.receive":
            await _close(websocket, NOTHING_IS_TAKEN, "nothing is taken here: POST nets/1/commands")
        elif said is None:
            await _close(websocket, GOING_AWAY, "the dashboard is closed")

    async def _send(self, websocket: WebSocket, known: Position) -> None:
        with suppress(WebSocketDisconnect):
            async with aclosing(self.readers.messages(known)) as messages:
                async for message in messages:
                    if message is not None:  # signs of life are the server's: pings
                        await websocket.send_text(message.data.decode())

    def _known(self, asked: HTTPConnection) -> Position:
        word = asked.headers.get("last-event-id") or asked.query_params.get("last_event_id")
        return self.readers.position(word)


@frozen
class Handshake:
    """The request that opens a WebSocket, for the guard."""

    headers: Mapping[str, str]
    query_params: Mapping[str, str]
    method: str = "GET"


async def _deny(websocket: WebSocket, status: int, why: str) -> None:
    answer = JSONResponse({"error": why}, status_code=status, headers=dict(HEADERS))
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        await websocket.send_denial_response(answer)
        await asyncio.sleep(0)  # uvicorn logs an error about who returns before the connection is gone
    else:
        await websocket.close(FORBIDDEN, why)  # before it is accepted: the server says 403


async def _close(websocket: WebSocket, code: int, why: str) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):  # it may be gone already
        if websocket.application_state is WebSocketState.CONNECTED:
            await websocket.close(code, why)
