"""What can be read, watched, subscribed to, streamed and selected from: the reading half of an Atom."""

from __future__ import annotations

import inspect
import weakref
from abc import abstractmethod
from asyncio import AbstractEventLoop
from collections.abc import Callable, Generator, Hashable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar, cast, overload

import reactivex.abc as rx
from reactivex import Observable

from .delivery import Delivery, Entry, Token
from .handover import Overflow
from .report import Failures, log_failures, show

if TYPE_CHECKING:
    from .derived import Selected
    from .stream import Stream

T = TypeVar("T")
S = TypeVar("S")
F = TypeVar("F", bound=Callable[..., object])


class Cell(Observable[T]):
    """
    A value that changes, and everything that can be told of it.

    Abstract; an `Atom` is the cell that holds a value, `Selected` and `Cursor` are cells that look at a part
    of it. All cells over one atom share its queue: one total order for all watches, observers and streams.
    """

    __slots__ = ("_delivery",)

    _delivery: Delivery

    def __init__(self, delivery: Delivery) -> None:
        super().__init__()
        self._delivery = delivery

    @property
    @abstractmethod
    def value(self) -> T:
        """The current value; never blocks."""

    @property
    @abstractmethod
    def label(self) -> str:
        """A short name for messages."""

    def deref(self) -> T:
        """Give the current value; the same as ``value``."""
        return self.value

    @overload
    def add_watch(
        self, key: Hashable, f: Callable[[Any, Any, Any, Any], object], *, weak: bool = False
    ) -> Self: ...

    @overload
    def add_watch(self, key: Hashable, f: None = None, *, weak: bool = False) -> Callable[[F], F]: ...

    def add_watch(self, key: Hashable, f: Any = None, *, weak: bool = False) -> Any:
        """
        Have ``f(key, cell, old, new)`` called for every change from now on.

        It is called on the thread that swaps, or on the one that is already telling others, never on two at
        once; each ``old`` is the ``new`` of the call before. Watches are called in the order they were added.
        Without ``f`` this is a decorator: ``@atom.add_watch("log")``.

        Args:
            key: Names the watch. A watch added under a key in use takes the place of the one before it.
            f: A plain function. What it returns is ignored; what it raises reaches the swapping caller as
                `WatchError`.
            weak: Keep ``f``, a bound method, only as long as its object lives.

        Returns:
            The cell itself; as a decorator, the function.

        Raises:
            TypeError: If ``f`` cannot be called, is an ``async def``, or is to be weak and is no bound
                method.
        """
        if f is None:
            return partial(self._decorate, key, weak)
        if not callable(f):
            raise TypeError(f"a watch is a function f(key, atom, old, new), not {f!r}")
        refuse_coroutine_function(f, "watch")
        entry = _weak_entry(key, f, self._delivery) if weak else Entry(key, f, watch=lambda: f)
        self._attach((self._owner, key), entry)
        return self

    def remove_watch(self, key: Hashable) -> Self:
        """Forget the watch ``key``; an unknown key is fine. Changes committed before are still told to it."""
        self._delivery.detach((self._owner, key))
        return self

    @property
    def watches(self) -> Mapping[Hashable, Callable[..., object]]:
        """The watches of this cell by key, in the order in which they are called."""
        mine = [
            (key, entry.watch)
            for (owner, key), entry in self._delivery.entries.items()
            if owner == self._owner
        ]
        found = [(key, watch()) for key, watch in mine]
        return MappingProxyType({key: f for key, f in found if f is not None})

    def select(self, f: Callable[[T], S]) -> Selected[S]:
        """
        Give the read-only cell of ``f(value)``, which tells of a change only when that result changes.

        See `Selected`.
        """
        from .derived import Selected

        return Selected(self, f)

    def stream(self, buffer: int = 1, overflow: Overflow = "latest") -> Stream[T]:
        """
        Give an async iterator over the current value and the versions to come.

        Args:
            buffer: How many versions wait for a reader that is busy.
            overflow: What happens when one more comes. "latest": it replaces all that wait. "drop_oldest":
                the oldest is dropped. "block": the thread that swaps waits until there is room.

        Raises:
            OptionError: If ``buffer`` is no positive integer or ``overflow`` is unknown.
        """
        from .stream import Stream

        return Stream(self, buffer, overflow)

    def __aiter__(self) -> Stream[T]:
        return self.stream()

    def observable(
        self, loop: AbstractEventLoop | None = None, *, buffer: int = 1, overflow: Overflow = "latest"
    ) -> Observable[T]:
        """
        Give an Rx observable that calls its observers on an asyncio loop, through a bounded hand-over.

        Args:
            loop: Where to; None: the loop that runs where ``subscribe`` is called.
            buffer: As for `stream`.
            overflow: As for `stream`.
        """
        from .observable import LoopObservable

        return LoopObservable(self, loop, buffer, overflow)

    def subscribe(
        self,
        on_next: rx.ObserverBase[T] | rx.OnNext[T] | None = None,
        on_error: rx.OnError | None = None,
        on_completed: rx.OnCompleted | None = None,
        *,
        scheduler: rx.SchedulerBase | None = None,
    ) -> rx.DisposableBase:
        """
        Tell an Rx observer the current value, then every later version, in order, once, never two at a time.

        An observer whose ``on_next`` raises is detached; the error is in the `WatchError` of the swap that
        told it, or raised from here if it was the first value. A cell never completes.

        Returns:
            The subscription; nothing is delivered after its ``dispose()``.

        Raises:
            TypeError: If ``on_next`` is an ``async def``.
        """
        refuse_coroutine_function(getattr(on_next, "on_next", on_next), "observer")
        return super().subscribe(on_next, on_error, on_completed, scheduler=scheduler)

    def _subscribe_core(
        self, observer: rx.ObserverBase[T], scheduler: rx.SchedulerBase | None = None
    ) -> rx.DisposableBase:
        from .observable import Sink

        sink = Sink(observer, self._delivery)
        self._start(sink, sink.entry())
        return sink

    def __await__(self) -> Generator[Any, None, NoReturn]:
        raise TypeError(f"{self.label} never completes: read .value, or iterate its stream()")

    def run(self, scheduler: rx.SchedulerBase | None = None) -> NoReturn:
        """Refuse: it would wait for the last of endlessly many versions."""
        raise TypeError(f"{self.label} never completes: read .value, or bound it, as by ops.take(1)")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(
            f"{self.label} is an identity and cannot be copied or pickled; take its value: atom(a.value)"
        )

    def __repr__(self) -> str:
        try:
            value = show(self.value)
        except Exception as error:
            value = f"no value, {type(error).__name__}"
        return f"<{self.label}: {value}>"

    def __dir__(self) -> list[str]:
        """
        Name what is a cell's own, and ``pipe``.

        The hundred operators that reactivex gives every observable as methods are there as well, but completion in a
        REPL is for finding things, and ``pipe`` is the way to them.
        """
        own: list[type[Any]] = [
            base for base in type(self).__mro__ if issubclass(base, Cell) or base is object
        ]
        return sorted({"pipe", *(name for base in own for name in vars(base))})

    @property
    def _owner(self) -> Hashable:
        """What this cell's tokens begin with; None for the atom, which need not hold itself."""
        return self

    @abstractmethod
    def _attach(self, token: Token, entry: Entry) -> Failures:
        """Register ``entry`` with the atom below, told of what this cell tells."""

    def _start(self, listener: Hashable, entry: Entry) -> None:
        """Attach who hears the current value first; raise if that failed, log what else did meanwhile."""
        token = (listener, None)
        try:
            failures = self._attach(token, entry)
        except BaseException:
            self._delivery.detach(token)
            raise
        mine = [error for key, error in failures if key is entry.key]
        log_failures(self, [failure for failure in failures if failure[0] is not entry.key])
        if mine:
            self._delivery.detach(token)
            raise mine[0]

    def _decorate(self, key: Hashable, weak: bool, f: F) -> F:
        self.add_watch(key, f, weak=weak)
        return f


def refuse_coroutine_function(f: object, what: str) -> None:
    """Raise if calling ``f`` would only make a coroutine that nobody awaits."""
    call = getattr(f, "__call__", None)  # noqa: B004  (an object whose __call__ is async def)
    if any(inspect.iscoroutinefunction(g) or inspect.isasyncgenfunction(g) for g in (f, call)):
        raise TypeError(
            f"{f!r} is an async def, which a {what} cannot be: it is called, not awaited; "
            "iterate instead, as in 'async for value in atom.stream()'"
        )


def _weak_entry(key: Hashable, f: Any, delivery: Delivery) -> Entry:
    if not inspect.ismethod(f):
        raise TypeError(f"weak=True is for bound methods, whose object's life it follows; {f!r} is none")
    home = weakref.ref(delivery)

    def forget(_: object) -> None:
        if (delivery := home()) is not None:
            delivery.prune()

    method = weakref.WeakMethod(f, forget)

    def tell(key: Any, cell: Any, old: Any, new: Any) -> None:
        if (f := method()) is not None:
            cast(Any, f)(key, cell, old, new)

    return Entry(key, tell, alive=lambda: method() is not None, watch=method)
