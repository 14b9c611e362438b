"""The async iterator over the news of a population."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Self

from ..atoms.waking import wake
from ..subscribers import News
from .ear import Ear


class NewsStream:
    """
    An async iterator over the news of all members, made by `Population.stream`.

    It begins with where each member stands. A reader who is slow gets fewer and larger news, never holds a training up,
    and misses no epoch: each news covers all since the last one of that member. It is read by one task at a time, on
    whatever loop that runs, and ends with `aclose`, by leaving its ``async with`` block, or by being dropped.
    """

    def __init__(self, ear: Ear) -> None:
        self._ear = ear
        self._ending = False
        self._waiter: asyncio.Future[None] | None = None

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._ear.closed

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> News:
        """Give the next news; lets the loop run once even if there is one already."""
        if self._waiter is not None:
            raise RuntimeError("this stream is being read by another task; give each reader its own stream()")
        loop = asyncio.get_running_loop()
        self._waiter = waiter = loop.create_future()
        try:
            await asyncio.sleep(0)
            while not self.closed:
                ending = self._ending  # asked first: what was put before is taken then
                if (news := self._ear.mailbox.take(partial(wake, loop, waiter))) is not None:
                    return news
                if ending:
                    self.close()
                    break
                await waiter
                self._waiter = waiter = loop.create_future()
            raise StopAsyncIteration
        finally:
            self._waiter = None

    def end(self) -> None:
        """End it, from any thread, once everything there is has been read."""
        self._ending = True
        self._ear.mailbox.stir()

    def close(self) -> None:
        """End it at once, from any thread."""
        self._ear.close()

    async def aclose(self) -> None:
        """End it at once."""
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_ear"):
            self.close()

    def __repr__(self) -> str:
        return f"<NewsStream{', closed' if self.closed else ''}>"
