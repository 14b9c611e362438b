"""The Atom: an observable reference cell with Clojure's semantics and a total order of notification."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from ..errors import ValidationError
from .cell import Cell
from .delivery import Delivery, Entry, Token, Validator
from .report import Failures, show

if TYPE_CHECKING:
    from .cursor import Cursor

T = TypeVar("T")
P = ParamSpec("P")

Meta = Mapping[str, Any]


class Atom(Cell[T]):
    """
    A reference to an immutable value that changes by whole steps and tells who listens.

    Reading never blocks. A change is a compare-and-set by identity, retried until it wins, so none is lost
    however many threads swap. Every change is told in one total order, on the swapping thread or on the
    thread that is telling
    already: for each watch, ``old`` is the ``new`` it was told before. An atom is also a
        ``reactivex.Observable``. It
    is bound to no event loop, compares and hashes by identity, and cannot be copied or pickled (its value
    can).

    Args:
        value: The initial value.
        validator: Called with every new value (the initial one too) before it is set. A falsy result refuses
            it with `ValidationError`, an exception passes through; either way nothing changes and nobody is
            told.
        meta: Data about the atom that is no part of its value; ``{"name": ...}`` shows in messages.
    """

    __slots__ = ("_meta",)

    def __init__(
        self, value: T, validator: Callable[[T], object] | None = None, meta: Meta | None = None
    ) -> None:
        self._meta = _frozen({} if meta is None else meta)
        if validator is not None:
            _validate(validator, value)
        super().__init__(Delivery(value, validator))

    @property
    def value(self) -> T:
        """The current value; never blocks."""
        return self._delivery.value

    def deref(self) -> T:
        """Give the current value; the same as ``value``."""
        return self._delivery.value

    def swap(self, f: Callable[Concatenate[T, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Set the value to ``f(value, *args, **kwargs)`` and give it back.

        ``f`` is called again when another thread was faster, so it should be pure and quick: compute first,
        then swap.

        Raises:
            ValidationError: If the validator refuses the result; nothing changes.
            WatchError: If watches raised in what this thread told; the new value stands, all others were
                told.
        """
        delivery = self._delivery
        while True:
            old = delivery.value
            validator = delivery.validator
            new = f(old, *args, **kwargs)
            if validator is not None:
                _validate(validator, new)
            if delivery.commit(self, old, new, validator):
                return new

    def swap_vals(
        self, f: Callable[Concatenate[T, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[T, T]:
        """Do as `swap`; give the pair ``(old, new)`` of exactly this change."""
        delivery = self._delivery
        while True:
            old = delivery.value
            validator = delivery.validator
            new = f(old, *args, **kwargs)
            if validator is not None:
                _validate(validator, new)
            if delivery.commit(self, old, new, validator):
                return old, new

    def reset(self, value: T) -> T:
        """Set the value whatever it was; give it back."""
        return self.swap_vals(_replace, value)[1]

    def reset_vals(self, value: T) -> tuple[T, T]:
        """Do as `reset`; give the pair ``(old, new)`` of exactly this change."""
        return self.swap_vals(_replace, value)

    def compare_and_set(self, old: T, new: T) -> bool:
        """
        Set the value to ``new`` if it *is* ``old`` (the same object, not an equal one); say whether it was.

        The validator sees ``new`` in any case.
        """
        delivery = self._delivery
        while True:
            validator = delivery.validator
            if validator is not None:
                _validate(validator, new)
            if delivery.commit(self, old, new, validator):
                return True
            if delivery.value is not old:
                return False

    @property
    def validator(self) -> Callable[[T], object] | None:
        """What every new value must pass, or None. Setting it is `set_validator`."""
        return self._delivery.validator

    @validator.setter
    def validator(self, validator: Callable[[T], object] | None) -> None:
        self.set_validator(validator)

    def set_validator(self, validator: Callable[[T], object] | None) -> None:
        """
        Make ``validator`` the one, if the current value passes it; None removes it.

        No swap slips between: once this returns, every value has passed the new validator.

        Raises:
            ValidationError: If the current value does not pass; the old validator stays.
        """
        while True:
            value = self._delivery.value
            if validator is not None:
                _validate(validator, value)
            if self._delivery.guard(value, validator):
                return

    @property
    def meta(self) -> Meta:
        """Data about the atom, read-only and no part of its value; changing it tells nobody."""
        return self._meta

    def alter_meta(
        self, f: Callable[Concatenate[Meta, P], Meta], /, *args: P.args, **kwargs: P.kwargs
    ) -> Meta:
        """Set the meta to ``f(meta, *args, **kwargs)``; give it back. As in `swap`, ``f`` may be retried."""
        while True:
            old = self._meta
            new = _frozen(f(old, *args, **kwargs))
            with self._delivery.lock:
                if self._meta is old:
                    self._meta = new
                    return new

    def reset_meta(self, meta: Meta) -> Meta:
        """Set the meta whatever it was; give it back."""
        self._meta = new = _frozen(meta)
        return new

    def cursor(self, *path: Hashable) -> Cursor[Any]:
        """
        Give the cell of a part of the value, to read and to write: ``net.cursor("training", "status")``.

        See `Cursor`.
        """
        from .cursor import Cursor

        return Cursor(self, path)

    @property
    def label(self) -> str:
        """A short name for messages: ``Atom 'net'`` if the meta has a name."""
        name = self._meta.get("name")
        return type(self).__name__ if name is None else f"{type(self).__name__} {show(name)}"

    def _repr_html_(self) -> str | None:
        """Give what a notebook shows: what the value shows there; None if that is nothing of its own."""
        value: Any = self.value
        show_value = None if isinstance(value, type) else getattr(value, "_repr_html_", None)
        return None if show_value is None else show_value()

    @property
    def _owner(self) -> Hashable:
        return None

    def _attach(self, token: Token, entry: Entry) -> Failures:
        return self._delivery.attach(self, token, entry)


def atom(value: T, validator: Callable[[T], object] | None = None, meta: Meta | None = None) -> Atom[T]:
    """Make an `Atom` of ``value``."""
    return Atom(value, validator, meta)


def _validate(validator: Validator, value: Any) -> None:
    verdict = validator(value)
    if not verdict:
        raise ValidationError(f"the validator {show(validator)} returned {verdict!r} for {show(value)}")


def _replace(_: Any, new: Any) -> Any:
    return new


def _frozen(meta: Any) -> Meta:
    if not isinstance(meta, Mapping):
        raise TypeError(f"meta is a mapping, not {meta!r}")
    return MappingProxyType(dict(cast("Meta", meta)))
