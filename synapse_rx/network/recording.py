"""Which errors a training records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..snapshot import Net
from .checks import loss_of
from .evaluation import Kind, error_kinds

GRADIENT_NORM = "gradient_norm"
"""The length of each batch's gradient, before penalties and clipping: recorded on request, no error of a sample."""


def recorded_kinds(net: Net, labels: Sequence[Any] | None) -> dict[str, Kind | None]:
    """
    Return what is recorded, by name: the loss first, then what was asked for; None for `GRADIENT_NORM`.
    """
    output = net.arch.output
    kinds: dict[str, Kind | None] = {**error_kinds(loss_of(net), output, labels)}
    if net.training.recorded is None:
        return kinds
    first = next(iter(kinds))
    kinds = {first: kinds[first]}
    for kind in net.training.recorded:
        if kind == GRADIENT_NORM:
            kinds[kind] = None
        else:
            kinds.setdefault(kind.name, kind.for_output(output))
    return kinds
