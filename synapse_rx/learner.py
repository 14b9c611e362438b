"""The protocol between the trainer and whatever learns: networks, neuron graphs, energy models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from attrs import frozen

Edit = tuple[str, str]
"""What was edited, and how: ``("learning_rate", "0.1 -> 0.01")``."""


@frozen
class Progress:
    """
    What one chunk of work did.

    Attributes:
        batches: Batches learnt in this chunk.
        epoch_done: True when the chunk ended at the end of an epoch, evaluations included.
        exhausted: There is nothing more to learn, in no further epoch either; an epoch that was begun is done.
        when_ready: Set if it ended for want of data: calls back once, from any thread, when it is worth going on.
    """

    batches: int
    epoch_done: bool
    exhausted: bool = False
    when_ready: Callable[[Callable[[], None]], object] | None = None


class Learner(Protocol):
    """
    A private, mutable thing that learns, driven in chunks from one thread at a time.

    It is the only owner of working memory. What others may see leaves it through `merge`, as an immutable snapshot;
    what others want enters through `adopt`.
    """

    def learn(self, seconds: float, batches: int | None = None) -> Progress:
        """
        Learn for about ``seconds``, at most ``batches`` batches, never past the end of the epoch.

        Data that are not there yet are not waited for: `Progress.when_ready` says when they are.

        Raises:
            Diverged: If the loss is no longer finite; what was learnt in this chunk must not be published.
        """
        ...

    def close(self) -> None:
        """Let go of files, threads and the like. Asked once, when training is over, however it ended; never raises."""
        ...

    def adopt(self, seen: Any, net: Any) -> tuple[Edit, ...]:
        """
        Take over what was edited between the snapshots ``seen`` (merged or adopted last) and ``net``.

        Returns:
            What changed.

        Raises:
            SynapseError: If it cannot be trained on with these edits.
        """
        ...

    def merge(self, net: Any) -> Any:
        """
        Return ``net``, whose edits have been adopted, with everything learnt so far put in.

        Changes nothing in the learner, so it may be tried again when ``net`` was edited meanwhile. An epoch that is
        complete is added to the statistics once, also when what was merged before is merged into again.
        """
        ...

    @property
    def batch(self) -> int:
        """Batches learnt in the present epoch; 0 once it is complete."""
        ...
