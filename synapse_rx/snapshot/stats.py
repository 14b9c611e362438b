"""What happened in training so far."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from .histories import Histories
from .series import Series


@frozen
class Event:
    """
    Something done to a network in training: an edit that was adopted, a pause, a stop.

    Attributes:
        epoch: Complete epochs before it.
        batch: Batches learnt in the epoch under way.
        what: Such as "learning_rate", "params", "paused".
        detail: Such as "0.1 -> 0.01".
    """

    epoch: int
    batch: int
    what: str
    detail: str = ""


@frozen(repr=False)
class Stats:
    """
    Histories of training, one value an epoch, over all calls of `train`.

    Attributes:
        epochs: Complete epochs.
        steps: Updates of the parameters.
        loss: The training loss, from the epoch's own forward passes.
        training: Training errors by kind, from the epoch's own forward passes.
        validation: Validation errors by kind, with the parameters at the end of the epoch; empty without a
            validation set.
        learning_rate: The learning rate at the end of the epoch; NaN if the algorithm has none.
        seconds: Seconds of compute an epoch took, evaluation included, pauses not.
        samples_per_second: Training samples learnt a second.
        events: Adopted edits and the like, oldest first.
    """

    epochs: int = 0
    steps: int = 0
    loss: Series = field(factory=Series)
    training: Histories = field(factory=Histories)
    validation: Histories = field(factory=Histories)
    learning_rate: Series = field(factory=Series)
    seconds: Series = field(factory=Series)
    samples_per_second: Series = field(factory=Series)
    events: tuple[Event, ...] = ()

    def with_epoch(
        self,
        *,
        steps: int,
        loss: float,
        training: Mapping[str, float],
        validation: Mapping[str, float],
        learning_rate: float = float("nan"),
        seconds: float,
        samples: int,
    ) -> Stats:
        """Return these statistics with one more epoch."""
        return Stats(
            epochs=self.epochs + 1,
            steps=steps,
            loss=self.loss.append(loss),
            training=self.training.append(training, self.epochs),
            validation=self.validation.append(validation, self.epochs),
            learning_rate=self.learning_rate.append(learning_rate),
            seconds=self.seconds.append(seconds),
            samples_per_second=self.samples_per_second.append(samples / seconds if seconds > 0 else 0.0),
            events=self.events,
        )

    def last_errors(self) -> dict[str, float]:
        """Return the newest loss and errors, such as ``{"loss": 0.1, "validation misclassification": 0.02}``."""
        newest = {"loss": self.loss[-1]} if self.loss else {}
        for part, histories in (("training", self.training), ("validation", self.validation)):
            newest |= {f"{part} {kind}": series[-1] for kind, series in histories.items() if series}
        return newest

    def __repr__(self) -> str:
        newest = ", ".join(f"{name} {value:.4g}" for name, value in self.last_errors().items())
        return f"<Stats {self.epochs} epochs{', ' + newest if newest else ''}>"
