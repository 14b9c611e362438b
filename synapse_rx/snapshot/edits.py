"""
Edits of a snapshot by name, made to be swapped in: ``net.swap(with_learning_rate, 0.01)``.

Each takes a snapshot and returns another; on a network in training they take effect with the next chunk of work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve, fields

from ..algorithms.base import Algorithm
from ..errors import OptionError
from ..losses.base import Loss
from ..update import Update
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
    net.arch.fitted(chosen)
    return evolve(net, training=evolve(net.training, loss=chosen))


def with_update(net: Net, **options: Any) -> Net:
    """
    Return ``net`` with other options of its `Update`: ``net.swap(with_update, clip_norm=1.0)``.

    Raises:
        OptionError: If an option is unknown or out of range.
    """
    update = net.training.update
    present = {option.alias: getattr(update, option.name) for option in fields(type(update))}
    return evolve(net, training=evolve(net.training, update=Update.checked(**{**present, **options})))


def freeze(net: Net, *layers: int | str) -> Net:
    """
    Return ``net`` with layers that do not learn any more: ``net.swap(freeze, 0, "encoder")``.

    Frozen layers at the beginning cost no backward pass.

    Args:
        net: The snapshot.
        *layers: Positions, 0 for the first behind the input, or paths: "1.0" for the first inside the second, a name.

    Raises:
        OptionError: If there is no such layer.
    """
    return _with_factors(net, dict.fromkeys(layers, 0.0))


def unfreeze(net: Net, *layers: int | str) -> Net:
    """
    Return ``net`` with layers that learn again; all of them if none is named.

    Raises:
        OptionError: If there is no such layer.
    """
    if not layers:
        factors = [(layer, factor) for layer, factor in net.training.update.factors if factor]
        return with_update(net, factors=tuple(factors))
    return _with_factors(net, dict.fromkeys(layers, 1.0))


def averaged(net: Net) -> Net:
    """
    Return ``net`` with the moving average of its parameters in their place (``training(averaging=0.999)``).

    Raises:
        OptionError: If no average was kept.
    """
    average = net.training.state.slots.get("average")
    if average is None:
        raise OptionError("this network keeps no average of its parameters; train it with averaging=0.999")
    return evolve(net, params=net.params.with_flat(average))


def with_learnt(net: Net, other: Net) -> Net:
    """
    Return ``net`` with everything that ``other`` has learnt, and with its own history: ``net.swap(with_learnt, best)``.

    That is its parameters, what its layers keep, and the state of its training; of another algorithm's state nothing is
    used.

    Raises:
        ShapeError: If their parameters differ in shape.
    """
    how = evolve(net.training, state=other.training.state)
    return evolve(net, params=other.params, kept=other.kept, training=how)


def with_status(net: Net, status: str) -> Net:
    """
    Return ``net`` with another training status.

    Raises:
        UnknownNameError: If there is no such status.
    """
    return evolve(net, training=evolve(net.training, status=status))


def with_events(net: Net, events: Iterable[Event]) -> Net:
    """Return ``net`` with more events at the end of its history."""
    more = tuple(events)
    if not more:
        return net
    stats = net.training.stats
    return evolve(net, training=evolve(net.training, stats=evolve(stats, events=stats.events + more)))


def _with_factors(net: Net, factors: Mapping[int | str, float]) -> Net:
    for layer in factors:
        net.arch.check_layer(layer)
    return with_update(net, factors={**dict(net.training.update.factors), **factors})
