"""The HTTP server."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from ..errors import MissingExtraError
from .guard import MOST_BYTES
from .served import BACKLOG

GRACE = 1
"""Seconds that answers under way get when a dashboard is closed."""


def http_server(app: Any, connections: int | None = None) -> Any:
    """
    Return what serves an ASGI application.

    Args:
        app: The application.
        connections: How many at once; None for any number.

    Raises:
        MissingExtraError: If uvicorn is not installed.
    """
    try:
        import uvicorn

        from .wired import WiredProtocol
    except ImportError as error:
        raise MissingExtraError(
            "the dashboard needs uvicorn, which is not installed: pip install 'synapse-rx[dashboard]'"
        ) from error
    # No log of requests, in which the token may stand, and logging is set up by the program alone.
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=WiredProtocol,
        ws=_web_sockets(),
        ws_max_size=MOST_BYTES,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=connections,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE,
    )
    return uvicorn.Server(config)


def _web_sockets() -> Any:
    """Return what serves WebSockets; without it, there are server-sent events still."""
    from uvicorn.config import WS_PROTOCOLS

    # The other protocol on top of the same package raises warnings of deprecation.
    return "websockets-sansio" if find_spec("websockets") and "websockets-sansio" in WS_PROTOCOLS else "none"
