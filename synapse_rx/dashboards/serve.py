"""Serves the dashboard from a thread of its own."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import socket
from collections.abc import Iterable
from html import escape
from threading import Thread, current_thread
from types import TracebackType
from typing import Any, Self

from ..atoms import Atom
from ..data import DataSet, TrainingSet
from ..errors import OptionError
from ..snapshot import Net
from ..subscribers import History
from ..subscribers.base import Attachable
from .app import DashboardApp, checked_readers
from .descriptors import checked_room
from .http_server import http_server

END_SECONDS = 5.0
"""How long `Dashboard.close` waits for the thread at most."""

BACKLOG = 4096
"""Connections that wait to be taken, as when all readers come back at once."""

log = logging.getLogger("synapse_rx")


class Dashboard:
    """
    A dashboard that is being served, as `dashboard` returns it.

    It has a thread and an event loop of its own, so it works in a plain REPL, in a notebook and in async programs, and
    goes on when their loop is busy. It is served till it is closed or the program ends, also if nobody holds it.

    As a context manager, ``with`` or ``async with``, it is closed at the end.

    Attributes:
        host: The address it listens on.
        port: The port.
    """

    def __init__(self, app: DashboardApp, server: Any, listening: socket.socket) -> None:
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
    def nets(self) -> tuple[Atom[Net], ...]:
        """The cells it shows, in their order; branches made on the page are among them."""
        return self._app.nets

    @property
    def server_pid(self) -> int | None:
        """The number of the process that serves, if it is one of its own; another one after that died."""
        return getattr(self._server, "pid", None)

    @property
    def closed(self) -> bool:
        """Whether it is served no more."""
        return not self._thread.is_alive()

    def attach(self, *nets: Attachable) -> Self:
        """
        Show more networks.

        Raises:
            OptionError: If something else is given.
        """
        self._app.attach(*nets)
        return self

    def detach(self, *nets: Attachable) -> Self:
        """Show some networks, or all if none is named, no more."""
        self._app.detach(*nets)
        return self

    def close(self) -> None:
        """End all streams, free the port, let go of the networks. Closed again, it does nothing."""
        atexit.unregister(self.close)
        self._app.close()
        self._server.should_exit = True
        if current_thread() is not self._thread:
            self._thread.join(END_SECONDS)
        self._listening.close()

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
        n = len(self.nets)
        return f"<Dashboard {'closed' if self.closed else self.url}, {n} network{'s' * (n != 1)}>"

    def _repr_html_(self) -> str:
        url = escape(self.url)
        return f'<a href="{url}" target="_blank" rel="noopener">{url}</a>'

    def _run(self) -> None:
        try:
            asyncio.run(self._server.serve(sockets=[self._listening]))
        except (Exception, SystemExit) as error:
            log.error("the dashboard failed and is off; training goes on", exc_info=error)


def dashboard(
    *nets: Attachable,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    read_only: bool = False,
    history: History | None = None,
    hosts: Iterable[str] = (),
    data: DataSet | TrainingSet | None = None,
    process: bool = False,
    readers: int | None = None,
) -> Dashboard:
    """
    Show networks in the browser and let them be steered there: ``print(sx.dashboard(net).url)``.

    It serves at once and never holds training back; networks may be attached before, during and after training, and
    what they learnt before is shown, too.

    Args:
        *nets: Cells of networks, runs of `train`, or lists of them.
        host: The address to listen on; by default only this machine can ask. What is sent is not encrypted: put a
            server that does before it where others may listen.
        port: The port; 0 for any that is free.
        token: What whoever asks has to know; by default a random one, which is part of ``url``.
        read_only: Show only; nothing can be steered.
        history: What keeps earlier snapshots, such as ``History(net, capacity=50)``, so that they can be gone back to
            and branched from on the page.
        hosts: Names by which the server is called, such as "training.example.org"; "localhost" and addresses in numbers
            need not be named.
        data: Samples with targets that the networks are judged by on the page: which classes they take for which, and
            what those samples look like; of a training set its validation part.
        process: Serve from a process of its own, so that thousands of readers take nothing from training but what one
            takes. It ends when this one does; if it dies, another one is started, and readers go on where they were.
            Not on Windows.
        readers: Streams that may be open at once; by default 200, and in a process of its own 10 000, or as many as
            the limit on open files lets it have.

    Returns:
        The server, which is running.

    Raises:
        MissingExtraError: If starlette or uvicorn is not installed.
        OptionError: If something else than networks is given, or an option is out of range.
        OSError: If it cannot listen there, as when the port is taken.
    """
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port < 65536:
        raise OptionError(f"port is a whole number from 0 to 65535, not {port!r}")
    room = _room(process, checked_readers(readers))
    app = DashboardApp(
        *nets, token=token, read_only=read_only, history=history, hosts=hosts, data=data, readers=room
    )
    try:
        server = _apart(app, room) if process else http_server(app)
        return Dashboard(app, server, _listen(host, port))
    except BaseException:
        app.close()
        raise


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        what = f"the dashboard cannot listen on port {port} of {host}: {error.strerror}"
        raise OSError(error.errno, f"{what}; port=0 takes one that is free") from error


def _room(process: Any, readers: int | None) -> int | None:
    if not isinstance(process, bool):
        raise OptionError(f"process is True or False, not {process!r}")
    if process and os.name == "nt":
        raise OptionError(
            "process=True needs a system that hands sockets to processes, which Windows does not"
        )
    return checked_room(readers) if process else readers


def _apart(app: DashboardApp, readers: int | None) -> Any:
    from .apart import Apart

    http_server(app)  # whose error says what is missing
    return Apart(app, checked_room(readers))
