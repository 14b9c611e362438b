"""Where a training stands, in the numbers a display shows."""

from __future__ import annotations

import math
from collections.abc import Sequence

from attrs import frozen

from ..snapshot import Event, Histories, Net, Stats, Training

RECENT = 5
"""Epochs from which the time of the next ones is estimated."""


@frozen
class Standing:
    """
    Where one training stands.

    Attributes:
        name: What to call the network; None if there is no other to tell it from.
        status: Of the training, such as "training" or "done".
        epoch: Complete epochs since the training began.
        epochs: Epochs it goes on for; None if that is not known.
        total: Complete epochs of all trainings of the network.
        within: The share of the epoch under way that is learnt, in [0, 1).
        loss: The newest training loss.
        kind: The error shown: "misclassification" where there are classes, else the loss.
        training: The newest training error.
        validation: The newest validation error.
        samples_per_second: Training samples learnt a second, in the newest epoch.
        seconds_left: An estimate.
        events: What was done to the network since the last look.
    """

    name: str | None
    status: str
    epoch: int
    epochs: int | None
    total: int = 0
    within: float = 0.0
    loss: float | None = None
    kind: str | None = None
    training: float | None = None
    validation: float | None = None
    samples_per_second: float | None = None
    seconds_left: float | None = None
    events: tuple[Event, ...] = ()

    @property
    def live(self) -> bool:
        """Whether the training goes on."""
        return self.status in Training.LIVE

    @property
    def share(self) -> float | None:
        """The share of all its epochs that is learnt, in [0, 1]; None if nobody said how many there will be."""
        return None if self.epochs is None else min(1.0, (self.epoch + self.within) / self.epochs)

    def count(self) -> str:
        """Return "epoch 3/20", or "epoch 3" if nobody said how many there will be."""
        return f"epoch {self.epoch}" if self.epochs is None else f"epoch {self.epoch}/{self.epochs}"

    def facts(self) -> list[str]:
        """Return what is known in words, such as ``["loss 0.113", "training error 3.1 %"]``."""
        facts = [] if self.loss is None else [f"loss {self.loss:.4g}"]
        if self.kind == "misclassification" and self.training is not None:
            facts.append(f"training error {error_text(self.kind, self.training)}")
        if self.kind is not None and self.validation is not None:
            facts.append(f"validation error {error_text(self.kind, self.validation)}")
        if self.samples_per_second:
            facts.append(f"{self.samples_per_second:,.0f} samples/s")
        return facts


def standing(
    net: Net, *, name: str | None = None, base: int = 0, epochs: int | None = None, told: int = 0
) -> Standing:
    """
    Return where ``net`` stands.

    Args:
        net: A snapshot.
        name: What to call it.
        base: Epochs it had learnt before this training.
        epochs: Epochs of this training, if that is known.
        told: How many of its events were shown before.
    """
    stats = net.training.stats
    kind = shown_kind(stats)
    done = max(0, stats.epochs - base)
    within = _within(net)
    return Standing(
        name=name,
        status=net.training.status,
        epoch=done,
        epochs=epochs,
        total=stats.epochs,
        within=within,
        loss=stats.loss[-1] if stats.loss else None,
        kind=kind,
        training=_last(stats.training, kind),
        validation=_last(stats.validation, kind),
        samples_per_second=stats.samples_per_second[-1] if stats.samples_per_second else None,
        seconds_left=None if epochs is None else _seconds(stats, max(0.0, epochs - done - within)),
        events=stats.events[told:],
    )


def together(standings: Sequence[Standing]) -> Standing:
    """
    Return where several trainings stand as if they were one, called "3/8 done".

    Epochs and samples a second are added up; there is time left until the last of them is through.
    """
    live = [one for one in standings if one.live]
    left = [one.seconds_left for one in live]
    known = [one.epochs for one in standings]
    speeds = [one.samples_per_second or 0.0 for one in live]
    return Standing(
        name=f"{len(standings) - len(live)}/{len(standings)} done",
        status="training" if live else "done",
        epoch=sum(one.epoch for one in standings),
        epochs=None if None in known else sum(n for n in known if n is not None),
        within=sum(one.within for one in live),
        samples_per_second=sum(speeds) or None,
        seconds_left=None if None in left else max((n for n in left if n is not None), default=None),
    )


def shown_kind(stats: Stats) -> str | None:
    """Return the error worth a glance: misclassification if it is recorded, else the first that is, or None."""
    kinds = dict.fromkeys((*stats.training, *stats.validation))
    return "misclassification" if "misclassification" in kinds else next(iter(kinds), None)


def error_text(kind: str, error: float) -> str:
    """Return an error for the eye: a share of samples as percent, anything else with four digits."""
    return f"{100 * error:.2f} %" if kind == "misclassification" else f"{error:.4g}"


def time_text(seconds: float) -> str:
    """Return "0:03", "12:34" or "1:02:03"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _within(net: Net) -> float:
    position = net.training.state.position
    if position is None:
        return 0.0
    samples, batch = position.data[:2]
    return min(0.999, position.batch * batch / samples)


def _seconds(stats: Stats, epochs: float) -> float | None:
    if not stats.epochs:
        return None
    recent = stats.seconds[-RECENT:]
    return float(recent.mean()) * epochs


def _last(histories: Histories, kind: str | None) -> float | None:
    """Return the newest value of ``kind``; None if there is none, or the newest epoch went by without it."""
    if kind is None or not histories.get(kind):
        return None
    return None if math.isnan(histories[kind][-1]) else histories[kind][-1]
