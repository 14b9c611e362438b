"""Statistics with a given history."""

from __future__ import annotations

from synapse_rx.snapshot import Stats


def after(losses: list[float], validation: list[float] | None = None) -> Stats:
    """
    Return the statistics of epochs with these losses.
    """
    stats = Stats()
    for n, loss in enumerate(losses):
        errors = {} if validation is None else {"misclassification": validation[n]}
        stats = stats.with_epoch(
            steps=n, loss=loss, training={"loss": loss}, validation=errors, seconds=0.1, samples=1
        )
    return stats
