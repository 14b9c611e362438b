"""The async iterator over what a run publishes."""

from __future__ import annotations

import weakref
from concurrent.futures import Future
from typing import Any, Self

from ..snapshot import Net
from .trainer import Trainer


class Snapshots:
    """
    Gives the newest snapshot whenever asked, the last one of the run at the end.

    A slow reader misses some and holds nothing up. It ends with the run, however that ends: whether something went
    wrong is for ``await run`` to say. Of a run that waits in a queue it gives nothing until that begins.
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._given: Net | None = None
        self._stream = trainer.atom.stream()
        # Weakly: a reader that breaks off is to be gone at once, not with the end of the run.
        stream = weakref.ref(self._stream)

        def close(_: Future[Net]) -> None:
            if (open_stream := stream()) is not None:
                open_stream.close()

        trainer.outcome.add_done_callback(close)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Net:
        async for snapshot in self._stream:
            if self._trainer.started and snapshot is not self._given:
                self._given = snapshot
                return snapshot
        last = self._trainer.last
        if not self._trainer.started or last is self._given:
            raise StopAsyncIteration
        self._given = last
        return last

    async def aclose(self) -> Any:
        """Stop listening."""
        self._stream.close()
