"""The protocol between the trainer and whatever learns: networks, neuron graphs, energy models."""

from __future__ import annotations

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
    """

    batches: int
    epoch_done: bool


class Learner(Protocol):
    """
    A private, mutable thing that learns, driven in chunks from one thread at a time.

    It is the only owner of working memory. What others may see leaves it through `merge`, as an immutable snapshot;
    what others want enters through `adopt`.
    """

    def learn(self, seconds: float, batches: int | None = None) -> Progress:
        """
        Learn for about ``seconds``, at most ``batches`` batches, never past the end of the epoch.

        Raises:
            Diverged: If the loss is no longer finite; what was learnt in this chunk must not be published.
        """
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
