"""Batches of any feed, brought to where a step that was captured reads them."""

from __future__ import annotations

from typing import Any

from ...backends import Backend
from ...typing import Array


class Brought:
    """
    Copies each batch, wherever it comes from, to memory that stays the same (`Batches`).

    Args:
        backend: Where to compute.
        feed: Gives the batches.
        dtype: The type they are learnt in.
    """

    def __init__(self, backend: Backend, feed: Any, dtype: Any) -> None:
        self._xp, self._feed, self._dtype = backend.xp, feed, dtype
        self._rooms: dict[str, Array] = {}
        self.key = False

    def begin(self) -> None:
        """Do nothing: the feed has an order of its own."""

    def bring(self, index: int) -> None:
        """Copy batch ``index``, which is ready."""
        x, t = self._feed.get(index)
        weights = self._feed.weights(index)
        self.key = weights is not None
        for name, one in (("x", x), ("t", t), ("weights", weights)):
            if one is not None:
                self._room(name, one)[: len(one)] = one

    def batch(self, n: int, at: Array, key: bool) -> tuple[Array, Array, Array | None]:
        """Return the n samples brought last, their targets and how often they count."""
        rooms = self._rooms
        return rooms["x"][:n], rooms["t"][:n], rooms["weights"][:n] if key else None

    def _room(self, name: str, like: Array) -> Array:
        if name not in self._rooms:
            self._rooms[name] = self._xp.empty((self._feed.batch, *like.shape[1:]), self._dtype)
        return self._rooms[name]
