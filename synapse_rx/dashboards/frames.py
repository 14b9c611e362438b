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
        lengths = _lengths(await reader.readexactly(LENGTHS.size))
        head, body = [await reader.readexactly(n) for n in lengths]
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return _head(head), body


def parsed(frame: bytes) -> tuple[Mapping[str, Any], bytes]:
    """
    Return what a whole frame says.

    Raises:
        FormatError: If it is none.
    """
    if len(frame) < LENGTHS.size:
        raise FormatError("a frame begins with two lengths")
    n_head, n_body = _lengths(frame[: LENGTHS.size])
    body = LENGTHS.size + n_head
    if len(frame) != body + n_body:
        raise FormatError(f"a frame of {n_head} and {n_body} bytes has {len(frame)}")
    return _head(frame[LENGTHS.size : body]), frame[body:]


def _lengths(data: bytes) -> tuple[int, int]:
    n_head, n_body = LENGTHS.unpack(data)
    if n_head > MOST_HEAD or n_body > MOST_BODY:
        raise FormatError(f"a frame of {n_head} and {n_body} bytes is none of ours")
    return n_head, n_body


def _head(data: bytes) -> Mapping[str, Any]:
    head = loads(data)
    if not isinstance(head, dict) or not isinstance(head.get("kind"), str):
        raise FormatError("a frame says of which kind it is")
    return head
