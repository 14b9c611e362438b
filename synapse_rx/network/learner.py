"""The learner of a network: chunks of work, and what of it goes into a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event
from time import perf_counter
from typing import Any

import numpy as np
from attrs import evolve

from ..algorithms import FullBatchAlgorithm
from ..backends import Backend
from ..data import StreamSet, TrainingSet
from ..errors import Diverged
from ..learner import Edit, Progress
from ..remembered import remembered
from ..snapshot import Net, Slots, State, Stats, Training
from .changes import changes
from .checks import loss_of
from .engine import Engine
from .epoch import Epoch, EpochResult
from .joint import Joint
from .moves import Moves
from .supply import Supply

AVERAGE = "average"
"""The slot that holds the moving average of the parameters."""

CARRIED = "carried."
"""What the names of slots begin with that hold what layers carry from batch to batch."""

LONGEST = 4096
"""The most batches learnt in one piece."""

ENOUGH = 0.8
"""The part of the time given that ends a chunk: beside a busy thread each call waits for the interpreter's lock."""

REBUILT = frozenset({"loss", "algorithm", "recorded", "evaluation", "normalization"})
"""Edits after which batches are worked on in another way, as after those of an `Update`."""


class NetworkLearner:
    """
    Trains one network on one training set (`Learner`).

    Args:
        net: The snapshot to start from; training goes on exactly where it stands.
        data: What to learn.
        backend: Where to compute.
        ignore_divergence: Go on when the loss is no longer finite.
        chunks: Learn many batches in one piece where there is compiled code for it.
        engine: Makes what does the work of one batch; for architectures of another family, theirs.
        joint: The processes that train together; None where this one trains alone.

    Raises:
        ShapeError: If the samples do not fit the network's input, or the targets its output.
        LabelError: If labels or targets do not fit the network or its loss.
        LossError: If the network cannot be trained by gradients of its loss.
        OptionError: If its algorithm cannot train this architecture, or not with these options.
    """

    _longest = LONGEST

    def __init__(
        self,
        net: Net,
        data: TrainingSet | StreamSet,
        backend: Backend,
        *,
        ignore_divergence: bool = False,
        chunks: bool = True,
        engine: Callable[..., Any] = Engine,
        joint: Joint | None = None,
    ) -> None:
        self._data = data
        self._backend = backend
        self._ignore_divergence = ignore_divergence
        self._chunks = chunks
        self._make_engine = engine
        self._joint = joint
        self._every = None if joint is None else joint.every
        self._apart = False  # whether anything was learnt since parameters were averaged
        net.arch.check(net, data)  # before anything is opened that would have to be closed
        self._fingerprint = data.fingerprint()
        self._supply = Supply(data, joint)
        self._lent = False  # whether a snapshot was given the vectors themselves
        self._build(net)
        # Seconds a batch of a chunk takes, as they were found to be the last time; 0 before the first.
        self._paces, self._kind = _paces(net.arch), (backend.name, self._engine.feed.batch)
        self._pace = self._paces.get(self._kind, 0.0)

    @property
    def batch(self) -> int:
        """Batches learnt in the present epoch; 0 once it is complete."""
        return self._epoch.batch if self._finished is None else 0

    @property
    def in_chunks(self) -> bool:
        """Whether many batches are learnt at a time, without the interpreter's lock."""
        return self._engine.chunk is not None

    def learn(self, seconds: float, batches: int | None = None) -> Progress:
        """Learn for about ``seconds``, at most ``batches`` batches, at most to the end of the epoch (`Learner`)."""
        start = perf_counter()
        deadline = start + seconds
        self._own()
        if self._finished is not None:
            self._stats = self._counted(self._stats)
            self._begin_epoch(self._epoch.number + 1)
        # exp may overflow where the result is right, and lost trainings are reported as Diverged, not as warnings.
        with np.errstate(all="ignore"):
            work = self._search if isinstance(self._algorithm, FullBatchAlgorithm) else self._walk
            learnt = work(deadline, batches)
            if self._every is not None and (self._learnt or self._steps % self._every == 0):
                self._meet()
            done = self._learnt and self._evaluate(deadline)
            self._epoch.seconds += perf_counter() - start
            if done:
                self._finished = self._result()
        feed = self._engine.feed
        exhausted = feed.exhausted and (done or not self._epoch.batch)
        waits = not self._learnt and not exhausted and self._starved
        return Progress(learnt, done, exhausted=exhausted, when_ready=feed.when_ready if waits else None)

    def close(self) -> None:
        """Let go of what the batches come from (`Learner`)."""
        self._paces[self._kind] = self._pace
        self._supply.close()

    def _meet(self) -> None:
        """Average with the other processes what was learnt apart from them, as they do at the same step."""
        joint = self._joint
        if joint is None or not self._apart:
            return
        engine = self._engine
        learnt = [engine.theta, engine.kept, engine.average, *self._state.values()]
        for vector in learnt:
            if vector is not None and np.ndim(vector) and vector.size and vector.dtype.kind == "f":
                joint.mean(vector)
        self._apart = False

    def merge(self, net: Net) -> Net:
        """Return ``net`` with the parameters, the state and the statistics learnt so far (`Learner`)."""
        self._meet()
        how = net.training
        lends = self._engine.lends and not isinstance(self._algorithm, FullBatchAlgorithm)
        self._lent = self._lent or lends
        return Net(
            arch=net.arch,
            params=self._engine.lend() if lends else self._engine.read(self._iterate()),
            training=evolve(
                how, loss=loss_of(net), state=self._state_value(lends=lends), stats=self._counted(how.stats)
            ),
            labels=net.labels if net.labels is not None else self._engine.classes,
            normalization=net.normalization or self._data.normalization,
            version=net.version + 1,
            kept=self._engine.read_kept(net.kept),
        )

    def adopt(self, seen: Net, net: Net) -> tuple[Edit, ...]:
        """Take over what was edited in ``net`` since ``seen`` (`Learner`)."""
        edits = changes(seen, net)
        self._own()
        names = {name for name, _ in edits}
        rebuilt = bool(names & REBUILT) or seen.training.update != net.training.update
        if rebuilt or names & {"arch", "dtype"}:
            net.arch.check(net, self._data)  # before anything is changed
        if names & {"arch", "dtype"}:
            # Unless a whole snapshot was put in, the state is still the one of what was there before.
            state = net.training.state if "state" in names else State()
            self._build(evolve(net, training=evolve(net.training, state=state)))
            return edits
        searched = self._settle() if rebuilt else False
        if rebuilt:
            self._rebuild(net, another_loss="loss" in names)
        self._algorithm = net.training.algorithm
        self._stats = net.training.stats
        if "params" in names:  # before the state, which may belong to them
            self._engine.write(net.params)
        if "kept" in names:
            self._engine.write_kept(net.kept)
        if "state" in names:
            self._take_state(net.training)
            self._engine.take_average(net.training.state.slots.get(AVERAGE))
        elif (
            "algorithm" in names or searched
        ):  # losses from before the edit are no measure for those behind it
            self._state = self._algorithm.init(self._engine.problem)
        elif seen.training.algorithm != net.training.algorithm:
            self._state = self._resumed(self._state)
        searches = isinstance(self._algorithm, FullBatchAlgorithm)
        started_over = "state" in names or self._finished is not None
        if not started_over and (searched or (searches and (rebuilt or "params" in names))):
            self._begin_epoch(self._epoch.number)
        return edits

    def _build(self, net: Net) -> None:
        average = net.training.state.slots.get(AVERAGE)
        if average is not None and average.shape == net.params.flat.shape:
            average = self._backend.from_host(average)
        else:
            average = None
        self._generator = self._backend.generator([net.training.seed, 1])
        self._engine = self._make_engine(
            net,
            self._data,
            self._backend,
            self._generator,
            average=average,
            supply=self._supply,
            chunks=self._chunks,
            joint=self._joint,
        )
        self._algorithm = net.training.algorithm
        self._stats = net.training.stats
        self._take_state(net.training)

    def _rebuild(self, net: Net, *, another_loss: bool) -> None:
        """Work by other rules on the same parameters, in the middle of an epoch."""
        old = self._engine
        self._engine = self._make_engine(
            net,
            self._data,
            self._backend,
            self._generator,
            theta=old.theta,
            kept=old.kept,
            average=old.average,
            supply=self._supply,
            chunks=self._chunks,
            joint=self._joint,
        )
        self._engine.feed.begin(self._epoch.number)
        self._engine.carry_on(old.states)
        self._epoch.recount(self._engine.values.kinds, another_loss=another_loss)

    def _own(self) -> None:
        """
        Go on with copies of what a snapshot was given.

        By now the cell has let go of the snapshot before that one, so that there is room for them: of large networks
        two snapshots are never held beside the vectors that are worked on.
        """
        if not self._lent:
            return
        self._lent = False
        self._engine.move_to(self._engine.theta.copy())
        for name, value in self._state.items():
            if np.ndim(value):
                self._state[name] = value.copy()

    def _settle(self) -> bool:
        """Leave a search where it stands, at its iterate; return whether there was one."""
        iterate = self._iterate()
        if iterate is not None:
            self._engine.theta[...] = iterate
        return iterate is not None

    def _iterate(self) -> Any:
        """Return what a search stands by; None where theta itself is it."""
        algorithm = self._algorithm
        if not isinstance(algorithm, FullBatchAlgorithm):
            return None
        return algorithm.iterate(self._engine.problem, self._state)

    def _take_state(self, how: Training) -> None:
        state = how.state
        same = state.algorithm == self._algorithm.kind
        self._state = self._resumed(state.slots) if same else self._algorithm.init(self._engine.problem)
        backend = self._backend
        first = state.generator or backend.generator_state(backend.generator([how.seed, 1]))
        backend.restore(self._generator, first)
        if self._joint is not None:
            self._joint.part_ways(self._generator)
        self._steps = how.stats.steps
        self._begin_epoch(how.stats.epochs)
        if not isinstance(self._algorithm, FullBatchAlgorithm):
            self._epoch.resume(state.position, self._fingerprint)
            self._learnt = self._engine.feed.ended(self._epoch.batch)
        if self._epoch.batch:
            self._engine.carry_on_with_part(_carried(state.slots))

    def _resumed(self, slots: Any) -> dict[str, Any]:
        """Return the algorithm's first state with everything in ``slots`` that fits put in."""
        state = self._algorithm.init(self._engine.problem)
        for name, first in state.items():
            if name not in slots or np.shape(slots[name]) != np.shape(first):
                continue
            value = slots[name]
            state[name] = self._backend.from_host(value) if isinstance(value, np.ndarray) else value
        return state

    def _begin_epoch(self, number: int) -> None:
        feed = self._engine.feed
        kinds = self._engine.values.kinds
        self._epoch = Epoch(number, kinds, feed.tally(kinds))
        self._learnt = self._starved = False
        self._finished: EpochResult | None = None
        self._added: tuple[Stats, Stats] | None = None
        feed.begin(number)
        self._engine.carry_on({})
        self._engine.restart_evaluation()
        if isinstance(self._algorithm, FullBatchAlgorithm):
            self._algorithm.begin(self._engine.problem, self._state)

    def _walk(self, deadline: float, batches: int | None) -> int:
        """Learn batch by batch, as far as they are there; return how many."""
        engine, epoch = self._engine, self._epoch
        feed, first = engine.feed, epoch.batch
        last = first + (feed.most if batches is None else min(batches, feed.most))
        if self._every is not None:
            last, self._apart = min(last, first + self._every - self._steps % self._every), True
        self._starved = False
        moves = None if engine.chunk is None else self._moves(1)
        if moves is not None and engine.takes(moves):
            self._leap(deadline, min(last, feed.n_batches))
        else:
            self._stride(deadline, last)
        self._collect(first)
        self._learnt = feed.ended(epoch.batch)
        return epoch.batch - first

    def _stride(self, deadline: float, last: int) -> None:
        """Learn one batch after the other."""
        engine, epoch = self._engine, self._epoch
        while epoch.batch < last:
            if not self._ready(epoch.batch):
                self._starved = True
                break
            engine.step(epoch.batch, self._moment(0), self._state)
            epoch.batch += 1
            self._steps += 1
            if perf_counter() >= deadline:
                break

    def _ready(self, index: int) -> bool:
        """Return whether a batch can be had; a process for which others wait waits itself till it can."""
        feed = self._engine.feed
        while not feed.ready(index):
            if self._joint is None or feed.ended(index):
                return False
            there = Event()
            feed.when_ready(there.set)
            there.wait()
        return True

    def _leap(self, deadline: float, last: int) -> None:
        """Learn as many batches in one piece as fit into the time left, by what the last ones took."""
        engine, epoch = self._engine, self._epoch
        assert engine.chunk is not None
        now = perf_counter()
        nearly = now + ENOUGH * (deadline - now)
        while epoch.batch < last:
            start = now
            fitting = int((deadline - start) / self._pace) if self._pace else 1
            moves = self._moves(min(max(fitting, 1), self._longest, last - epoch.batch))
            if moves is None:
                break
            engine.chunk.learn(epoch.batch, moves, engine.theta, self._state, engine.values.rows)
            self._state.update(moves.state)
            self._steps += moves.count
            epoch.batch += moves.count
            now = perf_counter()
            self._pace = (now - start) / moves.count
            if now >= nearly:
                break

    def _moves(self, count: int) -> Moves | None:
        """Return the steps of the next batches for a chunk: as many as are of one name, None if it must not be so."""
        state, moves = self._state, None
        for ahead in range(count):
            before, moment = state, self._moment(ahead)
            state = dict(state)  # its numbers are those behind the step
            move = moment.move(state)
            if move is None or (moves is not None and move[0] != moves.name):
                break
            moves = moves or Moves(move[0], move[1], count)
            moves.add(move[2], state)
            if moment is self._algorithm and all(value is before[name] for name, value in state.items()):
                moves.repeat()  # without schedules and without numbers that change, all steps are like this one
                break
        return moves

    def _moment(self, ahead: int) -> Any:
        """Return the algorithm as it is some batches from here."""
        share = self._engine.feed.share(self._epoch.batch + ahead)
        return self._algorithm.at(self._epoch.number + share, self._steps + ahead, self._stats)

    def _search(self, deadline: float, batches: int | None) -> int:
        """Go over all samples as often as the algorithm wants for one iteration; return how many batches."""
        engine, epoch, algorithm = self._engine, self._epoch, self._algorithm
        assert isinstance(algorithm, FullBatchAlgorithm)
        learnt = 0
        while not self._learnt and (batches is None or learnt < batches):
            engine.sweep(epoch.batch)
            epoch.batch += 1
            learnt += 1
            if epoch.batch == engine.feed.n_batches:
                self._learnt = algorithm.advance(engine.problem, self._state)
                if self._learnt:
                    self._steps += 1
                    self._collect(0)
                else:
                    epoch.batch = 0
            if perf_counter() >= deadline:
                break
        return learnt

    def _collect(self, first: int) -> None:
        """Take the errors of the batches learnt since ``first`` to the books; notice a loss that is not finite."""
        if self._epoch.batch == first:
            return
        sums = self._engine.values.sums(first, self._epoch.batch)
        self._epoch.record(first, sums, self._engine.feed.sizes(first, self._epoch.batch))
        lost = np.flatnonzero(~np.isfinite(sums[0]))
        if lost.size and not self._ignore_divergence:
            batch = first + int(lost[0])
            raise Diverged(
                f"the loss became {sums[0, lost[0]]} in epoch {self._epoch.number + 1}, batch {batch + 1}; "
                "a smaller learning_rate or smaller inputs may help",
                epoch=self._epoch.number,
                batch=batch,
                loss=float(sums[0, lost[0]]),
            )

    def _evaluate(self, deadline: float) -> bool:
        """Measure errors with the parameters as they are till the deadline; return whether it is done."""
        for evaluator in self._engine.evaluators.values():
            while not evaluator.advance():
                if perf_counter() >= deadline:
                    return False
        return True

    def _result(self) -> EpochResult:
        engine, epoch = self._engine, self._epoch
        errors = epoch.means(engine.feed)
        measured = {part: evaluator.errors() for part, evaluator in engine.evaluators.items()}
        moment = self._algorithm.at(epoch.number + 1, self._steps, self._stats)
        return EpochResult(
            loss=next(iter(errors.values())) + engine.penalty(),
            training=errors | measured.get("training", {}),
            validation=measured.get("validation", {}),
            learning_rate=float(getattr(moment, "learning_rate", np.nan)),
            seconds=epoch.seconds,
            samples=epoch.samples(engine.feed),
        )

    def _counted(self, stats: Stats) -> Stats:
        """Return ``stats`` with the epoch that is complete, if they lack it; asked twice for the same, the same."""
        if self._finished is None or stats.epochs > self._epoch.number:
            return evolve(stats, steps=self._steps)
        if self._added is None or self._added[0] is not stats:
            self._added = stats, self._finished.into(stats, self._steps)
        return self._added[1]

    def _state_value(self, *, lends: bool) -> State:
        values = dict(self._state)
        lent = set(values) if lends else set[str]()
        if self._engine.average is not None:
            values[AVERAGE] = self._engine.average
        if self.batch:
            values |= {CARRIED + name: value for name, value in self._engine.states_of_all.items()}
        slots = {
            name: self._backend.to_host(value) if np.ndim(value) and name not in lent else value
            for name, value in values.items()
        }
        search = isinstance(self._algorithm, FullBatchAlgorithm)
        position = None if search or self._finished is not None else self._epoch.position(self._fingerprint)
        generator = self._backend.generator_state(self._generator)
        return State(self._algorithm.kind, Slots(slots), generator, position)


@remembered
def _paces(arch: Any) -> dict[tuple[str, int], float]:
    """Return how many seconds a batch took in the trainings of such a net so far, by the backend and its samples."""
    return {}


def _carried(slots: Mapping[str, Any]) -> dict[str, Any]:
    """Return what layers carried, by their own names."""
    return {name.removeprefix(CARRIED): value for name, value in slots.items() if name.startswith(CARRIED)}
