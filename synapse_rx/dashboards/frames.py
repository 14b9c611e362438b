"""
What passes between the process that trains and the one that serves: JSON and bytes, in frames, over a pair of sockets.

A frame is two lengths (32 bits each, the highest byte first), a JSON object that says what it is ("kind"), and bytes.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping
from typing import Any

from ..errors import FormatError
from ..files.strict_json import dumps, loads

LENGTHS = struct.Struct(">II")

MOST_HEAD, MOST_BODY = 2**20, 2**28
"""Bytes of the two parts of a frame; what claims to be longer is not one of ours."""


def packed(kind: str, body: bytes = b"", **said: Any) -> bytes:
    """Return a frame."""
    head = dumps({"kind": kind, **said}).encode()
    return LENGTHS.pack(len(head), len(body)) + head + body


async def unpacked(reader: asyncio.StreamReader) -> tuple[Mapping[str, Any], bytes] | None:
    """
    Read a frame; return None if the other side is gone.

    Raises:
        FormatError: If it is none.
    """
    try:
        n_head, n_body = LENGTHS.unpack(await reader.readexactly(LENGTHS.size))
        if n_head > MOST_HEAD or n_body > MOST_BODY:
            raise FormatError(f"a frame of {n_head} and {n_body} bytes is none of ours")
        head = loads(await reader.readexactly(n_head))
        body = await reader.readexactly(n_body)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    if not isinstance(head, dict) or not isinstance(head.get("kind"), str):
        raise FormatError("a frame says of which kind it is")
    return head, body
