"""A part of an atom's value, to read and to write."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from .derived import Selected
from .path import get, put
from .reference import Atom

T = TypeVar("T")
P = ParamSpec("P")


class Cursor(Selected[T]):
    """
    The cell of what lies at a path in an atom's value, made by ``cursor``.

    A step of the path is the name of an attrs field, a key of a mapping or an index of a sequence. Writing
    copies what is on the way and swaps the atom, whose validator and watches apply; reading and watching is
    as for `Selected`. Cursors are equal when atom and path are, and so share their watches.

    Raises:
        UnknownNameError: From whatever reads or writes, if a step leads nowhere; the message says what was
            there.
    """

    __slots__ = ("_atom", "_path")

    def __init__(self, atom: Atom[Any], path: tuple[Hashable, ...]) -> None:
        super().__init__(atom, partial(get, path))
        self._atom = atom
        self._path = path

    @property
    def path(self) -> tuple[Hashable, ...]:
        """The steps from the atom's value to here."""
        return self._path

    def swap(self, f: Callable[Concatenate[T, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Set this part to ``f(part, *args, **kwargs)``; give it back. Otherwise as ``Atom.swap``."""
        return self.swap_vals(f, *args, **kwargs)[1]

    def swap_vals(
        self, f: Callable[Concatenate[T, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[T, T]:
        """Do as `swap`; give the pair ``(old, new)`` of this part in exactly this change."""

        def change(whole: Any) -> Any:
            return put(self._path, whole, f(get(self._path, whole), *args, **kwargs))

        old, new = self._atom.swap_vals(change)
        return get(self._path, old), get(self._path, new)

    def reset(self, value: T) -> T:
        """Set this part whatever it was; give it back."""
        return self.swap_vals(lambda _: value)[1]

    def reset_vals(self, value: T) -> tuple[T, T]:
        """Do as `reset`; give the pair ``(old, new)`` of this part in exactly this change."""
        return self.swap_vals(lambda _: value)

    def compare_and_set(self, old: T, new: T) -> bool:
        """Set this part to ``new`` if it *is* ``old`` (the same object); say whether it was."""
        while True:
            whole = self._atom.value
            if get(self._path, whole) is not old:
                return False
            if self._atom.compare_and_set(whole, put(self._path, whole, new)):
                return True

    def cursor(self, *path: Hashable) -> Cursor[Any]:
        """Give the cursor that goes on from here."""
        return Cursor(self._atom, self._path + path)

    @property
    def label(self) -> str:
        """A short name for messages."""
        return f"Cursor({', '.join(map(repr, self._path))}) of {self._atom.label}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cursor) and self._atom is other._atom and self._path == other._path

    def __hash__(self) -> int:
        return hash((id(self._atom), self._path))
