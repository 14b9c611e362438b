"""Operations with a gradient: how they are computed, and the rule for each argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import GradientError
from ..typing import Array, Shape
from .tape import Record
from .traced import Traced

Rule = Callable[..., Any]
"""``rule(g, y, *arrays, **options)`` returns dL/dx for g = dL/dy, where y is what the operation gave."""


class Primitive:
    """
    A function of arrays with a gradient of its own.

    ``erf = Primitive(scipy.special.erf, lambda g, y, x: g * 2 / np.sqrt(np.pi) * np.exp(-x * x))`` is a function that
    can be called on plain and on traced arrays. Rules are written in numpy's functions, so that they can be
    differentiated in turn; what they return has the shape of the argument.

    Args:
        compute: The function; positional arguments are arrays, options are what no gradient is asked for.
        *rules: For each positional argument, ``rule(g, y, *arrays, **options)``; None if it has no gradient.
    """

    __slots__ = ("compute", "rules")

    def __init__(self, compute: Callable[..., Array], *rules: Rule | None) -> None:
        self.compute = compute
        self.rules = rules

    def __call__(self, *arrays: Any, **options: Any) -> Any:
        tape = None
        for x in arrays:
            if type(x) is Traced and (tape is None or x.tape.level > tape.level):
                tape = x.tape
        if tape is None:
            return self.compute(*arrays, **options)
        values: list[Any] = []
        parents: list[tuple[int, int]] = []
        deeper = False
        for position, x in enumerate(arrays):
            if type(x) is Traced and x.tape is tape:
                if self.has_rule(position):
                    parents.append((position, x.index))
                x = x.value
            values.append(x)
            deeper = deeper or type(x) is Traced
        # The innermost call sees its own arrays; what it computes with them is seen by the next one out.
        y = self(*values, **options) if deeper else self.compute(*values, **options)
        if not parents or y.dtype.kind in "biu":
            return y
        if y.dtype.kind != "f":
            raise GradientError(
                f"gradients are of real numbers, but this gave {y.dtype}; keep to real arrays"
            )
        return Traced(y, tape, tape.record(Record(self, y, tuple(values), options, tuple(parents))))

    def has_rule(self, position: int) -> bool:
        """Return whether the argument at ``position`` has a gradient."""
        return self.rules[position] is not None

    def gradient(
        self, position: int, g: Array, y: Array, values: tuple[Any, ...], options: dict[str, Any]
    ) -> Array | None:
        """Return dL/dvalues[position] for g = dL/dy, or None for zeros."""
        rule = self.rules[position]
        return None if rule is None else rule(g, y, *values, **options)


class Elementwise(Primitive):
    """A primitive that broadcasts its arguments; rules return the gradient of the broadcast one."""

    __slots__ = ()

    def gradient(
        self, position: int, g: Array, y: Array, values: tuple[Any, ...], options: dict[str, Any]
    ) -> Array | None:
        dx = super().gradient(position, g, y, values, options)
        return None if dx is None else unbroadcast(dx, values[position].shape)


class Joint(Primitive):
    """A primitive of any number of arrays with one rule for all, which is told the ``position``."""

    __slots__ = ()

    def has_rule(self, position: int) -> bool:
        return True

    def gradient(
        self, position: int, g: Array, y: Array, values: tuple[Any, ...], options: dict[str, Any]
    ) -> Array | None:
        rule = self.rules[0]
        assert rule is not None
        return rule(g, y, *values, position=position, **options)


def unbroadcast(g: Array, shape: Shape) -> Array:
    """Return the gradient of what was broadcast from ``shape`` to the shape of ``g``: sums over the copies."""
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    stretched = [extra + k for k, size in enumerate(shape) if size == 1 and g.shape[extra + k] != 1]
    return g.sum(axis=(*range(extra), *stretched)).reshape(shape)
