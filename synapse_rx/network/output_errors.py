"""Errors of each of several outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..activations.joined import Joined
from ..errors import LossError
from ..losses import Loss, PerOutput
from ..metrics import Metric, Misclassification, TopK
from ..scratch import Scratch
from ..typing import Array


class OutputError(Metric):
    """
    What a loss or a metric makes of one of several outputs; no member of the family, because it depends on a network.

    Args:
        joined: How the outputs stand in a row.
        k: Which output.
        measure: The loss or metric, in the form that suits it.
    """

    def __init__(self, joined: Joined, k: int, measure: Metric | Loss) -> None:
        self._joined = joined
        self._k = k
        self._measure = measure

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        self._joined.judge(self._measure, self._k, y, t, values, s)


def own_errors(asked: PerOutput, loss: PerOutput, classes: Sequence[Any] | None) -> dict[str, Metric | Loss]:
    """
    Return each output's own loss, and misclassification where it has classes, by names such as "out0.cross_entropy".

    Args:
        asked: The losses that were asked for, which are recorded under their names.
        loss: The same, as `PerOutput.for_output` gave them.
        classes: The classes of each output, None for values; None if there are none at all.
    """
    assert loss.behind is not None
    classes = _of_each(loss, classes)
    found: dict[str, Metric | Loss] = {}
    for k, own in enumerate(loss.losses):
        found[f"{loss.names[k]}.{asked.losses[k].name}"] = OutputError(loss.behind, k, own)
        if classes is not None and classes[k] is not None:
            found |= _one(loss, k, Misclassification())
    return found


def each_error(
    loss: PerOutput, kind: Metric | Loss, classes: Sequence[Any] | None
) -> dict[str, Metric | Loss]:
    """
    Return ``kind`` for each output that it is defined on, by names such as "out0.misclassification".

    Errors of classification are for outputs that have classes, if any is known to have some.
    """
    classes = _of_each(loss, classes)
    of_classes = isinstance(kind, Misclassification | TopK)
    outputs = range(len(loss.losses))
    suited = [k for k in outputs if not of_classes or classes is None or classes[k] is not None]
    return {name: error for k in suited for name, error in _one(loss, k, kind).items()}


def _of_each(loss: PerOutput, classes: Sequence[Any] | None) -> Sequence[Any] | None:
    return classes if classes is None or len(loss.losses) > 1 else (classes,)


def _one(loss: PerOutput, k: int, kind: Metric | Loss) -> dict[str, Metric | Loss]:
    assert loss.behind is not None
    try:
        suited = kind.for_output(loss.behind.functions[k])
    except LossError:
        return {}
    return {f"{loss.names[k]}.{kind.name}": OutputError(loss.behind, k, suited)}
