"""The async iterator over the news of a population."""

from __future__ import annotations

from collections.abc import Callable

from ..atoms.one_reader import OneReader
from ..subscribers import News
from .ear import Ear


class NewsStream(OneReader[News]):
    """
    An async iterator over the news of all members, made by `Population.stream`.

    It begins with where each member stands. A reader who is slow gets fewer and larger news, never holds a training up,
    and misses no epoch: each news covers all since the last one of that member. It is read by one task at a time, on
    whatever loop that runs, and ends with `aclose`, by leaving its ``async with`` block, or by being dropped.
    """

    def __init__(self, ear: Ear) -> None:
        self._ear = ear
        self._ending = False
        super().__init__()

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._ear.closed

    def _take(self, wake_reader: Callable[[], None]) -> list[News]:
        ending = self._ending  # asked first: what was put before is taken then
        if (news := self._ear.mailbox.take(wake_reader)) is not None:
            return [news]
        if ending:
            self.close()
        return []

    def end(self) -> None:
        """End it, from any thread, once everything there is has been read."""
        self._ending = True
        self._ear.mailbox.stir()

    def close(self) -> None:
        """End it at once, from any thread."""
        self._ear.close()

    def __repr__(self) -> str:
        return f"<NewsStream{', closed' if self.closed else ''}>"
