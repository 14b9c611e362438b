"""One value after another."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from attrs import field, frozen

from ..errors import OptionError
from ..options import number
from .base import Schedule


def _pieces(value: Any) -> Any:
    if not isinstance(value, (list, tuple)) or not value:
        return value
    return tuple(_piece(piece) for piece in value)


def _piece(piece: Any) -> Any:
    if not isinstance(piece, (list, tuple)) or len(piece) != 2:
        return piece
    epochs, value = piece
    return number(epochs), Schedule.of(value) if isinstance(value, Mapping) else number(value)


def _check(instance: Any, attribute: Any, value: Any) -> None:
    if not isinstance(value, tuple) or not value:
        raise OptionError(f"piecewise takes a list of (epochs, value) pairs, not {value!r}")
    for piece in value:
        if not (isinstance(piece, tuple) and len(piece) == 2):
            raise OptionError(f"piecewise takes (epochs, value) pairs, not {piece!r}")
        epochs, inner = piece
        if not (isinstance(epochs, float) and 0 < epochs < float("inf")):
            raise OptionError(f"epochs of a piece must be a number > 0, not {epochs!r}")
        if not isinstance(inner, Schedule) and not (isinstance(inner, float) and abs(inner) < float("inf")):
            raise OptionError(f"the value of a piece is a number or a schedule, not {inner!r}")


@frozen
class Piecewise(Schedule):
    """
    One value after another, each for some epochs; the last one stays.

    A value may be a schedule, whose epochs count from the beginning of its piece:
    ``Piecewise([(5, Linear(0.0, 0.1, 5)), (20, 0.1), (20, Exponential(0.1, 0.9))])``.

    Args:
        pieces: Pairs (epochs, value).
    """

    pieces: tuple[tuple[float, float | Schedule], ...] = field(converter=_pieces, validator=_check)

    def at(self, epoch: float, step: int, stats: Any = None) -> float:
        begin, (_, value) = 0.0, self.pieces[0]
        for (epochs, _), (_, following) in pairwise(self.pieces):
            if epoch < begin + epochs:
                break
            begin, value = begin + epochs, following
        return value.at(epoch - begin, step, stats) if isinstance(value, Schedule) else value
