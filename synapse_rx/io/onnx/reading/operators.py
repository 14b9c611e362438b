"""What every operator is here, and graphs of them."""

from __future__ import annotations

from collections.abc import Sequence

from ....errors import FormatError, SynapseError
from ...assembly import Body, Join, Step, Value
from ...assembly.body import Translation
from ...assembly.graph import unknown
from . import convolution, dense, elementwise, joining, normalization, recurrence, shape
from .constants import Constants
from .graph import Graph

TOPICS = (dense, elementwise, convolution, normalization, shape, recurrence)

TRANSLATIONS: dict[str, Translation] = {
    op: translation for topic in TOPICS for op, translation in topic.TABLE.items()
}
"""What reads each operator that takes one tensor; `joining` reads those that take several."""

WITHIN_PATTERNS = ("Erf", "HardSigmoid")
"""Operators that are read as parts of activations that are written in several."""


def check(graph: Graph) -> None:
    """Raise a FormatError that lists every operator that is not supported, with its nodes."""
    known = {*TRANSLATIONS, *joining.JOINS, *WITHIN_PATTERNS}
    if found := unknown(graph.nodes, dict.fromkeys(known)):
        raise FormatError(f"these operators are not supported: {found}")


def read(steps: Sequence[Step | Join], value: Value, body: Body, constants: Constants) -> Value:
    """
    Add the layers that steps are to a body, and return what they give.

    Raises:
        FormatError: If one cannot be read; the message names it.
    """
    for step in steps:
        try:
            value = (
                _joined(step, value, body, constants)
                if isinstance(step, Join)
                else _single(step, value, body)
            )
        except _Named:
            raise
        except SynapseError as error:
            raise _Named(f"{step.node}: {error}") from error
        constants.sizes[step.output] = value.sizes
    return value


class _Named(FormatError):
    """An error that says already which node it is about."""


def _single(step: Step, value: Value, body: Body) -> Value:
    translation = TRANSLATIONS.get(step.node.op)
    if translation is None:
        raise FormatError("it is supported as part of an activation alone")
    if step.output != step.node.detail.outputs[0] and step.node.op not in recurrence.TABLE:
        raise FormatError(f"its output {step.output!r} is not supported, only the first")
    return translation(step, value, body)


def _joined(join: Join, value: Value, body: Body, constants: Constants) -> Value:
    if join.node.op not in joining.JOINS:
        raise FormatError("branches that are joined by it are not supported")
    found = joining.known(join, value, body)
    if found is not None:
        return found
    bodies = [Body() for _ in join.branches]
    values = [read(branch, value, one, constants) for branch, one in zip(join.branches, bodies, strict=True)]
    for one in bodies:
        one.check()
    return joining.joined(join, value, bodies, values, body)
