"""What happens to trainings as lines of JSON in a file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from .file_log import FileLog
from .news import News
from .rows import rows


class JSONLinesLog(FileLog):
    """
    Writes a JSON object a line for everything that happens: ``JSONLinesLog("log.jsonl").attach(net)``.

    Each has "net" (the "name" in the network's ``meta``, or "net 1") and "kind":

    * "epoch": "epoch" and the numbers of `CSVLog`; what was not measured, or is not finite, is null;
    * "event": something done to the network, with "epoch", "batch", "what" and "detail";
    * "rewind": it was taken back to "epoch"; epochs beyond it are told anew as they are learnt anew;
    * "status": "status" and "epoch".

    Lines are written on a thread of its own, several at once if epochs are quick, and no epoch is missing: what a
    network learnt before it was attached is written, too.

    Args:
        path: Where; missing folders are made.
        append: Go on behind what is there; else begin anew.

    Raises:
        OSError: If the file cannot be opened. What fails later is logged once and tried again with the next news.
    """

    def _tell(self, news: News) -> None:
        text = "".join(f"{as_json({'net': news.name, **each})}\n" for each in happenings(news))
        if text:
            self._file.write(text)


def happenings(news: News) -> Iterator[dict[str, Any]]:
    """Yield what happened, oldest first, each with its "kind"."""
    stats = news.net.training.stats
    if news.rewound:
        yield {"kind": "rewind", "epoch": news.epochs.start}
    done = iter(news.events)
    event = next(done, None)
    for row in rows(stats, news.epochs):
        while event is not None and event.epoch < row["epoch"]:
            yield _event(event)
            event = next(done, None)
        yield {"kind": "epoch", **row}
    while event is not None:
        yield _event(event)
        event = next(done, None)
    if news.another_status:
        yield {"kind": "status", "status": news.net.training.status, "epoch": stats.epochs}


def as_json(found: dict[str, Any]) -> str:
    """Return an object as JSON that every reader takes: what is no finite number is null."""
    plain = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in found.items()
    }
    return json.dumps(plain, ensure_ascii=False, allow_nan=False)


def _event(event: Any) -> dict[str, Any]:
    return {
        "kind": "event",
        "epoch": event.epoch,
        "batch": event.batch,
        "what": event.what,
        "detail": event.detail,
    }
