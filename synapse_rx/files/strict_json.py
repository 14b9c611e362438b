"""JSON from strangers: nothing but what the standard allows, and not too deep."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from ..errors import FormatError

DEEPEST = 200
"""Lists and objects within each other; what reads them may go by recursion."""


def loads(text: str | bytes) -> Any:
    """
    Return what ``text`` says.

    Raises:
        FormatError: If it is no JSON, says a name twice, has numbers that are not finite, or is nested too deeply.
    """
    try:
        plain = text if isinstance(text, str) else str(text, "utf-8")
        data = json.loads(
            plain, parse_float=_finite, parse_constant=_refuse, object_pairs_hook=_without_twins
        )
    except (ValueError, RecursionError) as error:
        raise FormatError(f"no right JSON: {error}") from None
    _check_depth(data)
    return data


def dumps(data: Any, *, ascii_only: bool = True) -> str:
    """Return ``data`` as text; numbers that are not finite are an error."""
    return json.dumps(data, ensure_ascii=ascii_only, allow_nan=False, separators=(",", ":"))


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no finite number")
    return value


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number in JSON")


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has the same name twice")
    return found


def _check_depth(data: Any) -> None:
    depth, level = 0, [data]
    while level:
        if depth > DEEPEST:
            raise FormatError(f"no right JSON: more than {DEEPEST} lists and objects within each other")
        depth += 1
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += value.values()
            elif isinstance(value, list):
                inner += value
        level = inner
