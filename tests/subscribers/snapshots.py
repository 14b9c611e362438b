"""Snapshots as a training would publish them, made by hand, so that no test has to wait for one."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve
from rich.console import Console

import synapse_rx as sx
from synapse_rx.snapshot import Event, Net, with_status


def fresh(name: str | None = None) -> sx.Atom[Net]:
    net = sx.mlp([3, 4, 2], ["sigmoid", "softmax"])
    if name is not None:
        net.reset_meta({"name": name})
    return net


def with_epochs(net: Net, n: int = 1, *, validation: bool = True, **seconds: float) -> Net:
    """Add ``n`` epochs whose errors fall by a tenth each."""
    for _ in range(n):
        error = 0.5 * 0.9**net.training.stats.epochs
        net = with_stats(
            net,
            training={"cross_entropy": error, "misclassification": error / 2},
            validation={"cross_entropy": 2 * error, "misclassification": error / 4} if validation else {},
            **seconds,
        )
    return net


def with_stats(
    net: Net, *, training: Mapping[str, float], validation: Mapping[str, float], seconds: float = 2.0
) -> Net:
    stats = net.training.stats
    loss = next(iter(training.values()))
    added = stats.with_epoch(
        steps=stats.steps + 10,
        loss=loss,
        training=training,
        validation=validation,
        seconds=seconds,
        samples=1000,
    )
    return evolve(net, training=evolve(net.training, stats=added), version=net.version + 1)


def with_event(net: Net, what: str = "learning_rate", detail: str = "0.1 -> 0.01") -> Net:
    stats = net.training.stats
    event = Event(stats.epochs, 3, what, detail)
    return evolve(net, training=evolve(net.training, stats=evolve(stats, events=(*stats.events, event))))


def begin(net: sx.Atom[Net]) -> None:
    net.swap(with_status, "training")


def publish(net: sx.Atom[Net], n: int = 1, status: str = "training", **options: Any) -> None:
    """Publish ``n`` epochs, one by one, the last one with ``status``."""
    for left in range(n, 0, -1):
        net.swap(
            lambda old, s="training" if left > 1 else status: with_status(with_epochs(old, **options), s)
        )


def paper(*, terminal: bool = False, width: int = 100) -> tuple[Console, Callable[[], str]]:
    """Return a console and what reads what was written on it."""
    file = io.StringIO()
    console = Console(
        file=file, force_terminal=terminal, width=width, color_system=None, legacy_windows=False
    )
    return console, file.getvalue


class Clock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now
