"""The HTTP server's side of a connection, which lets the application have it to itself."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from .wires import EXTENSION


class WiredProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it; the application finds the transport in the scope of a request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().connection_made(transport)
        app: Any = self.app

        async def wired(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[EXTENSION] = transport
            await app(scope, receive, send)

        self.app = wired
