"""Requests that came in elsewhere, answered by the application here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

PART = 2**18
"""Bytes of an answer that are handed over at once."""

Give = Callable[[dict[str, Any], bytes], Awaitable[None]]
"""Takes what is said of a part of an answer, and the part."""


async def answer(app: Any, asked: Mapping[str, Any], body: bytes, give: Give) -> None:
    """
    Have a request answered, and give the answer part by part.

    Of the last part is said that there are no ``more``; of the first, the ``status`` and the ``headers``.

    Args:
        app: An ASGI application.
        asked: The ``method``, ``path``, ``query`` and ``headers`` of the request.
        body: Its body.
        give: Waits, if it likes, till more is wanted.
    """
    head: dict[str, Any] = {}
    came = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        if (said := next(came, None)) is not None:
            return said
        return await asyncio.get_running_loop().create_future()  # whoever goes away ends all of this

    async def send(said: Mapping[str, Any]) -> None:
        if said["type"] == "http.response.start":
            head.update(status=said["status"], headers=_texts(said.get("headers", ())))
            return
        data, more = said.get("body", b""), said.get("more_body", False)
        for at in range(0, max(len(data), 1), PART):
            last = not more and at + PART >= len(data)
            await give({**head, "more": not last}, data[at : at + PART])
            head.clear()

    await app(_scope(asked), receive, send)


def said_of(scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `answer` has to know of a request."""
    return {
        "method": scope["method"],
        "path": scope["path"],
        "query": scope["query_string"].decode("latin-1"),
        "headers": _texts(scope["headers"]),
    }


def headers_of(said: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """Return headers as ASGI has them."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in said["headers"]]


def _scope(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
        "method": asked["method"],
        "path": asked["path"],
        "raw_path": asked["path"].encode(),
        "query_string": asked["query"].encode("latin-1"),
        "headers": headers_of(asked),
        "server": None,
        "client": None,
    }


def _texts(headers: Any) -> list[list[str]]:
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]
