"""Which status answers which error. The library's messages say what was wanted, what came, and the repair."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from synapse_rx.errors import AlreadyTraining, SynapseError

from .registry import NoSuchNet

STATUSES: dict[type[Exception], int] = {NoSuchNet: 404, AlreadyTraining: 409, SynapseError: 422}


def answer_failures(app: FastAPI) -> None:
    """Have errors by name answered by status; everything else is a mistake of the service, and 500."""
    for kind in STATUSES:
        app.add_exception_handler(kind, _answer)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    status = next(status for kind, status in STATUSES.items() if isinstance(error, kind))
    return JSONResponse({"error": type(error).__name__, "detail": str(error)}, status)
