"""The learner of a network: mini-batches, running errors, validation, and what of it goes into a snapshot."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..backends import Backend
from ..data import TrainingSet
from ..errors import Diverged
from ..learner import Edit, Progress
from ..params import Params
from ..snapshot import Net, Position, Slots, State, Stats, Training
from .changes import changes
from .checks import check_fit
from .evaluation import CAPACITY, ErrorValues, Evaluator, error_kinds
from .feed import Feed
from .problem import NetworkProblem
from .program import Program


class NetworkLearner:
    """
    Trains one network on one training set (`Learner`).

    Args:
        net: The snapshot to start from; training goes on exactly where it stands.
        data: What to learn.
        backend: Where to compute.
        ignore_divergence: Go on when the loss is no longer finite.

    Raises:
        ShapeError: If the samples do not fit the network's input, or the targets its output.
        LabelError: If labels or targets do not fit the network or its loss.
        LossError: If the network cannot be trained by gradients of its loss.
    """

    def __init__(
        self, net: Net, data: TrainingSet, backend: Backend, *, ignore_divergence: bool = False
    ) -> None:
        self._data = data
        self._backend = backend
        self._ignore_divergence = ignore_divergence
        self._build(net)

    @property
    def batch(self) -> int:
        """Batches learnt in the present epoch."""
        return self._batch

    def learn(self, seconds: float, batches: int | None = None) -> Progress:
        """Learn for about ``seconds``, at most ``batches`` batches, at most to the end of the epoch (`Learner`)."""
        start = perf_counter()
        deadline = start + seconds
        if self._finished is not None:
            self._begin_epoch(self._epoch + 1)
        first = self._batch
        last = self._feed.n_batches if batches is None else min(first + batches, self._feed.n_batches)
        # exp may overflow where the result is right, and lost trainings are reported as Diverged, not as warnings.
        with np.errstate(all="ignore"):
            while self._batch < last:
                self._step()
                if perf_counter() >= deadline:
                    break
            self._collect(first)
            done = self._batch == self._feed.n_batches and self._validate(deadline)
            self._seconds += perf_counter() - start
            if done:
                self._finished = self._result()
        return Progress(batches=self._batch - first, epoch_done=done)

    def merge(self, net: Net) -> Net:
        """Return ``net`` with the parameters, the state and the statistics learnt so far (`Learner`)."""
        how = net.training
        if self._finished is None:
            stats = evolve(how.stats, steps=self._steps)
        else:
            stats = self._finished.into(how.stats, self._steps)
        return Net(
            arch=net.arch,
            params=self._read(),
            training=evolve(
                how, loss=how.loss or net.arch.default_loss(), state=self._state_value(), stats=stats
            ),
            labels=net.labels if net.labels is not None else self._data.labels,
            version=net.version + 1,
        )

    def adopt(self, seen: Net, net: Net) -> tuple[Edit, ...]:
        """Take over what was edited in ``net`` since ``seen`` (`Learner`)."""
        edits = changes(seen, net)
        names = {name for name, _ in edits}
        if names & {"arch", "dtype"}:
            self._build(evolve(net, training=evolve(net.training, state=State())))
            return edits
        if "loss" in names:
            self._take_loss(net)
        self._algorithm = net.training.algorithm
        if "state" in names:
            self._take_state(net.training)
        elif "algorithm" in names:
            self._state = self._algorithm.init(self._problem)
        elif seen.training.algorithm != net.training.algorithm:
            self._state = self._resumed(self._state)
        if "params" in names:
            self._write(net.params)
        return edits

    def _build(self, net: Net) -> None:
        self._loss = check_fit(net, self._data)
        dtype = net.params.flat.dtype
        arch, backend, data = net.arch, self._backend, self._data
        self._layout = net.params.layout
        self._theta = backend.from_host(net.params.flat)
        self._problem = NetworkProblem(backend, self._theta, self._evaluate)
        self._algorithm = net.training.algorithm
        self._feed = Feed(backend, data.data, data.batch, arch.in_shape, dtype)
        self._rng = backend.generator([net.training.seed, 1])
        self._program = Program(arch, backend, self._feed.batch, self._theta, self._problem.grad, self._rng)
        self._valid_feed = (
            None if data.valid is None else Feed(backend, data.valid, CAPACITY, arch.in_shape, dtype)
        )
        self._arch = arch
        self._take_loss(net)
        self._take_state(net.training)

    def _take_loss(self, net: Net) -> None:
        self._loss = check_fit(net, self._data)
        loss = net.training.loss or net.arch.default_loss()
        kinds = error_kinds(loss, net.arch.output, self._data.labels)
        self._values = ErrorValues(self._backend, list(kinds), self._feed, self._theta.dtype)
        self._metrics = list(kinds.values())[1:]
        self._sums = np.zeros((len(kinds), self._feed.n_batches))
        self._since = getattr(self, "_batch", 0)
        self._evaluator = None
        if self._valid_feed is not None:
            self._evaluator = Evaluator(
                self._arch, self._backend, self._theta, self._valid_feed, kinds, self._rng
            )

    def _take_state(self, how: Training) -> None:
        state = how.state
        same = state.algorithm == self._algorithm.kind
        self._state = self._resumed(state.slots) if same else self._algorithm.init(self._problem)
        fresh = self._backend.generator([how.seed, 1])
        self._backend.restore(self._rng, state.generator or self._backend.generator_state(fresh))
        self._steps = how.stats.steps
        self._begin_epoch(how.stats.epochs)
        position = state.position
        if (
            position is not None
            and position.data == self._fingerprint
            and set(position.sums) == set(self._values.kinds)
        ):
            self._batch, self._since, self._seconds = position.batch, position.since, position.seconds
            for row, kind in enumerate(self._values.kinds):
                self._sums[row, : position.batch] = position.sums[kind]

    def _resumed(self, slots: Any) -> dict[str, Any]:
        """Return the algorithm's first state with everything in ``slots`` that fits put in."""
        state = self._algorithm.init(self._problem)
        for name, first in state.items():
            if name not in slots or np.shape(slots[name]) != np.shape(first):
                continue
            value = slots[name]
            state[name] = self._backend.from_host(value) if isinstance(value, np.ndarray) else value
        return state

    def _begin_epoch(self, epoch: int) -> None:
        self._epoch = epoch
        self._batch = 0
        self._since = 0
        self._seconds = 0.0
        self._finished: EpochResult | None = None
        self._feed.start(self._data.order(epoch))
        if self._evaluator is not None:
            self._evaluator.restart()

    def _step(self) -> None:
        self._x, self._t = self._feed.get(self._batch)
        first, last = self._feed.span(self._batch)
        self._algorithm.step(self._problem, self._state)
        if self._metrics:
            s = self._program.scratch(last - first)
            for row, metric in enumerate(self._metrics, 1):
                metric.values(self._y, self._t, self._values.rows[row, first:last], s)
        self._batch += 1
        self._steps += 1

    def _evaluate(self) -> None:
        """Compute loss and gradient of the batch at hand; algorithms call it through the problem."""
        first, last = self._feed.span(self._batch)
        values = self._values.rows[0, first:last]
        self._y = self._program.learn(self._x, self._t, self._loss, values, 1.0 / (last - first))

    def _collect(self, first: int) -> None:
        if self._batch == first:
            return
        sums = self._values.sums(first, self._batch)
        self._sums[:, first : self._batch] = sums
        lost = np.flatnonzero(~np.isfinite(sums[0]))
        if lost.size and not self._ignore_divergence:
            batch = first + int(lost[0])
            raise Diverged(
                f"the loss became {sums[0, lost[0]]} in epoch {self._epoch + 1}, batch {batch + 1}; "
                "a smaller learning_rate or smaller inputs may help",
                epoch=self._epoch,
                batch=batch,
                loss=float(sums[0, lost[0]]),
            )

    def _validate(self, deadline: float) -> bool:
        """Evaluate the validation set till the deadline; return whether it is done."""
        if self._evaluator is None:
            return True
        while not self._evaluator.advance():
            if perf_counter() >= deadline:
                return False
        return True

    def _result(self) -> EpochResult:
        # Of an epoch whose loss was changed behind its last batch nothing counts, and 0 / 0 says so.
        counted = max(0, self._feed.n - self._since * self._feed.batch)
        means = self._sums[:, self._since :].sum(axis=1) / np.float64(counted)
        errors = {kind: float(mean) for kind, mean in zip(self._values.kinds, means, strict=True)}
        validation = {} if self._evaluator is None else self._evaluator.errors()
        return EpochResult(float(means[0]), errors, validation, self._seconds, self._feed.n)

    def _state_value(self) -> State:
        slots = {
            name: self._backend.to_host(value) if np.ndim(value) else value
            for name, value in self._state.items()
        }
        position = None
        if self._finished is None and self._batch:
            sums = {
                kind: self._sums[row, : self._batch].copy() for row, kind in enumerate(self._values.kinds)
            }
            position = Position(self._batch, Slots(sums), self._since, self._seconds, self._fingerprint)
        generator = self._backend.generator_state(self._rng)
        return State(self._algorithm.kind, Slots(slots), generator, position)

    @property
    def _fingerprint(self) -> tuple[Any, ...]:
        data = self._data
        return (self._feed.n, self._feed.batch, data.shuffle, data.seed)

    def _read(self) -> Params:
        flat = self._backend.to_host(self._theta)
        flat.setflags(write=False)
        return Params(self._layout, flat)

    def _write(self, params: Params) -> None:
        self._theta[...] = self._backend.from_host(params.flat)
        if self._evaluator is not None:
            self._evaluator.restart()


@frozen
class EpochResult:
    """What a complete epoch adds to the statistics."""

    loss: float
    training: dict[str, float]
    validation: dict[str, float] = field(factory=dict)
    seconds: float = 0.0
    samples: int = 0

    def into(self, stats: Stats, steps: int) -> Stats:
        """Return ``stats`` with this epoch added."""
        return stats.with_epoch(
            steps=steps,
            loss=self.loss,
            training=self.training,
            validation=self.validation,
            seconds=self.seconds,
            samples=self.samples,
        )
