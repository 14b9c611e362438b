"""The epochs of a training as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..snapshot import Stats

LAST = ("learning_rate", "seconds", "samples_per_second")


def rows(stats: Stats, epochs: Iterable[int]) -> Iterator[dict[str, float]]:
    """
    Yield one row for each epoch.

    "epoch" counts from 1; "loss", then "training:KIND" and "validation:KIND" for each error that is recorded (NaN where
    it was not measured), then "learning_rate", "seconds" and "samples_per_second".

    Args:
        stats: The histories.
        epochs: Places in them, from 0.
    """
    errors = {
        f"{part}:{kind}": series
        for part, histories in (("training", stats.training), ("validation", stats.validation))
        for kind, series in histories.items()
    }
    columns = {"loss": stats.loss, **errors, **{name: getattr(stats, name) for name in LAST}}
    for place in epochs:
        measured = {name: series[place] for name, series in columns.items() if place < len(series)}
        yield {"epoch": place + 1, **measured}
