"""Histories of several error kinds side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..described import normal_name
from .series import Series


class Histories(Mapping[str, Series]):
    """
    A frozen mapping from error kinds to their `Series`, one value an epoch.

    Kinds may be spelled with ``_`` or ``-``: ``stats.training["cross-entropy"]``. Asking for a kind that was never
    recorded raises a KeyError that lists the recorded ones.
    """

    __slots__ = ("_series",)

    def __init__(self, series: Mapping[str, Series] | None = None) -> None:
        self._series = {normal_name(kind): values for kind, values in (series or {}).items()}

    def append(self, errors: Mapping[str, float], epochs: int) -> Histories:
        """
        Return the histories with one more epoch.

        A kind not recorded before starts with NaN for the ``epochs`` that went by without it; one left out this time
        gets a NaN, so that all histories stay aligned.
        """
        newest = {normal_name(kind): value for kind, value in errors.items()}
        if not newest and not self._series:
            return self
        series = {kind: Series([math.nan] * epochs) for kind in newest if kind not in self._series}
        return Histories(
            {kind: past.append(newest.get(kind, math.nan)) for kind, past in (self._series | series).items()}
        )

    def in_order(self) -> list[tuple[str, Series]]:
        """Return kinds and histories, by kind in alphabetical order."""
        return sorted(self._series.items())  # no two names are equal, so that no histories are compared

    def with_series(self, series: Sequence[Series]) -> Histories:
        """Return other histories of the same kinds, which are as `in_order` gives them."""
        other = object.__new__(Histories)
        other._series = dict(zip(sorted(self._series), series, strict=True))
        return other

    def __getitem__(self, kind: str) -> Series:
        series = self._series.get(normal_name(kind))
        if series is None:
            raise KeyError(f"{kind!r} was not recorded; recorded: {', '.join(self._series) or 'nothing yet'}")
        return series

    def __iter__(self) -> Iterator[str]:
        return iter(self._series)

    def __len__(self) -> int:
        return len(self._series)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return self._series == other._series if isinstance(other, Histories) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self._series.items()))

    def __reduce__(self) -> Any:
        return Histories, (self._series,)

    def __repr__(self) -> str:
        return f"<Histories {', '.join(f'{k} {v!r}' for k, v in self._series.items()) or 'none'}>"
