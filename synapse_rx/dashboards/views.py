"""What is looked at now and then, and worked out when it is."""

from __future__ import annotations

from typing import Any

from attrs import frozen
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..atoms import Atom
from ..snapshot import Net
from .feed import Feed
from .mistakes import Mistakes
from .statement import SCHEMA
from .weight_log import WeightLog


@frozen(eq=False)
class Views:
    """
    Answers requests for what a snapshot does not say at once. What takes computing is done off the event loop.

    Args:
        feed: Knows the networks.
        log: Knows how weights were distributed.
        mistakes: Judges networks by a data set.
    """

    feed: Feed
    log: WeightLog
    mistakes: Mistakes

    async def distributions(self, request: Request) -> Response:
        """Give the distributions of ``parameter`` over the epochs."""
        moments = self.log.told(self._cell(request), request.query_params.get("parameter", ""))
        return JSONResponse({"schema": SCHEMA, "moments": moments})

    async def confusion(self, request: Request) -> Response:
        """Give the confusion matrix."""
        return _answer(await run_in_threadpool(self.mistakes.confusion, self._cell(request)))

    async def samples(self, request: Request) -> Response:
        """Give samples of class ``true`` that were taken for ``taken``, from the number ``first`` on."""
        asked = [_place(request, name) for name in ("true", "taken", "first")]
        return _answer(
            await run_in_threadpool(
                self.mistakes.samples, self._cell(request), asked[0], asked[1], asked[2] or 0
            )
        )

    def _cell(self, request: Request) -> Atom[Net]:
        return self.feed.cell(request.path_params["number"])


def _answer(data: dict[str, Any]) -> Response:
    return JSONResponse({"schema": SCHEMA, **data})


def _place(request: Request, name: str) -> int | None:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
