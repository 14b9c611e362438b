"""Which errors a training records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..losses import Censored, Loss, PerOutput, WeightedSum
from ..metrics import Metric
from ..snapshot import Net
from .checks import loss_of
from .evaluation import Kind, error_kinds
from .output_errors import each_error
from .present_error import PresentError

GRADIENT_NORM = "gradient_norm"
"""The length of each batch's gradient, before penalties and clipping: recorded on request, no error of a sample."""
UPDATE_RATIO = "update_ratio"
"""The length of each batch's step beside that of the parameters: recorded on request as well."""


def recorded_kinds(net: Net, labels: Sequence[Any] | None) -> dict[str, Kind | None]:
    """
    Return what is recorded, by name: the loss first, then what was asked for; None for what is no error of a sample.

    Beside a censored loss other losses leave out missing targets as well, and metrics the samples that have any.
    """
    output, loss = net.arch.output, loss_of(net)
    kinds: dict[str, Kind | None] = {**error_kinds(loss, output, labels)}
    if net.training.recorded is None:
        return kinds
    first, chosen = next(iter(kinds.items()))
    kinds = {first: chosen}
    for kind in net.training.recorded:
        if kind in (GRADIENT_NORM, UPDATE_RATIO):
            kinds[kind] = None
        elif isinstance(chosen, PerOutput):
            kinds |= each_error(chosen, kind, labels)
        else:
            measured = _censored(kind) if _censors(loss) else kind
            kinds.setdefault(kind.name, measured.for_output(output))
    return kinds


def _censors(loss: Loss) -> bool:
    if isinstance(loss, WeightedSum):
        return any(_censors(term) for _, term in loss.losses)
    return isinstance(loss, Censored)


def _censored(kind: Metric | Loss) -> Metric | Loss:
    """Return ``kind`` without what is missing."""
    if isinstance(kind, Metric):
        return PresentError(kind)
    return kind if isinstance(kind, Censored | WeightedSum) else Censored(kind)
