"""Reading and copying writing along a path into immutable data."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Iterable, Mapping, MutableMapping, Sequence
from types import MappingProxyType
from typing import Any, NoReturn, TypeAlias, cast

import attrs

from ..errors import OptionError, UnknownNameError

Path: TypeAlias = tuple[Hashable, ...]


def get(path: Path, whole: Any) -> Any:
    """Give what lies at ``path`` in ``whole``."""
    for place, step in enumerate(path):
        whole = _enter(whole, step, path, place)
    return whole


def put(path: Path, whole: Any, part: Any) -> Any:
    """Give a copy of ``whole`` with ``part`` at ``path``, which must exist."""
    on_the_way = [whole]
    for place, step in enumerate(path):
        on_the_way.append(_enter(on_the_way[-1], step, path, place))
    for place in reversed(range(len(path))):
        part = _with(on_the_way[place], path[place], part, path)
    return part


def _enter(value: Any, step: Any, path: Path, place: int) -> Any:
    if fields := _fields(value):
        names = list(fields)
        return getattr(value, step) if step in names else _missing("field", names, value, path, place)
    if isinstance(value, Mapping):
        found = cast("Mapping[Any, Any]", value)
        return found[step] if step in found else _missing("key", found, found, path, place)
    if _is_sequence(value) and isinstance(step, int):
        length = len(value)
        return (
            value[step] if -length <= step < length else _missing("index", range(length), value, path, place)
        )
    raise UnknownNameError(
        f"{_shown(path)} cannot step into the {type(value).__name__} at {_shown(path[:place])} by {step!r}: "
        "a step is a field of an attrs class, a key of a mapping or an index of a sequence"
    )


def _with(value: Any, step: Any, part: Any, path: Path) -> Any:
    if fields := _fields(value):
        field = fields[step]
        if not field.init:
            raise OptionError(
                f"{_shown(path)} cannot be written: {type(value).__name__} computes {step!r} itself"
            )
        return attrs.evolve(value, **{field.alias or field.name: part})
    if isinstance(value, Mapping):
        return _mapping_with(cast("Mapping[Any, Any]", value), step, part)
    items = list(value)
    items[step] = part
    kind = cast(Any, type(value))
    return kind._make(items) if hasattr(kind, "_make") else kind(items)


def _mapping_with(value: Mapping[Any, Any], key: Any, part: Any) -> Any:
    if isinstance(value, MutableMapping):
        changed = copy.copy(value)
        changed[key] = part
        return changed
    items = {**value, key: part}
    return MappingProxyType(items) if isinstance(value, MappingProxyType) else cast(Any, type(value))(items)


def _fields(value: Any) -> dict[str, attrs.Attribute[Any]]:
    kind = cast("type[Any]", type(value))
    return attrs.fields_dict(kind) if attrs.has(kind) else {}


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, range, memoryview))


def _missing(kind: str, known: Iterable[Any], value: Any, path: Path, place: int) -> NoReturn:
    unknown = UnknownNameError.of(kind, path[place], map(str, known))
    raise UnknownNameError(
        f"{_shown(path)} found {type(value).__name__} at {_shown(path[:place])}: {unknown}"
    )


def _shown(path: Path) -> str:
    return f"cursor({', '.join(map(repr, path))})"
