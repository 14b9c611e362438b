"""Histories to compare."""

from __future__ import annotations

from synapse_rx.snapshot import Stats


def stats(*losses: float, since: Stats | None = None, validation: bool = True) -> Stats:
    found = since or Stats()
    for loss in losses:
        found = found.with_epoch(
            steps=found.steps + 3,
            loss=loss,
            training={"misclassification": loss / 2},
            validation={"misclassification": loss} if validation else {},
            seconds=0.1 + loss,
            samples=7,
        )
    return found
