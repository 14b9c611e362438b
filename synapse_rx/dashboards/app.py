"""The dashboard as an ASGI application, to be served by whatever serves."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any, Self

from ..atoms import Atom
from ..data import DataSet, TrainingSet
from ..errors import MissingExtraError, OptionError
from ..snapshot import Net
from ..subscribers import History
from ..subscribers.base import Attachable
from .feed import Feed
from .guard import Guard
from .mistakes import Mistakes
from .place import Place
from .publisher import Publisher
from .rewinding import Rewinding
from .weight_log import WeightLog


class DashboardApp:
    """
    The dashboard as an ASGI application, as `dashboard_app` returns it: ``app.mount("/training", dashboard_app(net))``.

    Attributes:
        token: What whoever asks has to know.
    """

    def __init__(
        self,
        *nets: Attachable,
        token: str | None = None,
        read_only: bool = False,
        history: History | None = None,
        hosts: Iterable[str] = (),
        data: DataSet | TrainingSet | None = None,
        readers: int | None = None,
        redis: str | None = None,
        channel: str = "training",
    ) -> None:
        guard = Guard(checked_token(token), read_only, checked_hosts(hosts))
        if history is not None and not isinstance(history, History):
            raise OptionError(f"history= takes a History, such as History(net, capacity=50), not {history!r}")
        place = None if redis is None else Place(redis, channel)
        application, mistakes = _application(), Mistakes(data)
        self.token = guard.token
        self._guard = guard
        self._readers = checked_readers(readers)
        self._feed = Feed(*nets)
        self._log = WeightLog(*nets)
        self._serve: Any = application(
            self._feed, guard, Rewinding(history, self.attach), self._log, mistakes, self._readers
        )
        self._publisher = None if place is None else Publisher(self._feed, self, place)

    @property
    def nets(self) -> tuple[Atom[Net], ...]:
        """The cells it shows, in their order; branches made on the page are among them."""
        return self._feed.nets

    def attach(self, *nets: Attachable) -> Self:
        """
        Show more networks.

        Raises:
            OptionError: If something else is given.
        """
        self._feed.attach(*nets)
        self._log.attach(*nets)
        return self

    def detach(self, *nets: Attachable) -> Self:
        """Show some networks, or all if none is named, no more."""
        self._feed.detach(*nets)
        self._log.detach(*nets)
        return self

    def close(self) -> None:
        """Let go of all networks and end all streams. What is asked afterwards finds no networks."""
        if self._publisher is not None:
            self._publisher.close()  # first, so that it can say how all of it ended
        self._feed.close()
        self._log.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer (ASGI)."""
        await self._serve(scope, receive, send)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, {len(self.nets)} network{'s' * (len(self.nets) != 1)}>"


def dashboard_app(
    *nets: Attachable,
    token: str | None = None,
    read_only: bool = False,
    history: History | None = None,
    hosts: Iterable[str] = (),
    data: DataSet | TrainingSet | None = None,
    readers: int | None = None,
    redis: str | None = None,
    channel: str = "training",
) -> DashboardApp:
    """
    Return the dashboard as an ASGI application, for a program that serves already.

    The page is at the path where it is mounted, with a slash behind; it asks for the token unless the address ends in
    ``#token=...``. `dashboard` serves one by itself.

    Args:
        *nets: Cells of networks, runs of `train`, or lists of them.
        token: What whoever asks has to know; by default a random one, which the application's ``token`` tells.
        read_only: Show only; nothing can be steered.
        history: What keeps earlier snapshots, so that they can be gone back to on the page.
        hosts: Names by which the server is called, such as "training.example.org"; "localhost" and addresses in numbers
            need not be named.
        data: Samples with targets that the networks are judged by on the page: which classes they take for which, and
            what those samples look like; of a training set its validation part.
        readers: Streams that may be open at once; 200 by default.
        redis: The address of a Redis server, over which servers elsewhere are told as well: see `dashboard_relay`.
        channel: What the networks are called there.

    Raises:
        MissingExtraError: If starlette, or redis where it is wanted, is not installed.
        OptionError: If something else than networks is given, or an option is out of range.
    """
    return DashboardApp(
        *nets,
        token=token,
        read_only=read_only,
        history=history,
        hosts=hosts,
        data=data,
        readers=readers,
        redis=redis,
        channel=channel,
    )


def checked_readers(readers: Any) -> int | None:
    """
    Return ``readers``.

    Raises:
        OptionError: If it is neither None nor a whole number >= 1.
    """
    if readers is None or (isinstance(readers, int) and not isinstance(readers, bool) and readers >= 1):
        return readers
    raise OptionError(f"readers= takes a whole number >= 1, not {readers!r}")


def _application() -> Any:
    try:
        from .routes import application
    except ImportError as error:
        raise MissingExtraError(
            "the dashboard needs starlette and uvicorn, which are not installed: pip install 'synapse-rx[dashboard]'"
        ) from error
    return application


def checked_token(token: Any) -> str:
    if token is None:
        return secrets.token_urlsafe(24)
    if (
        not isinstance(token, str)
        or len(token) < 16
        or not token.isascii()
        or not token.isprintable()
        or " " in token
    ):
        raise OptionError(
            "token= takes at least 16 ASCII characters without spaces, or None for a random one"
        )
    return token


def checked_hosts(hosts: Any) -> frozenset[str]:
    if isinstance(hosts, str) or not all(isinstance(host, str) for host in hosts):
        raise OptionError(f'hosts= takes a list of names, such as ["training.example.org"], not {hosts!r}')
    return frozenset(host.lower() for host in hosts)
