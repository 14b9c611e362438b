"""Serves the dashboard from a thread of its own."""

from __future__ import annotations

import os
from collections.abc import Iterable
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
from .served import Served, listen


class Dashboard(Served):
    """
    A dashboard that is being served, as `dashboard` returns it.

    It has a thread and an event loop of its own, so it works in a plain REPL, in a notebook and in async programs, and
    goes on when their loop is busy. It is served till it is closed or the program ends, also if nobody holds it.

    As a context manager, ``with`` or ``async with``, it is closed at the end.

    Attributes:
        host: The address it listens on.
        port: The port.
    """

    _app: DashboardApp

    @property
    def nets(self) -> tuple[Atom[Net], ...]:
        """The cells it shows, in their order; branches made on the page are among them."""
        return self._app.nets

    @property
    def server_pid(self) -> int | None:
        """The number of the process that serves, if it is one of its own; another one after that died."""
        return getattr(self._server, "pid", None)

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

    def __repr__(self) -> str:
        n = len(self.nets)
        return f"{super().__repr__()[:-1]}, {n} network{'s' * (n != 1)}>"


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
    redis: str | None = None,
    channel: str = "training",
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
        redis: The address of a Redis server, such as "redis://127.0.0.1:6379", over which servers elsewhere are told
            as well: see `dashboard_relay`. Give a ``token``, which these have to know.
        channel: What the networks are called there.

    Returns:
        The server, which is running.

    Raises:
        MissingExtraError: If starlette or uvicorn is not installed.
        OptionError: If something else than networks is given, or an option is out of range.
        OSError: If it cannot listen there, as when the port is taken.
    """
    room = _room(process, checked_readers(readers))
    app = DashboardApp(
        *nets,
        token=token,
        read_only=read_only,
        history=history,
        hosts=hosts,
        data=data,
        readers=room,
        redis=redis,
        channel=channel,
    )
    try:
        server = _apart(app, room) if process else http_server(app)
        return Dashboard(app, server, listen(host, port))
    except BaseException:
        app.close()
        raise


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
