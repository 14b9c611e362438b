"""What was once found out about a value that never changes, known for as long as the value is there."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from weakref import ref

V = TypeVar("V")
P = ParamSpec("P")
T = TypeVar("T")


def remembered(function: Callable[Concatenate[V, P], T]) -> Callable[Concatenate[V, P], T]:
    """
    Return ``function``, which answers a question about a value, so that the same one is worked out once.

    Values are told apart by identity, since to compare two may take longer than the answer; further arguments by what
    they are, which has to be hashable. Errors are not remembered. Nothing is kept alive by being asked about.
    """
    known: dict[int, tuple[ref[V], dict[Hashable, T]]] = {}

    @wraps(function)
    def answer(value: V, /, *others: P.args, **named: P.kwargs) -> T:
        number, question = id(value), (*others, *named.items())
        entry = known.get(number)
        if entry is None or entry[0]() is not value:
            entry = known[number] = ref(value, lambda _: known.pop(number, None)), {}
        answers = entry[1]
        if question not in answers:
            answers[question] = function(value, *others, **named)
        return answers[question]

    return answer
