"""The best snapshot that was published."""

from __future__ import annotations

from ..errors import OptionError
from ..snapshot import Net
from .base import Attachable, Subscriber, Track
from .judge import Judge
from .news import new_epochs


class BestSoFar(Subscriber):
    """
    Keeps the best snapshot of each network: ``best = BestSoFar("validation:misclassification").attach(net)``.

    It looks at every complete epoch on the training thread, so it misses none. Keeping a snapshot copies nothing. What
    a network learnt before it was attached counts with its newest epoch only.

    Args:
        monitor: "loss", "training:KIND" or "validation:KIND"; by default the loss on the validation set, or where there
            is none, the training loss.
        min_delta: By how much a value must be better to count as better.
        mode: "min", or "max" for what is the better the larger it is.

    Raises:
        OptionError: If an option is not of that form.
    """

    def __init__(self, monitor: str | None = None, min_delta: float = 0.0, *, mode: str = "min") -> None:
        self._judge = Judge(monitor, min_delta, mode)
        super().__init__()

    def best(self, net: Attachable | None = None) -> Net:
        """
        Return the best snapshot of ``net``, or of the only network.

        Raises:
            OptionError: If no epoch was complete so far, or it is not clear which network is meant.
        """
        track = self._track(net)
        if track.memory is None:
            raise OptionError(f"there is no best snapshot of {track.name}: no epoch was complete yet")
        return track.memory

    def value(self, net: Attachable | None = None) -> float:
        """Return what the best snapshot came to; raises as `best` does."""
        return self._judge.value(self.best(net))

    def epoch(self, net: Attachable | None = None) -> int:
        """Return after how many epochs it was; raises as `best` does."""
        return self.best(net).training.stats.epochs

    def _begun(self, track: Track, net: Net) -> None:
        track.memory = net if net.training.stats.epochs else None

    def _changed(self, track: Track, old: Net, new: Net) -> None:
        if not new_epochs(old.training.stats, new.training.stats):
            return
        value, best = self._judge.value(new), track.memory
        if best is None or self._judge.better(value, self._judge.value(best)):
            track.memory = new
