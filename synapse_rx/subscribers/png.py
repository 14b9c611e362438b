"""Pixels as a PNG picture."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from ..typing import Array

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, COLOUR = 0, 2


def png(pixels: Array) -> bytes:
    """
    Return the picture of ``pixels`` (PNG specification, third edition, 8 bits a sample, no interlacing).

    Shapes:
        pixels (height, width) for grey or (height, width, 3) for red, green and blue; uint8
    """
    height, width = pixels.shape[:2]
    kind = COLOUR if pixels.ndim == 3 else GREY
    lines = np.ascontiguousarray(pixels, np.uint8).reshape(height, -1)
    unfiltered = np.zeros((height, 1), np.uint8)  # each line says how it is filtered: not at all
    data = zlib.compress(np.hstack([unfiltered, lines]).tobytes(), 6)
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
