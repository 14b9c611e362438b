"""What can be done to a network in training by name: each a swap of its cell, checked before it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve, frozen

from ..atoms import Atom
from ..errors import OptionError, UnknownNameError, WatchError
from ..regularizers import Regularizer
from ..snapshot import (
    Net,
    Training,
    freeze,
    unfreeze,
    with_algorithm,
    with_options,
    with_status,
    with_update,
)
from .controls import LIMITS, MEASURED

LARGEST = 2**53
"""Whole numbers beyond this are no option of anything."""

Edit = Callable[..., Net]


def steer(cell: Atom[Net], command: object) -> None:
    """
    Do what a command asks for: ``{"command": "options", "options": {"learning_rate": 0.01}}``.

    The commands are "pause", "resume", "stop"; "options", "update" (limits) and "regularization" with ``options``;
    "algorithm" with ``name`` and perhaps ``options``; "freeze" and "unfreeze" with ``layer``. What a watch raises of
    the change does not undo it and is not told.

    Raises:
        SynapseError: If the command is unknown or incomplete, or what it asks for does not fit the network, which
            stays as it was.
    """
    edit, arguments = _read(command)
    try:
        cell.swap(_edited, edit, arguments)
    except WatchError:
        pass  # the change stands; whoever watches has to say what went wrong there


def _edited(net: Net, edit: Edit, arguments: dict[str, Any]) -> Net:
    new = edit(net, **arguments)
    if new.training.status == net.training.status:
        check_fit(new)
    return new


def check_fit(net: Net) -> None:
    """
    Check that a network can be trained as it says, as far as that can be told without the samples.

    Raises:
        OptionError: If the algorithm cannot train this architecture, or not with these options.
        LossError: If the network cannot be trained by gradients of its loss.
    """
    net.arch.check_training(net)


def _paused(net: Net) -> Net:
    return _with_status(net, ("training",), "paused", "a training that runs can be paused")


def _resumed(net: Net) -> Net:
    return _with_status(net, ("paused",), "training", "a training that is paused can be resumed")


def _stopped(net: Net) -> Net:
    return _with_status(
        net, ("training", "paused"), "stopping", "a training that is under way can be stopped"
    )


def _with_status(net: Net, present: tuple[str, ...], wanted: str, rule: str) -> Net:
    if net.training.status not in present:
        raise OptionError(f"only {rule}; this network is {net.training.status}")
    return with_status(net, wanted)


def _with_options(net: Net, options: Any) -> Net:
    return with_options(net, **_scalars(options))


def _with_update(net: Net, options: Any) -> Net:
    given = _scalars(options)
    for name in given:
        if name not in LIMITS:
            raise UnknownNameError.of("limit", name, LIMITS)
    return with_update(net, **{name: _float(value) for name, value in given.items()})


def _with_regularization(net: Net, options: Any, kind: Any = None) -> Net:
    given = {name: _float(value) for name, value in _scalars(options).items()}
    present = net.training.update.regularization
    if given and all(value is None for value in given.values()):
        penalty = None
    elif None in given.values():
        raise OptionError(f"either all of {', '.join(given)} are numbers, or none for no penalty")
    elif kind is None and present is not None:
        penalty = evolve(present, **_known(present, given))
    else:
        penalty = Regularizer.of(_text("kind", kind or "l2"), **given)
    return with_update(net, regularization=penalty)


def _known(penalty: Regularizer, given: Mapping[str, Any]) -> Mapping[str, Any]:
    known = [name for name in penalty.to_data() if name != "kind"] if given else []
    for name in given:
        if name not in known:
            raise UnknownNameError.of(f"option of {penalty.kind}", name, known)
    return given


def _with_algorithm(net: Net, name: Any, options: Any = None) -> Net:
    return with_algorithm(net, _text("name", name), **_scalars({} if options is None else options))


def _recording(net: Net, options: Any) -> Net:
    """Record, or no longer, what is measured of each step: the errors that are recorded stay the same."""
    recorded = net.training.recorded
    for name, wanted in _scalars(options).items():
        if name not in MEASURED:
            raise UnknownNameError.of("measure of steps", name, MEASURED)
        if not isinstance(wanted, bool):
            raise OptionError(f"{name} is recorded (true) or not (false), not {wanted!r}")
        if wanted or recorded is not None:
            rest = [kind for kind in (_usual(net) if recorded is None else recorded) if kind != name]
            recorded = (*rest, name) if wanted else tuple(rest)
    return evolve(net, training=evolve(net.training, recorded=recorded))


def _usual(net: Net) -> list[str]:
    if net.labels is None and not net.training.stats.epochs:
        raise OptionError("which errors suit the data is known once training has begun; try again then")
    return [] if net.labels is None else ["misclassification"]


def _frozen(net: Net, layer: Any) -> Net:
    return freeze(net, _layer(layer))


def _unfrozen(net: Net, layer: Any) -> Net:
    return unfreeze(net, _layer(layer))


@frozen
class Command:
    """
    One thing that can be asked for.

    Attributes:
        edit: What it does to a snapshot.
        needs: What has to be said with it.
        takes: What may be.
    """

    edit: Edit
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


COMMANDS: Mapping[str, Command] = {
    "pause": Command(_paused),
    "resume": Command(_resumed),
    "stop": Command(_stopped),
    "options": Command(_with_options, ("options",)),
    "update": Command(_with_update, ("options",)),
    "regularization": Command(_with_regularization, ("options",), ("kind",)),
    "record": Command(_recording, ("options",)),
    "algorithm": Command(_with_algorithm, ("name",), ("options",)),
    "freeze": Command(_frozen, ("layer",)),
    "unfreeze": Command(_unfrozen, ("layer",)),
}
"""The commands by their names."""


def _read(command: object) -> tuple[Edit, dict[str, Any]]:
    if not isinstance(command, Mapping):
        raise OptionError('a command is an object, such as {"command": "pause"}')
    arguments: dict[str, Any] = dict(command)
    name = arguments.pop("command", None)
    found = COMMANDS.get(name) if isinstance(name, str) else None
    if found is None:
        raise UnknownNameError.of("command", name, COMMANDS)
    missing = [need for need in found.needs if need not in arguments]
    if missing:
        raise OptionError(f"the command {name} needs {' and '.join(missing)}")
    for argument in arguments:
        if argument not in found.needs + found.takes:
            raise UnknownNameError.of(f"part of the command {name}", argument, found.needs + found.takes)
    return found.edit, arguments


def _scalars(options: Any) -> dict[str, Any]:
    if not isinstance(options, Mapping) or not all(map(_is_scalar, options.values())):
        raise OptionError('options are an object of numbers and words, such as {"learning_rate": 0.01}')
    return dict(options)


def _is_scalar(value: object) -> bool:
    if isinstance(value, int):
        return abs(value) <= LARGEST
    return value is None or isinstance(value, float | str)


def _float(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool | str):
        raise OptionError(f"a number is wanted here, not {value!r}")
    return float(value)


def _text(what: str, value: Any) -> str:
    if not isinstance(value, str):
        raise OptionError(f"{what} is a word, not {value!r}")
    return value


def _layer(value: Any) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise OptionError(f"a layer is named by its position or its path, not {value!r}")
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 10 else value


def taken_to(net: Net, target: Net) -> Net:
    """Return ``target`` in the place of ``net``; a training that is under way goes on from there."""
    how = target.training
    if net.training.status in Training.LIVE:
        return evolve(target, training=evolve(how, status=net.training.status))
    return evolve(target, training=evolve(how, status="stopped"))
