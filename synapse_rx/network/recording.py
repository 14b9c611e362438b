"""Which errors a training records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..metrics import metric
from ..snapshot import Net
from .checks import loss_of
from .evaluation import Kind, error_kinds

GRADIENT_NORM = "gradient_norm"
"""The length of each batch's gradient, before penalties and clipping: recorded on request, no error of a sample."""


def recorded_kinds(net: Net, labels: Sequence[Any] | None) -> dict[str, Kind | None]:
    """
    Return what is recorded, by name: the loss first, then what was asked for; None for `GRADIENT_NORM`.

    Raises:
        UnknownNameError: If an error kind is unknown.
    """
    output = net.arch.output
    kinds: dict[str, Kind | None] = {**error_kinds(loss_of(net), output, labels)}
    if net.training.recorded is None:
        return kinds
    first = next(iter(kinds))
    kinds = {first: kinds[first]}
    for name in net.training.recorded:
        if name == GRADIENT_NORM:
            kinds[name] = None
        else:
            kind = metric(name)
            kinds.setdefault(kind.kind, kind.for_output(output))
    return kinds
