"""A step that is captured: what it needs of others, and what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from weakref import ref

from attrs import frozen

from ...backends.cuda import Graph
from ...typing import Array


class Worker(Protocol):
    """What learns a batch that lies on the device: an `Engine`."""

    @property
    def kept(self) -> Array: ...
    @property
    def average(self) -> Array | None: ...
    @property
    def states(self) -> Mapping[str, Array]: ...
    @property
    def grad(self) -> Array: ...

    def work_on(
        self, batch: tuple[Array, Array, Array | None], errors: Array, scale: float, algorithm: Any
    ) -> None: ...


class Batches(Protocol):
    """Makes batches in memory that stays the same, so that a step that was captured finds them."""

    @property
    def key(self) -> bool:
        """What the next batch goes by: steps are captured for each."""
        ...

    def begin(self) -> None:
        """Take over what is new in the epoch."""
        ...

    def bring(self, index: int) -> None:
        """Have batch ``index`` there, if the device does not find it by itself."""
        ...

    def batch(self, n: int, at: Array, key: bool) -> tuple[Array, Array, Array | None]:
        """Return n samples, targets, and how often each counts; ``at`` is where the device stands."""
        ...


def there(worker: ref[Worker]) -> Worker:
    """Return who is held weakly, by those whom it holds: vectors go with their last user, not as garbage."""
    found = worker()
    assert found is not None
    return found


@frozen
class Step:
    """
    One batch of some size.

    Attributes:
        take: Learns it.
        drawn: How many random numbers that takes, once it was done.
    """

    take: Callable[[], None]
    drawn: list[int]

    @property
    def refused(self) -> bool:
        """Whether it could not be captured."""
        return isinstance(self.take, Graph) and self.take.refused


class Strokes:
    """A step of an algorithm by kernels, called like the algorithm itself."""

    def __init__(self, ahead: Sequence[Callable[[], None]], behind: Sequence[Callable[[], None]]) -> None:
        self._ahead, self._behind = ahead, behind

    def step(self, problem: Any, state: Any) -> None:
        for stroke in self._ahead:
            stroke()
        problem.evaluate()
        for stroke in self._behind:
            stroke()
