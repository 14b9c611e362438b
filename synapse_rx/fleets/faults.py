"""What went wrong in a worker, as plain data, and as an exception here."""

from __future__ import annotations

import builtins
import traceback
from asyncio import CancelledError
from typing import Any

from .. import errors
from ..errors import Diverged, FormatError, RemoteError, SynapseError
from ..typing import Data

PLAIN = ("ValueError", "TypeError", "RuntimeError", "MemoryError", "ArithmeticError", "OSError", "KeyError")
"""Built-in exceptions that are raised here as what they were there."""


def fault_to_data(error: BaseException) -> Data:
    """Return an exception as plain data."""
    where: Data = None
    if isinstance(error, Diverged):
        where = {"epoch": error.epoch, "batch": error.batch, "loss": repr(error.loss)}
    return {
        "type": type(error).__name__,
        "message": str(error),
        "notes": list(getattr(error, "__notes__", [])),
        "where": where,
        "traceback": "".join(traceback.format_exception(error)),
    }


def fault_from_data(data: Any, worker: str) -> BaseException:
    """
    Return the exception, with what the worker said as a note.

    Raises:
        FormatError: If ``data`` is no fault.
    """
    try:
        name, message = str(data["type"]), str(data["message"])
        error = _made(name, message, data["where"])
        for note in data["notes"]:
            error.add_note(str(note))
        error.add_note(f"in {worker}:\n{data['traceback']}")
        return error
    except (KeyError, TypeError, ValueError) as damage:
        raise FormatError(f"{data!r} is no fault") from damage


def _made(name: str, message: str, where: Any) -> BaseException:
    if name == "CancelledError":
        return CancelledError(message)
    if name == "Diverged":
        return Diverged(
            message, epoch=int(where["epoch"]), batch=int(where["batch"]), loss=float(where["loss"])
        )
    known = getattr(errors, name, None)
    if isinstance(known, type) and issubclass(known, SynapseError) and not issubclass(known, ExceptionGroup):
        return known(message)
    return getattr(builtins, name)(message) if name in PLAIN else RemoteError(f"{name}: {message}")
