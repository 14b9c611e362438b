"""The way through an epoch: batch by batch, many in one piece, or over all samples again and again."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event
from time import perf_counter
from typing import Any

import numpy as np

from ..errors import Diverged
from ..snapshot import Position
from ..typing import Array
from .averaging import Averaging
from .epoch import Epoch
from .moves import Moves
from .pace import ENOUGH, Pace
from .standing import Standing

LONGEST = 4096
"""The most batches learnt in one piece."""


class Walk:
    """
    Walks through epochs, as far as there is time and there are batches.

    Args:
        standing: What is trained.
        pace: What batches take.
        averaging: When processes that learn apart meet.
        waits: Whether others wait for this process, so that it waits for batches itself.
        ignore_divergence: Go on when the loss is no longer finite.

    Attributes:
        epoch: How far the present epoch is.
        learnt: Whether all of its batches are learnt.
        starved: Whether it went no further because batches were not there yet.
    """

    longest = LONGEST
    epoch: Epoch
    learnt: bool
    starved: bool

    def __init__(
        self, standing: Standing, pace: Pace, averaging: Averaging, *, waits: bool, ignore_divergence: bool
    ) -> None:
        self.standing = standing
        self._pace = pace
        self._averaging = averaging
        self._waits = waits
        self._ignore_divergence = ignore_divergence

    def begin(self, number: int) -> None:
        """Begin the epoch behind ``number`` complete ones."""
        standing = self.standing
        engine = standing.engine
        kinds = engine.values.kinds
        self.epoch = Epoch(number, kinds, engine.feed.tally(kinds))
        self.learnt = self.starved = False
        engine.feed.begin(number)
        engine.carry_on({})
        engine.restart_evaluation()
        if standing.searches:
            standing.algorithm.begin(engine.problem, standing.state)

    def resume(self, position: Position | None, data: tuple[Any, ...]) -> None:
        """Go on from a place in the epoch, if it is one in this very data; a search begins anew."""
        if not self.standing.searches:
            self.epoch.resume(position, data)
            self.learnt = self.standing.engine.feed.ended(self.epoch.batch)

    def go_on(self, states: Mapping[str, Array], *, another_loss: bool) -> None:
        """Go on in the middle of the epoch with another engine, and the states that layers carry."""
        engine = self.standing.engine
        engine.feed.begin(self.epoch.number)
        engine.carry_on(states)
        self.epoch.recount(engine.values.kinds, another_loss=another_loss)

    def learn(self, deadline: float, batches: int | None) -> int:
        """Learn till the deadline or the end of the epoch, at most so many batches; return how many."""
        return (self._search if self.standing.searches else self._advance)(deadline, batches)

    def moves(self, count: int) -> Moves | None:
        """Return the steps of the next batches for a chunk: as many as are of one name, None if it must not be so."""
        algorithm, state, moves = self.standing.algorithm, self.standing.state, None
        for ahead in range(count):
            before, moment = state, self.moment(ahead)
            state = dict(state)  # its numbers are those behind the step
            move = moment.move(state)
            if move is None or (moves is not None and move[0] != moves.name):
                break
            moves = moves or Moves(move[0], move[1], count)
            moves.add(move[2], state)
            if moment is algorithm and all(value is before[name] for name, value in state.items()):
                moves.repeat()  # without schedules and without numbers that change, all steps are like this one
                break
        return moves

    def moment(self, ahead: int) -> Any:
        """Return the algorithm as it is some batches from here."""
        standing = self.standing
        share = standing.engine.feed.share(self.epoch.batch + ahead)
        return standing.algorithm.at(self.epoch.number + share, standing.steps + ahead, standing.stats)

    def _advance(self, deadline: float, batches: int | None) -> int:
        """Learn batch by batch, as far as they are there; return how many."""
        engine, epoch = self.standing.engine, self.epoch
        feed, first = engine.feed, epoch.batch
        last = first + (feed.most if batches is None else min(batches, feed.most))
        most = self._averaging.depart(self.standing.steps)
        if most is not None:
            last = min(last, first + most)
        self.starved = False
        moves = None if engine.chunk is None else self.moves(1)
        if moves is not None and engine.takes(moves):
            self._leap(deadline, min(last, feed.n_batches))
        else:
            self._stride(deadline, last)
        self._collect(first)
        self.learnt = feed.ended(epoch.batch)
        return epoch.batch - first

    def _stride(self, deadline: float, last: int) -> None:
        """Learn one batch after the other."""
        standing, epoch = self.standing, self.epoch
        engine = standing.engine
        while epoch.batch < last:
            if not self._ready(epoch.batch):
                self.starved = True
                break
            engine.step(epoch.batch, self.moment(0), standing.state)
            epoch.batch += 1
            standing.steps += 1
            if perf_counter() >= deadline:
                break

    def _ready(self, index: int) -> bool:
        """Return whether a batch can be had; a process for which others wait waits itself till it can."""
        feed = self.standing.engine.feed
        while not feed.ready(index):
            if not self._waits or feed.ended(index):
                return False
            there = Event()
            feed.when_ready(there.set)
            there.wait()
        return True

    def _leap(self, deadline: float, last: int) -> None:
        """Learn as many batches in one piece as fit into the time left, by what the last ones took."""
        epoch, pace = self.epoch, self._pace
        now = perf_counter()
        nearly = now + ENOUGH * (deadline - now)
        while epoch.batch < last:
            start = now
            learnt = self._at_once(min(pace.fitting(deadline - start), self.longest, last - epoch.batch))
            if not learnt:
                break
            now = perf_counter()
            pace.note(now - start, learnt)
            if now >= nearly:
                break

    def _at_once(self, count: int) -> int:
        """Learn so many batches, or fewer if their steps are others; a device learns while the next are laid out."""
        standing, epoch = self.standing, self.epoch
        engine, first = standing.engine, epoch.batch
        piece = engine.piece or count
        while (left := first + count - epoch.batch) and (moves := self.moves(min(piece, left))) is not None:
            engine.chunk.learn(epoch.batch, moves, engine.theta, standing.state, engine.values.rows)
            standing.state.update(moves.state)
            standing.steps += moves.count
            epoch.batch += moves.count
        engine.wait()
        return epoch.batch - first

    def _search(self, deadline: float, batches: int | None) -> int:
        """Go over all samples as often as the algorithm wants for one iteration; return how many batches."""
        standing, epoch = self.standing, self.epoch
        engine, learnt = standing.engine, 0
        while not self.learnt and (batches is None or learnt < batches):
            engine.sweep(epoch.batch)
            epoch.batch += 1
            learnt += 1
            if epoch.batch == engine.feed.n_batches:
                self.learnt = standing.algorithm.advance(engine.problem, standing.state)
                if self.learnt:
                    standing.steps += 1
                    self._collect(0)
                else:
                    epoch.batch = 0
            if perf_counter() >= deadline:
                break
        return learnt

    def _collect(self, first: int) -> None:
        """Take the errors of the batches learnt since ``first`` to the books; notice a loss that is not finite."""
        epoch, engine = self.epoch, self.standing.engine
        if epoch.batch == first:
            return
        sums = engine.values.sums(first, epoch.batch)
        epoch.record(first, sums, engine.feed.sizes(first, epoch.batch))
        lost = np.flatnonzero(~np.isfinite(sums[0]))
        if lost.size and not self._ignore_divergence:
            batch = first + int(lost[0])
            raise Diverged(
                f"the loss became {sums[0, lost[0]]} in epoch {epoch.number + 1}, batch {batch + 1}; "
                "a smaller learning_rate or smaller inputs may help",
                epoch=epoch.number,
                batch=batch,
                loss=float(sums[0, lost[0]]),
            )
