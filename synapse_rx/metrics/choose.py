"""Choose an error kind by name: a metric, or a loss recorded as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..described import normal_name
from ..errors import UnknownNameError
from ..losses import Loss
from .base import Metric


def metric(value: Any, **options: Any) -> Metric | Loss:
    """
    Return the error kind meant by ``value``.

    Metrics and losses answer to the same ``kind``, ``for_output`` and ``values``, so either can be recorded.

    Args:
        value: A name ("misclassification", "cross_entropy", ...), a `Metric`, a `Loss`, or the plain data of one.
        **options: Its fields, for a name.

    Raises:
        UnknownNameError: If no metric and no loss has that name.
        OptionError: If an option is unknown or refused, or ``value`` is none of these.
    """
    if isinstance(value, Loss):
        return Loss.of(value, **options)
    name = value.get("kind") if isinstance(value, Mapping) else value
    if not isinstance(name, str):
        return Metric.of(value, **options)
    known = {known: family for family in (Loss, Metric) for known in _names(family)}
    family = known.get(normal_name(name))
    if family is None:
        raise UnknownNameError.of("metric", name, known)
    return family.of(value, **options)


def _names(family: type[Metric] | type[Loss]) -> list[str]:
    return [name for member in family.members() for name in (member.kind, *member.aliases)]
