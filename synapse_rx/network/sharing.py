"""Parameters by the paths they are found at, where layers may share them."""

from __future__ import annotations

from collections.abc import Iterable

from ..described import brief
from ..errors import OptionError, ShapeError
from ..params import ParameterSpec
from .places import Path, Place, word


def by_path(
    asked: Iterable[tuple[Place, tuple[ParameterSpec, ...]]],
) -> dict[Path, tuple[ParameterSpec, ...]]:
    """
    Return what is asked for by path.

    Raises:
        ShapeError: If layers that share a path do not ask for the same everywhere.
        OptionError: If layers have one name and do not share it, or are two different ones.
    """
    found: dict[Path, tuple[ParameterSpec, ...]] = {}
    owners: dict[Path, Place] = {}
    for place, specs in asked:
        if not specs:
            continue
        owner = owners.setdefault(place.path, place)
        if owner is not place:
            _check_shared(owner, place)
        if found.setdefault(place.path, specs) != specs:
            here, there = ([spec.shape for spec in each] for each in (specs, found[place.path]))
            raise ShapeError(
                f"the layers at {word(place.path)} share their parameters, but one needs {there} and another "
                f"{here}; give them inputs of one shape, or other names"
            )
    return found


def _check_shared(one: Place, other: Place) -> None:
    """Raise an OptionError unless two places may have their parameters at one path."""
    if not (one.shared and other.shared):
        raise OptionError(
            f"two layers are called {word(one.path)}: {brief(one.described)} and {brief(other.described)}; give them "
            "other names, or let them share their parameters with shared(name, layer)"
        )
    if one.layer != other.layer:
        raise OptionError(
            f"two different layers are shared as {word(one.path)}: {brief(one.described)} and {brief(other.described)}"
        )
