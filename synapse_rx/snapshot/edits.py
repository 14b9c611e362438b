"""
Edits of a snapshot by name, made to be swapped in: ``net.swap(with_learning_rate, 0.01)``.

Each takes a snapshot and returns another; on a network in training they take effect with the next chunk of work.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import evolve, fields

from ..algorithms.base import Algorithm
from ..losses.base import Loss
from .net import Net
from .stats import Event


def with_learning_rate(net: Net, learning_rate: float) -> Net:
    """
    Return ``net`` with another learning rate.

    Raises:
        OptionError: If the rate is out of range, or the algorithm has none.
    """
    return with_options(net, learning_rate=learning_rate)


def with_momentum(net: Net, momentum: float) -> Net:
    """
    Return ``net`` with another momentum.

    Raises:
        OptionError: If the momentum is out of range, or the algorithm has none.
    """
    return with_options(net, momentum=momentum)


def with_options(net: Net, **options: Any) -> Net:
    """
    Return ``net`` with other options of its algorithm: ``net.swap(with_options, momentum=0.9, nesterov=True)``.

    Raises:
        OptionError: If an option is unknown or out of range.
    """
    algorithm = net.training.algorithm
    present = {
        option.alias: getattr(algorithm, option.name) for option in fields(type(algorithm)) if option.init
    }
    return with_algorithm(net, type(algorithm).checked(**{**present, **options}))


def with_algorithm(net: Net, algorithm: str | Algorithm, **options: Any) -> Net:
    """
    Return ``net`` with another algorithm; its state starts fresh if it is of another kind.

    Raises:
        UnknownNameError: If the name is unknown.
        OptionError: If an option is unknown or out of range.
    """
    return evolve(net, training=evolve(net.training, algorithm=Algorithm.of(algorithm, **options)))


def with_loss(net: Net, loss: str | Loss) -> Net:
    """
    Return ``net`` with another loss.

    Raises:
        UnknownNameError: If the name is unknown.
        LossError: If the loss is not defined on the network's outputs.
    """
    chosen = Loss.of(loss)
    chosen.for_output(net.arch.output)
    return evolve(net, training=evolve(net.training, loss=chosen))


def with_status(net: Net, status: str) -> Net:
    """
    Return ``net`` with another training status.

    Raises:
        UnknownNameError: If there is no such status.
    """
    return evolve(net, training=evolve(net.training, status=status))


def with_events(net: Net, events: Iterable[tuple[str, str]], batch: int = 0) -> Net:
    """
    Return ``net`` with more events in its history, dated by its complete epochs and the ``batch`` of the one under way.

    Args:
        net: The snapshot.
        events: What happened, and how: ``("learning_rate", "0.1 -> 0.01")``.
        batch: Batches learnt in the epoch under way.
    """
    stats = net.training.stats
    dated = tuple(Event(stats.epochs, batch, what, detail) for what, detail in events)
    if not dated:
        return net
    return evolve(net, training=evolve(net.training, stats=evolve(stats, events=stats.events + dated)))
