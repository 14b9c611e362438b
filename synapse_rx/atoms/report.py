"""What listeners raised, and how it is told."""

from __future__ import annotations

import logging
from typing import Any, TypeAlias

from ..errors import WatchError

logger = logging.getLogger("synapse_rx")

Failures: TypeAlias = list[tuple[Any, Exception]]
"""What was raised in a drain: the key of who raised, and the exception."""


def watch_error(source: Any, failures: Failures) -> WatchError:
    """Gather what listeners raised; each exception is noted with who raised it, and counted once."""
    errors: dict[int, Exception] = {}
    for key, error in failures:
        if id(error) not in errors:
            error.add_note(f"raised by watch {show(key)} of {source.label}")
        errors[id(error)] = error
    keys = ", ".join(dict.fromkeys(show(key) for key, _ in failures))
    return WatchError(
        f"watches of {source.label} raised: {keys}; the new value stands", list(errors.values())
    )


def log_failures(source: Any, failures: Failures | None) -> None:
    """Log what listeners raised where no ``swap`` is there to raise it from."""
    if failures:
        error = watch_error(source, failures)
        logger.error("%s", error.message, exc_info=error)


def show(value: object, limit: int = 200) -> str:
    """Give ``repr(value)`` cut to ``limit`` characters; never fails."""
    try:
        shown = repr(value)
    except Exception as error:
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return shown if len(shown) <= limit else shown[: limit - 3] + "..."
