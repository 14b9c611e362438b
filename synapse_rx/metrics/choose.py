"""Choose an error kind by name: a metric, a loss recorded as one, or a function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..described import Described, normal_name
from ..errors import UnknownNameError
from ..losses import Loss
from .base import Metric
from .function_metric import FunctionMetric

_REPORT = "it is no mean over samples: evaluate(net, data) has it in .report"
HINTS = {
    "accuracy": "what is recorded are errors; misclassification is 1 - accuracy, which evaluate(net, data) has",
    "precision": _REPORT,
    "recall": _REPORT,
    "f1": _REPORT,
    "auc": "it is no mean over samples: evaluate(net, data) has it in .auc",
    "confusion_matrix": "it is no number: evaluate(net, data) has it in .confusion",
}
"""Where to find what people may look for here."""


def metric(value: Any, **options: Any) -> Metric | Loss:
    """
    Return the error kind meant by ``value``.

    Metrics and losses answer to the same ``kind``, ``name``, ``for_output`` and ``values``, so either can be recorded.

    Args:
        value: A name ("misclassification", "cross_entropy", ...), a `Metric`, a `Loss`, the plain data of one, or a
            function of outputs and targets (`FunctionMetric`).
        **options: Its fields, for a name; ``name=`` for a function.

    Raises:
        UnknownNameError: If no metric and no loss has that name.
        OptionError: If an option is unknown or refused, or ``value`` is none of these.
    """
    if callable(value) and not isinstance(value, (Described, type)):
        return FunctionMetric.checked(function=value, **options)
    if isinstance(value, Loss):
        return Loss.of(value, **options)
    name = value.get("kind") if isinstance(value, Mapping) else value
    if not isinstance(name, str):
        return Metric.of(value, **options)
    known = {known: family for family in (Loss, Metric) for known in _names(family)}
    family = known.get(normal_name(name))
    if family is None:
        if (hint := HINTS.get(normal_name(name))) is not None:
            raise UnknownNameError(f"unknown metric {name!r}; {hint}")
        raise UnknownNameError.of("metric", name, known)
    return family.of(value, **options)


def _names(family: type[Metric] | type[Loss]) -> list[str]:
    return [name for member in family.members() for name in (member.kind, *member.aliases)]
