"""Cells that look at a part of another cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from .cell import Cell, refuse_coroutine_function
from .delivery import Entry, Tell, Token
from .report import Failures, show

T = TypeVar("T")

_NOTHING: Any = object()


class Selected(Cell[T]):
    """
    The read-only cell of ``f(parent.value)``, made by ``select``.

    Its watches, observers and streams hear of a change only when the result is another one: not the same
    object and not equal. A comparison that raises or has no single answer, as of arrays, counts as another
    one. Then ``old`` is the last result told.

    ``f`` should be pure; it is called once per version while anybody listens, and else when read. When it
    raises, reading raises, and a swap reports it as it does a watch that raises; the next good result is
    compared with the last.

    While anybody listens to it, the parent keeps it alive, also if nobody else does; otherwise the parent
    does not know of it.
    """

    __slots__ = ("_f", "_last", "_parent", "_read")

    def __init__(self, parent: Cell[Any], f: Callable[[Any], T]) -> None:
        refuse_coroutine_function(f, "selection")
        super().__init__(parent._delivery)
        self._parent = parent
        self._f = f
        self._last: _Step | None = None
        self._read: tuple[Any, T] | None = None

    @property
    def value(self) -> T:
        """The result for the parent's current value, computed once per value."""
        given = self._parent.value
        last, read = self._last, self._read
        if read is not None and read[0] is given:
            return read[1]
        if last is not None and last.given is given and last.error is None:
            return last.after
        result = self._f(given)
        self._read = (given, result)
        return result

    @property
    def label(self) -> str:
        """A short name for messages."""
        name = getattr(self._f, "__qualname__", None) or show(self._f)
        return f"{type(self).__name__} {name} of {self._parent.label}"

    def _attach(self, token: Token, entry: Entry) -> Failures:
        first = None if entry.first is None else self._first(entry.first)
        return self._parent._attach(token, entry._replace(tell=self._tell(entry.tell), first=first))

    def _first(self, tell: Tell) -> Tell:
        def told(key: Any, cell: Any, old: Any, new: Any) -> None:
            last = self._last
            known = last is not None and last.given is new and last.error is None
            tell(key, self, None, last.after if known and last is not None else self._f(new))

        return told

    def _tell(self, tell: Tell) -> Tell:
        def told(key: Any, cell: Any, old: Any, new: Any) -> None:
            step = self._step(old, new)
            if step.error is not None:
                raise step.error
            if step.changed:
                tell(key, self, step.before, step.after)

        return told

    def _step(self, old: Any, new: Any) -> _Step:
        """Evaluate a change of the parent, once for all that listen here. Only the drainer calls it."""
        last = self._last
        if last is not None and last.round == self._delivery.round:
            return last
        before = last.after if last is not None and last.given is old else self._evaluate(old)[0]
        after, error = self._evaluate(new)
        if error is not None:
            step = _Step(self._delivery.round, new, before, before, error, False)
        elif _differ(before, after):
            step = _Step(self._delivery.round, new, None if before is _NOTHING else before, after, None, True)
        else:
            step = _Step(self._delivery.round, new, before, before, None, False)
        self._last = step
        if step.changed:
            self._delivery.settling.append(self._settle)
        return step

    def _settle(self) -> None:
        if self._last is not None:
            self._last = self._last._replace(before=_NOTHING)

    def _evaluate(self, given: Any) -> tuple[Any, Exception | None]:
        read = self._read
        if read is not None and read[0] is given:
            return read[1], None
        try:
            return self._f(given), None
        except Exception as error:
            return _NOTHING, error


class _Step(NamedTuple):
    """What one change of the parent means here; ``after`` is the last good result told (or begun with)."""

    round: int
    given: Any
    before: Any
    after: Any
    error: Exception | None
    changed: bool


def _differ(a: Any, b: Any) -> bool:
    if a is b:
        return False
    try:
        equal = a == b
        return getattr(equal, "shape", ()) != () or not equal
    except Exception:
        return True
