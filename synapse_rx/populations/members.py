"""Who may be a member of a population, under which name, and what it may learn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from ..atoms import Atom
from ..data import StreamSet, TrainingSet
from ..errors import OptionError, UnknownNameError
from ..snapshot import Net

Data: TypeAlias = TrainingSet | StreamSet | Mapping[str, TrainingSet | StreamSet]
"""What all members learn, or what each does, by name."""


def members(nets: Any) -> dict[str, Atom[Net]]:
    """
    Return cells by name.

    Args:
        nets: Cells by name; or an iterable of cells, which are called by the "name" in their ``meta``, or by number.

    Raises:
        OptionError: If something else is given, or two are called the same.
    """
    if isinstance(nets, Mapping):
        named: Iterable[tuple[Any, Any]] = nets.items()
    elif isinstance(nets, Atom) or not isinstance(nets, Iterable):
        raise OptionError(f"population takes a list of cells, or cells by name, not {nets!r}")
    else:
        named = [(_name(number, cell), cell) for number, cell in enumerate(nets, 1)]
    found: dict[str, Atom[Net]] = {}
    for name, cell in named:
        check_member(found, name, cell)
        found[name] = cell
    for name, cell in found.items():
        christen(name, cell)
    return found


def check_member(known: Mapping[str, Atom[Net]], name: Any, cell: Any) -> None:
    """Raise an OptionError unless ``cell`` is the cell of a network, and neither it nor its name is known."""
    if not isinstance(name, str) or not name:
        raise OptionError(f"a member is called by a text, such as 'net 1', not {name!r}")
    if not isinstance(cell, Atom) or not isinstance(cell.value, Net):
        raise OptionError(
            f"a population is made of cells of networks (from mlp or neural_net); {name!r} is {cell!r}"
        )
    if name in known:
        raise OptionError(f"there is a network {name!r} already; give this one another name")
    if any(each is cell for each in known.values()):
        raise OptionError(f"{name!r} is in this population already, under another name")


def christen(name: str, cell: Atom[Net]) -> None:
    """Give a cell a name if it has none, so that logs, displays and the dashboard call it the same."""
    if "name" not in cell.meta:
        cell.alter_meta(lambda meta: {**meta, "name": name})


def data_of(name: str, data: Data) -> TrainingSet | StreamSet:
    """
    Return what a member learns.

    Raises:
        UnknownNameError: If there is nothing for it.
    """
    if not isinstance(data, Mapping):
        return data
    if name not in data:
        raise UnknownNameError.of("network in data", name, data)
    return data[name]


def check_training(name: str, cell: Atom[Net], data: Data) -> None:
    """Raise what `train` would raise of these data, with the name of the network."""
    net = cell.value
    try:
        net.arch.check(net, data_of(name, data))
    except Exception as error:
        error.add_note(f"in the training of {name!r}")
        raise


def _name(number: int, cell: Any) -> Any:
    return cell.meta.get("name", f"net {number}") if isinstance(cell, Atom) else f"net {number}"
