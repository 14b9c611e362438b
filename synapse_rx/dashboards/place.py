"""Where news are left for servers elsewhere: a few keys of a Redis server."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from attrs import field, frozen

from ..errors import MissingExtraError, OptionError

SCHEMES = ("redis", "rediss", "unix")

MOST_NEWS = 256
"""News that are kept there for servers that come later, about."""

LIFETIME = 86_400
"""Seconds after which it forgets a training that tells nothing any more."""

ANSWER_SECONDS = 30
"""How long a request waits for its answer; afterwards it is not obeyed any more."""

SILENCE = 20.0
"""Seconds without an answer after which the server counts as away, as one does that the network lost."""

WAIT = 5
"""Seconds for which the server is asked to wait for something; asked again, it answers at times that it is there."""


def _is_address(place: Any, attribute: Any, value: Any) -> None:
    if not isinstance(value, str) or urlsplit(value).scheme not in SCHEMES:
        raise OptionError(
            f'redis= takes the address of a Redis server, such as "redis://127.0.0.1:6379", not {value!r}'
        )


def _is_name(place: Any, attribute: Any, value: Any) -> None:
    if not isinstance(value, str) or not re.fullmatch(r"[\w.-]{1,100}", value):
        raise OptionError(
            f"channel= is a word of letters, digits, dots, dashes and underscores, not {value!r}"
        )


@frozen
class Place:
    """
    A channel of a Redis server.

    Args:
        address: Of the server.
        channel: What the networks are called.

    Raises:
        OptionError: If these are none.
        MissingExtraError: If the client is not installed.
    """

    address: str = field(validator=_is_address)
    channel: str = field(validator=_is_name)

    def __attrs_post_init__(self) -> None:
        _client()

    def key(self, name: str) -> str:
        """Return the key of something of this channel."""
        return f"synapse-rx:{self.channel}:{name}"

    @property
    def shown(self) -> str:
        """The address without a password."""
        return self.address.rpartition("@")[2]

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What the client raises when the server is away."""
        return OSError, _client().RedisError

    def connect(self) -> Any:
        """Return a client, for the running loop; it connects when it is used."""
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        # Who uses it tries again, and knows what must not be done twice; the client would wait and do it anyway.
        return _client().Redis.from_url(
            self.address,
            socket_connect_timeout=SILENCE,
            socket_timeout=SILENCE,
            retry=Retry(NoBackoff(), 0),
        )


def _client() -> Any:
    try:
        from redis import asyncio as client
    except ImportError as error:
        raise MissingExtraError(
            "redis= needs the client of Redis, which is not installed: pip install 'synapse-rx[redis]'"
        ) from error
    return client
