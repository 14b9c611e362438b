"""How a network is trained and where its training stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from attrs import field, fields, frozen

from ..algorithms.base import Algorithm
from ..data.options import check_count
from ..described import normal_name
from ..errors import OptionError, UnknownNameError
from ..losses.base import Loss
from ..metrics import metric
from ..update import Update
from .slots import Slots
from .stats import Stats

STATUSES = ("idle", "training", "paused", "stopping", "done", "stopped", "cancelled", "failed")
"""What a network may be doing; it is live in the second to the fourth."""


@frozen
class Position:
    """
    A place inside an epoch, so that training resumes there exactly.

    Attributes:
        batch: Batches of the epoch that are learnt.
        sums: For the loss and each error kind, the sum over each of these batches' samples.
        since: The first batch that counts for these errors; later than 0 if the loss was changed on the way.
        seconds: Seconds of compute spent on them.
        data: What tells the training set from another: samples, batch size, shuffling and seed.
    """

    batch: int
    sums: Slots
    since: int
    seconds: float
    data: tuple[Any, ...]


@frozen
class State:
    """
    The working state of training, as a value.

    Attributes:
        algorithm: The kind of algorithm the slots belong to; None before the first step.
        slots: The algorithm's state.
        generator: The state of the random generator, or None before the first step.
        position: The place inside an epoch, or None between epochs.
    """

    algorithm: str | None = None
    slots: Slots = field(factory=Slots)
    generator: Any = None
    position: Position | None = None


def _optional_loss(value: Any) -> Loss | None:
    return None if value is None else Loss.of(value)


def _status(instance: Any, attribute: Any, value: str) -> None:
    if value not in STATUSES:
        raise UnknownNameError.of("status", value, STATUSES)


def _seed(value: Any) -> int:
    return check_count("seed", value, 0)


def _recorded(value: Any) -> tuple[Any, ...] | None:
    if value is None:
        return None
    if isinstance(value, str):
        raise OptionError(f"stats takes a list of error kinds, such as [{value!r}]")
    return tuple(_recorded_kind(kind) for kind in value)


def _recorded_kind(kind: Any) -> Any:
    name = normal_name(kind) if isinstance(kind, str) else None
    return name if name in ("gradient_norm", "update_ratio") else metric(kind)


def _evaluation(instance: Any, attribute: Any, value: str) -> None:
    if value not in ("running", "full"):
        raise UnknownNameError.of("evaluation", value, ("running", "full"))


@frozen(repr=False)
class Training:
    """
    Everything about a network's training but its data.

    Attributes:
        algorithm: The algorithm with its hyper-parameters.
        loss: What is minimised; None until a network chooses it by its output (`neural_net`).
        seed: Where all randomness of this network starts: its first weights, its stochastic layers.
        update: What is done to every update around the algorithm.
        recorded: The error kinds to record beside the loss, "gradient_norm" and "update_ratio"; None for those that
            suit the data.
        evaluation: "running": training errors are those of the epoch's own forward passes; "full": they are measured
            over again with the parameters at the end of the epoch.
        state: The algorithm's state, generator and place in the epoch.
        stats: What happened so far.
        status: "idle", "training", "paused", "stopping", then "done", "stopped", "cancelled" or "failed".
    """

    LIVE: ClassVar[tuple[str, ...]] = ("training", "paused", "stopping")

    algorithm: Algorithm = field(converter=Algorithm.of)
    loss: Loss | None = field(default=None, converter=_optional_loss)
    seed: int = field(default=0, converter=_seed)
    update: Update = field(factory=Update, converter=Update.of)
    recorded: tuple[Any, ...] | None = field(default=None, converter=_recorded)
    evaluation: str = field(default="running", validator=_evaluation)
    state: State = field(factory=State)
    stats: Stats = field(factory=Stats)
    status: str = field(default="idle", validator=_status)

    def __repr__(self) -> str:
        return f"<Training {self.algorithm!r}, {self.loss!r}, {self.status}, {self.stats!r}>"


def training(
    algorithm: str | Algorithm = "backprop",
    *,
    loss: str | Loss | None = None,
    seed: int = 0,
    stats: Sequence[Any] | None = None,
    evaluation: str = "running",
    **options: Any,
) -> Training:
    """
    Describe a training: an algorithm by name with its options, or a complete `Algorithm`.

    Args:
        algorithm: Such as "backprop", or ``Backprop(learning_rate=0.1)``.
        loss: What to minimise; by default chosen by the network's output: cross-entropy behind outputs in
            [0, 1], squared error behind others.
        seed: Where all randomness starts; one seed gives one result.
        stats: Error kinds to record beside the loss, by name or description, such as
            ["misclassification", TopK(3)], and "gradient_norm" and "update_ratio"; by default misclassification where
            there are classes.
        evaluation: "running" for training errors from the epoch's own forward passes, "full" to measure them over
            again at the end of each epoch.
        **options: The algorithm's hyper-parameters, and what `Update` takes: reduction, regularization, clip_value,
            clip_norm, max_norm, factors, averaging.

    Raises:
        UnknownNameError: If a name is unknown.
        OptionError: If an option is out of range, or contradicts another.
    """
    updates = {field.alias for field in fields(Update)}
    update = Update.checked(**{name: value for name, value in options.items() if name in updates})
    rest = {name: value for name, value in options.items() if name not in updates}
    if isinstance(algorithm, str):
        member = Algorithm.member(algorithm)
        known = [f.alias for f in fields(member)]
        for name in rest:
            if name not in known and member.hint(name) is None:
                settings = ["loss", "seed", "stats", "evaluation", *updates]
                raise UnknownNameError.of(f"option of {algorithm}", name, [*known, *settings])
    return Training(
        Algorithm.of(algorithm, **rest), loss, seed, update=update, recorded=stats, evaluation=evaluation
    )
