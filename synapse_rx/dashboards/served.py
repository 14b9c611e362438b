"""A server on a thread of its own."""

from __future__ import annotations

import asyncio
import atexit
import logging
import socket
from html import escape
from threading import Thread, current_thread
from types import TracebackType
from typing import Any, Protocol, Self

from ..errors import OptionError

END_SECONDS = 5.0
"""How long `Served.close` waits for the thread at most."""

BACKLOG = 16_384
"""Connections that wait to be taken, as when all readers come back at once; the system may allow less (somaxconn)."""

log = logging.getLogger("synapse_rx")


class Application(Protocol):
    """What is served."""

    @property
    def token(self) -> str: ...
    def close(self) -> None: ...


class Served:
    """
    Something that is being served.

    It has a thread and an event loop of its own, so it works in a plain REPL, in a notebook and in async programs, and
    goes on when their loop is busy. It is served till it is closed or the program ends, also if nobody holds it.

    As a context manager, ``with`` or ``async with``, it is closed at the end.

    Attributes:
        host: The address it listens on.
        port: The port.
    """

    def __init__(self, app: Application, server: Any, listening: socket.socket) -> None:
        self.host, self.port = listening.getsockname()[:2]
        self._app = app
        self._server = server
        self._listening = listening
        self._thread = Thread(target=self._run, name="synapse-rx-dashboard", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    @property
    def url(self) -> str:
        """
        The address to open, the token in it.

        What follows the ``#`` stays in the browser: the token is in no log and no referrer.
        """
        host = "localhost" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/#token={self.token}"

    @property
    def token(self) -> str:
        """What whoever asks has to know."""
        return self._app.token

    @property
    def closed(self) -> bool:
        """Whether it is served no more."""
        return not self._thread.is_alive()

    def close(self) -> None:
        """End all streams, free the port, let go of what is shown. Closed again, it does nothing."""
        atexit.unregister(self.close)
        self._app.close()
        self._server.should_exit = True
        if current_thread() is not self._thread:
            self._thread.join(END_SECONDS)

    async def aclose(self) -> None:
        """Do as `close`, and let the running loop run meanwhile."""
        await asyncio.to_thread(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'closed' if self.closed else self.url}>"

    def _repr_html_(self) -> str:
        url = escape(self.url)
        return f'<a href="{url}" target="_blank" rel="noopener">{url}</a>'

    def _run(self) -> None:
        try:
            asyncio.run(self._server.serve(sockets=[self._listening]))
        except (Exception, SystemExit) as error:
            log.error("the dashboard failed and is off; training goes on", exc_info=error)
        finally:
            self._listening.close()


def listen(host: str, port: int) -> socket.socket:
    """
    Return a socket that listens.

    Raises:
        OptionError: If the port is none.
        OSError: If it cannot listen there, as when the port is taken.
    """
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port < 65536:
        raise OptionError(f"port is a whole number from 0 to 65535, not {port!r}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        what = f"the dashboard cannot listen on port {port} of {host}: {error.strerror}"
        raise OSError(error.errno, f"{what}; port=0 takes one that is free") from error
