"""What a training tells its cell: what was learnt, what happened on the way, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..atoms import Atom
from ..learner import Learner
from ..snapshot import Event, Net, Training, with_events, with_status
from ..stopping import Condition, Course, Turn
from .phases import begun, described, turned
from .publish import Every, Pace
from .telling import Telling
from .wishes import Wishes


class Story:
    """
    Publishes snapshots, and takes over what others swapped in between them.

    Args:
        atom: The cell.
        telling: Changes the cell.
        wishes: What was asked of the training.
        goal: When it is over.
        publish: How often to publish within epochs; None for not at all.

    Attributes:
        goal: When it is over, from where it began.
        last: The snapshot it published or saw last.
        epochs_done: Complete epochs learnt.
        epoch_done: Whether the learner is at the end of an epoch that is not published yet.
        reached: Whether the goal is reached.
        pace: When the next publication within an epoch is due.
    """

    def __init__(
        self, atom: Atom[Net], telling: Telling, wishes: Wishes, goal: Condition, publish: Every | None
    ) -> None:
        self.goal = goal
        self.last: Net = atom.value
        self.epochs_done = 0
        self.epoch_done = False
        self.reached = False
        self.pace = Pace(publish)
        self._atom = atom
        self._telling = telling
        self._wishes = wishes
        self._events: list[Event] = []

    def prepare(self, make: Callable[[Net], Learner]) -> tuple[Net, Learner]:
        """
        Return what the cell holds, and a learner for it, changed as it is to be from the beginning.

        Raises:
            SynapseError: If the network cannot be trained so; the cell is unchanged.
        """
        net = self._atom.value
        self.goal = begun(self.goal, net)
        ready = _turned(net, self._turns(0))
        learner = make(ready)
        self.last = ready
        return net, learner

    def begin(self, net: Net, learner: Learner) -> None:
        """Publish the status "training" in the place of ``net``, or of what was swapped in since."""
        turns = self._turns(0)
        while not self._telling.put(net, live := with_status(self.last, "training")):
            net = self._atom.value
            ready = _turned(net, turns)
            learner.adopt(self.last, ready)
            self.last = ready
        self.last = live
        for turn in turns:
            self.note(learner.batch, "phase", described(turn))

    def look(self, learner: Learner) -> Net:
        """Return what the cell holds, after taking over what was edited in it."""
        net = self._atom.value
        if net is not self.last:
            was, now = self.last.training.status, net.training.status
            if was != now and was in Training.LIVE and now in Training.LIVE:
                self.note(learner.batch, now, f"was {was}")
            batch = learner.batch
            edits = learner.adopt(self.last, net)
            self.last = net
            for what, detail in edits:
                self.note(batch, what, detail)
        return net

    def publish(self, learner: Learner, ending: str | None = None) -> None:
        """
        Publish what was learnt, with a status that ends the training if there is one.

        Raises:
            WatchError: If a watch fails where that is to end the training.
        """
        before = self.epochs_done
        while True:
            net = self.look(learner)
            new = learner.merge(net)
            # An edit may have undone the epoch, so what counts is what the snapshot says.
            added = new.training.stats.epochs - net.training.stats.epochs
            self.epochs_done = before + added
            self.reached = added > 0 and self.goal.met(self._course(new))
            live = net.training.status if net.training.status in Training.LIVE else "training"
            status = ending or ("done" if self.reached else live)
            new = new if new.training.status == status else with_status(new, status)
            new = with_events(new, self._events)
            if self._telling.put(net, new):
                break
        self.last = new
        self._events.clear()
        self.epoch_done = False
        self.pace.published()
        self.check_strict()
        if self.epochs_done > before and not self.reached:
            self._turn()

    def end(self, status: str) -> None:
        """Have the cell say how it ended; what watches make of it then is theirs."""
        while True:
            net = self._atom.value
            if net.training.status == status and not self._events:
                break
            new = with_events(with_status(net, status), self._events)
            if self._telling.put(net, new):
                self._events.clear()
                net = new
                break
        self.last = net

    def note(self, batch: int, what: str, detail: str) -> None:
        """Remember an event for the next snapshot; it belongs to where the learner stands now."""
        epochs = self.last.training.stats.epochs + self.epoch_done
        self._events.append(Event(epochs, batch, what, detail))

    def with_notes(self, net: Net) -> Net:
        """Return ``net`` with the events noted so far, which the next snapshot need not have."""
        net = with_events(net, self._events)
        self._events.clear()
        return net

    def check_strict(self) -> None:
        """Raise what a watch raised, where that is to end the training."""
        if self._telling.fatal is not None:
            raise self._telling.fatal

    def _turn(self) -> None:
        """Put into the cell what is to be changed between these two epochs; it is adopted like any other edit."""
        turns = self._turns(self.epochs_done)
        while turns:
            net = self._atom.value
            # Whoever goes on after a stop begins with these.
            if self._wishes.stopping or self._wishes.cancelled or net.training.status == "stopping":
                return
            if self._telling.put(net, _turned(net, turns)):
                for turn in turns:
                    self.note(0, "phase", described(turn))
                return

    def _turns(self, epochs: int) -> list[Turn]:
        """Return what is to be changed behind so many epochs."""
        return [turn for turn in self.goal.turns() if turn.epochs == epochs]

    def _course(self, net: Net) -> Course:
        stats = net.training.stats
        since = max(0, stats.epochs - self.epochs_done)
        return Course(self.epochs_done, float(stats.seconds.array[since:].sum()), stats, since)


def _turned(net: Net, turns: Sequence[Turn]) -> Net:
    for turn in turns:
        net = turned(net, turn)
    return net
