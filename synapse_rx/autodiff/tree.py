"""Arguments made of arrays: tuples, lists and dictionaries of them, within each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield everything that is neither tuple, list, dictionary nor None, with the place where it stands."""
    if isinstance(tree, Mapping):
        for key, item in tree.items():
            yield from leaves(item, f"{path}[{key!r}]")
    elif isinstance(tree, (tuple, list)):
        for position, item in enumerate(tree):
            yield from leaves(item, f"{path}[{position}]")
    elif tree is not None:
        yield path, tree


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """Return a tree of the same form with ``function`` of every leaf, in the order of `leaves`."""
    if isinstance(tree, Mapping):
        return {key: mapped(function, item) for key, item in tree.items()}
    if isinstance(tree, (tuple, list)):
        parts = [mapped(function, item) for item in tree]
        if isinstance(tree, list):
            return parts
        return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)
    return None if tree is None else function(tree)


def like(tree: Any, values: list[Any]) -> Any:
    """Return a tree of the form of ``tree`` with these leaves."""
    rest = iter(values)
    return mapped(lambda _: next(rest), tree)


def aligned(tree: Any, other: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """
    Yield every leaf of ``tree`` with what stands in its place in ``other``.

    Raises:
        LookupError: If ``other`` has another form, naming the place.
    """
    if isinstance(tree, Mapping):
        if not isinstance(other, Mapping) or tree.keys() != other.keys():
            raise LookupError(path)
        for key, item in tree.items():
            yield from aligned(item, other[key], f"{path}[{key!r}]")
    elif isinstance(tree, (tuple, list)):
        if not isinstance(other, (tuple, list)) or len(tree) != len(other):
            raise LookupError(path)
        for position, (item, there) in enumerate(zip(tree, other, strict=True)):
            yield from aligned(item, there, f"{path}[{position}]")
    elif tree is not None:
        yield path, tree, other
