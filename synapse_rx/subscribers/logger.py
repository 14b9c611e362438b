"""What happens to trainings, told to the standard library's logging."""

from __future__ import annotations

import logging
from typing import Any

from ..errors import OptionError
from .base import Attachable
from .follower import Follower
from .json_lines_log import as_json, happenings
from .news import News
from .standing import error_text, shown_kind


class Logger(Follower):
    """
    Logs each epoch, each live edit and each status: ``Logger(net)``.

    A record's message is a sentence, or with ``json`` the object that `JSONLinesLog` writes; either way that object is
    the record's ``training``, for formatters of their own. It logs on a thread of its own, so that a slow handler holds
    nothing up, and begins with where a network stands when it is attached.

    Args:
        *nets: What to listen to from the beginning.
        logger: Where to log, a logger or its name.
        level: The level of the records.
        json: Make the message JSON.

    Raises:
        OptionError: If ``logger`` or ``level`` is neither.
    """

    tells_past = False

    def __init__(
        self,
        *nets: Attachable,
        logger: str | logging.Logger = "synapse_rx.training",
        level: int = logging.INFO,
        json: bool = False,
    ) -> None:
        if not isinstance(logger, str | logging.Logger):
            raise OptionError(f"logger= takes a logger or its name, not {logger!r}")
        if isinstance(level, bool) or not isinstance(level, int):
            raise OptionError(f"level= takes a number such as logging.INFO, not {level!r}")
        self._logger = logging.getLogger(logger) if isinstance(logger, str) else logger
        self._level = level
        self._json = json
        super().__init__(*nets)

    def _tell(self, news: News) -> None:
        if not self._logger.isEnabledFor(self._level):
            return
        for found in happenings(news):
            told = {"net": news.name, **found}
            text = as_json(told) if self._json else _sentence(told, shown_kind(news.net.training.stats))
            self._logger.log(self._level, "%s", text, extra={"training": told})


def _sentence(told: dict[str, Any], shown: str | None) -> str:
    return f"{told['net']}: " + {
        "epoch": _epoch,
        "event": lambda it, _: f"epoch {it['epoch']}, batch {it['batch']}: {it['what']} {it['detail']}",
        "rewind": lambda it, _: f"taken back to epoch {it['epoch']}",
        "status": lambda it, _: f"{it['status']}, {it['epoch']} epochs",
    }[told["kind"]](told, shown)


def _epoch(row: dict[str, Any], shown: str | None) -> str:
    parts = [f"epoch {row['epoch']}", f"loss {row['loss']:.4g}"]
    for part in ("training", "validation"):
        error = row.get(f"{part}:{shown}")
        if shown is not None and error is not None and error == error:
            parts.append(f"{part} error {error_text(shown, error)}")
    return ", ".join(parts)
