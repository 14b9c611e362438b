"""What a training is to change on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import fields

from ..data import StreamSet, TrainingSet
from ..snapshot import Net, with_algorithm, with_loss, with_options, with_update
from ..stopping import Condition, Turn
from ..update import Update


def turned(net: Net, turn: Turn) -> Net:
    """
    Return ``net`` with other options of its training.

    Raises:
        OptionError: If an option is unknown, out of range or none of its algorithm.
        LossError: If a loss is not defined on its outputs.
    """
    options = dict(turn.options)
    updates = {option.alias for option in fields(Update)} & set(options)
    update = {name: options.pop(name) for name in sorted(updates)}
    algorithm, loss = options.pop("algorithm", None), options.pop("loss", None)
    if algorithm is not None:
        net = with_algorithm(net, algorithm, **options)
    elif options:
        net = with_options(net, **options)
    if update:
        net = with_update(net, **update)
    return net if loss is None else with_loss(net, loss)


def check_turns(goal: Condition, net: Net, data: TrainingSet | StreamSet) -> None:
    """
    Check that a network can be trained as it will be, from the first change to the last.

    Raises:
        SynapseError: If it cannot.
    """
    turns = begun(goal, net).turns()
    if not turns or turns[0].epochs:
        net.arch.check(net, data)
    for turn in turns:
        net = turned(net, turn)
        net.arch.check(net, data)


def begun(goal: Condition, net: Net) -> Condition:
    """
    Return the goal of a training of ``net`` that begins now.

    Raises:
        OptionError: If there is nothing left to train.
    """
    how = net.training
    return goal.begun(how.stats.epochs, how.state.position is not None)


def described(turn: Turn) -> str:
    """Return a turn in words: "2 of 3: momentum=0.9"."""
    options: Mapping[str, Any] = dict(turn.options)
    shown = ", ".join(f"{name}={value!r}" for name, value in options.items())
    return f"{turn.name}: {shown}" if shown else turn.name
