"""Steers hyper-parameters by swaps."""

from __future__ import annotations

from typing import Any

from attrs import fields

from ..errors import OptionError
from ..schedules import number_or_schedule
from ..snapshot import Net, with_options, with_update
from ..update import Update
from .base import Subscriber, Track

UPDATES = frozenset(option.alias for option in fields(Update))
"""Options of a training that are not its algorithm's."""


class Schedule(Subscriber):
    """
    Sets hyper-parameters when an epoch begins: ``Schedule(learning_rate=[(10, 0.5), (10, 0.1)]).attach(net)``.

    It swaps the cell, as anybody may, on the training thread and before the next epoch; where a value does not change,
    it swaps nothing. Each change is an event in the history. It works for every option of every algorithm, and of
    `Update` ("clip_norm"), and may be attached to many networks, to trainings under way, and taken off again.

    An algorithm can also hold a schedule itself, ``Adam(learning_rate=schedules.cosine(...))``: that is followed batch
    by batch and is part of the snapshot, where this one is part of the program around it.

    Args:
        **options: For each hyper-parameter a schedule (`synapse_rx.schedules`), a list of (epochs, value) pairs (each
            value for so many epochs), a function ``f(epoch, step, stats)``, or a plain number.

    Raises:
        OptionError: If there is no option, or one is none of these. An option that the algorithm of a network does not
            have is refused by `attach`.
    """

    def __init__(self, **options: Any) -> None:
        if not options:
            raise OptionError(
                "Schedule needs something to steer, such as learning_rate=[(10, 0.5), (10, 0.1)]"
            )
        self._options = {name: _checked(name, number_or_schedule(value)) for name, value in options.items()}
        super().__init__()

    def _begun(self, track: Track, net: Net) -> None:
        self._steer(track, net)

    def _changed(self, track: Track, old: Net, new: Net) -> None:
        if new.training.stats.epochs != old.training.stats.epochs:
            self._steer(track, new)

    def _steer(self, track: Track, net: Net) -> None:
        stats = net.training.stats
        wanted = {
            name: value if isinstance(value, float) else value.at(float(stats.epochs), stats.steps, stats)
            for name, value in self._options.items()
        }
        if _steered(net, wanted) is not net:
            track.cell.swap(_steered, wanted)


def _checked(name: str, value: Any) -> Any:
    if not isinstance(value, float) and not hasattr(value, "at"):
        raise OptionError(
            f"{name}= takes a schedule, a list of (epochs, value) pairs, a function f(epoch, step, stats) or a "
            f"number, not {value!r}"
        )
    return value


def _steered(net: Net, wanted: dict[str, Any]) -> Net:
    """Return ``net`` with the options it does not have yet."""
    how = net.training
    for name, value in wanted.items():
        present = getattr(how.update if name in UPDATES else how.algorithm, name, None)
        if present != value:
            net = (with_update if name in UPDATES else with_options)(net, **{name: value})
    return net
