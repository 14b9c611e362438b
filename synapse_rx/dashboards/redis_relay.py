"""A server that is told over Redis, one of as many as are wanted."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from starlette.responses import JSONResponse

from .answering import said_of
from .app import checked_hosts, checked_readers, checked_token
from .descriptors import checked_room
from .frames import packed, parsed
from .front import MOST_REQUESTS, OTHERS, body_of, front, send_part
from .guard import Guard
from .http_server import http_server
from .place import ANSWER_SECONDS, WAIT, Place
from .position import Position
from .publisher import AGAIN, START
from .readers import REST
from .relay import Relay
from .served import Served, listen

MOST_WAITING = 1_000
"""Requests that wait to be answered, those of all servers together; the oldest make room."""

log = logging.getLogger("synapse_rx")


class DashboardRelay(Served):
    """
    A server of a dashboard that is published elsewhere, as `dashboard_relay` returns it.

    As a context manager, ``with`` or ``async with``, it is closed at the end.

    Attributes:
        host: The address it listens on.
        port: The port.
    """


def dashboard_relay(
    redis: str,
    *,
    token: str,
    channel: str = "training",
    host: str = "127.0.0.1",
    port: int = 0,
    hosts: Iterable[str] = (),
    readers: int | None = None,
) -> DashboardRelay:
    """
    Serve a dashboard that a training elsewhere publishes with ``dashboard(net, redis=..., token=...)``.

    Any number of these may run, on any machines. They hold nothing that they could not find again: readers of one go on
    at another. Requests other than for the stream, commands among them, are passed on to the training.

    Args:
        redis: The address of the Redis server.
        token: What whoever asks has to know: the token of the training's dashboard.
        channel: What the networks are called there.
        host: The address to listen on; by default only this machine can ask.
        port: The port; 0 for any that is free.
        hosts: Names by which the server is called, as for `dashboard`; the training has to know them, too.
        readers: Streams that may be open at once; by default 10 000, or as many as the limit on open files allows.

    Raises:
        MissingExtraError: If the client of Redis, starlette or uvicorn is not installed.
        OptionError: If an option is out of range.
        OSError: If it cannot listen there, as when the port is taken.
    """
    room = checked_room(checked_readers(readers))
    subscription = Subscription(Place(redis, channel))
    guard = Guard(checked_token(token), False, checked_hosts(hosts))
    app = front(subscription.relay, guard, room, subscription.request)
    server = Fed(subscription, http_server(app, room + OTHERS))
    return DashboardRelay(Shown(guard.token), server, listen(host, port))


class Shown:
    """What a relay shows: nothing of its own."""

    def __init__(self, token: str) -> None:
        self.token = token

    def close(self) -> None:
        """There is nothing to let go of."""


class Fed:
    """A server, and what it is fed by."""

    def __init__(self, subscription: Subscription, server: Any) -> None:
        self._subscription = subscription
        self._server = server
        self.should_exit = False

    async def serve(self, sockets: Sequence[Any]) -> None:
        """Serve till the end."""
        following = asyncio.create_task(self._subscription.follow())
        serving = asyncio.create_task(self._server.serve(sockets=sockets))
        while not (self.should_exit or serving.done()):
            await asyncio.wait({serving}, timeout=0.1)
        self._subscription.relay.close()
        self._server.should_exit = True
        await serving
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


class Subscription:
    """
    Takes in what is published, and passes requests on.

    Args:
        place: Where it is published.

    Attributes:
        relay: What readers are told.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._source = ""
        self._last = b"0"
        self._starts: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(MOST_REQUESTS)
        self._redis: Any = None
        self.relay = Relay("", self._ask)

    async def follow(self) -> None:
        """Take in what is published, till it is cancelled."""
        self._redis = self._place.connect()
        try:
            await self._follow()
        finally:
            for task in self._starts:
                task.cancel()
            await asyncio.gather(*self._starts, return_exceptions=True)
            await self._redis.aclose()

    async def _follow(self) -> None:
        told = False
        while True:
            try:
                while True:
                    await self._read()
            except self._place.errors as error:
                if not told:
                    told = True
                    log.error("Redis at %s cannot be read: %s", self._place.shown, error)
                await asyncio.sleep(AGAIN)

    async def _read(self) -> None:
        key = self._place.key("news")
        for _, entries in await self._redis.xread({key: self._last}, count=256, block=1_000) or ():
            for number, fields in entries:
                self._last = number
                known, position = fields[b"known"].decode(), fields[b"position"].decode()
                self._know(position)
                self.relay.news(known, position, fields[b"data"])

    def _know(self, position: str) -> None:
        source = position.partition(":")[0]
        if source != self._source:  # another training, or the same one in another process
            self._source = source
            self.relay.renew(source)

    def _ask(self, known: Position) -> None:
        task = asyncio.get_running_loop().create_task(self._find(known))
        self._starts.add(task)
        task.add_done_callback(self._starts.discard)

    async def _find(self, known: Position) -> None:
        while True:
            try:
                return await self._find_start(known)
            except self._place.errors:  # `follow` says so
                await asyncio.sleep(AGAIN)

    async def _find_start(self, known: Position) -> None:
        fields = await self._start()
        while not (fields and self.relay.leads(fields[b"position"].decode())):
            # Nobody has published yet, or too much was since, or what leads on from there has not been read yet.
            await self._push(START)
            await asyncio.sleep(REST)
            fields = await self._start()
        self.relay.start(known.word(), fields[b"position"].decode(), fields[b"data"])

    async def _start(self) -> dict[bytes, bytes]:
        fields = await self._redis.hgetall(self._place.key("start"))
        if fields:
            self._know(fields[b"position"].decode())
        return fields

    async def request(self, scope: Any, receive: Any, send: Any) -> None:
        """Have a request answered by the training (ASGI)."""
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        body = await body_of(receive)
        async with self._turns:
            answer = await self._answered(scope, body)
        if answer is None:
            why = f"the training has not answered within {ANSWER_SECONDS} s"
            return await JSONResponse({"error": why}, status_code=504)(scope, receive, send)
        said, part = answer
        await send_part(said, part, send)

    async def _answered(self, scope: Any, body: bytes) -> Any:
        number, key = secrets.token_hex(8), self._place.key
        asked = packed("request", body, **said_of(scope))
        try:
            await self._redis.set(key(f"request:{number}"), asked, ex=ANSWER_SECONDS)
            await self._push(number)
            found = await self._popped(key(f"answer:{number}"))
        except self._place.errors as error:
            log.warning("a request could not be passed on over Redis: %s", error)
            return None
        return None if found is None else parsed(found[1])

    async def _popped(self, key: str) -> Any:
        """Return what comes there, or None if nothing does in time."""
        for _ in range(0, ANSWER_SECONDS, WAIT):
            found = await self._redis.blpop(key, timeout=min(WAIT, ANSWER_SECONDS))
            if found is not None:
                return found
        return None

    async def _push(self, request: str) -> None:
        key = self._place.key("requests")
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.rpush(key, request)
            pipe.ltrim(key, -MOST_WAITING, -1)  # where nobody answers, they do not pile up
            pipe.expire(key, ANSWER_SECONDS)
            await pipe.execute()
