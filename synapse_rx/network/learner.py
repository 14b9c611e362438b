"""The learner of a network: chunks of work, what of it goes into a snapshot, and what edits make of it."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from attrs import evolve

from ..backends import Backend
from ..data import StreamSet, TrainingSet
from ..learner import Edit, Progress
from ..snapshot import Net, State, Training
from .averaging import Averaging
from .changes import changes
from .engine import Engine
from .epoch import EpochResult
from .feeds.supply import Supply
from .joint import Joint
from .pace import Pace
from .standing import AVERAGE, Standing, carried
from .walk import Walk

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
        walk: Makes what goes from batch to batch.
        joint: The processes that train together; None where this one trains alone.

    Attributes:
        standing: What is trained, by what.
        walk: The way through the epoch.
        pace: How long batches take.

    Raises:
        ShapeError: If the samples do not fit the network's input, or the targets its output.
        LabelError: If labels or targets do not fit the network or its loss.
        LossError: If the network cannot be trained by gradients of its loss.
        OptionError: If its algorithm cannot train this architecture, or not with these options.
    """

    def __init__(
        self,
        net: Net,
        data: TrainingSet | StreamSet,
        backend: Backend,
        *,
        ignore_divergence: bool = False,
        chunks: bool = True,
        engine: Callable[..., Any] = Engine,
        walk: type[Walk] = Walk,
        joint: Joint | None = None,
    ) -> None:
        self._data = data
        net.arch.check(net, data)  # before anything is opened that would have to be closed
        self._fingerprint = data.fingerprint()
        self._supply = Supply(data, joint)
        self._averaging = Averaging(joint)
        self.standing = Standing(
            net, data, backend, engine=engine, supply=self._supply, chunks=chunks, joint=joint
        )
        self.pace = Pace(net.arch, backend.name, self.standing.engine.feed.batch)
        self.walk = walk(
            self.standing,
            self.pace,
            self._averaging,
            waits=joint is not None,
            ignore_divergence=ignore_divergence,
        )
        self._begin_within(net.training)

    @property
    def batch(self) -> int:
        """Batches learnt in the present epoch; 0 once it is complete."""
        return self.walk.epoch.inside

    @property
    def in_chunks(self) -> bool:
        """Whether many batches are learnt at a time, without the interpreter's lock."""
        return self.standing.engine.chunk is not None

    def learn(self, seconds: float, batches: int | None = None) -> Progress:
        """Learn for about ``seconds``, at most ``batches`` batches, at most to the end of the epoch (`Learner`)."""
        start = perf_counter()
        deadline = start + seconds
        standing, walk = self.standing, self.walk
        standing.own()
        if walk.epoch.result is not None:
            standing.stats = walk.epoch.counted(standing.stats, standing.steps)
            walk.begin(walk.epoch.number + 1)
        # exp may overflow where the result is right, and lost trainings are reported as Diverged, not as warnings.
        with np.errstate(all="ignore"):
            learnt = walk.learn(deadline, batches)
            if walk.learnt or self._averaging.is_due(standing.steps):
                self._averaging.meet(standing)
            done = walk.learnt and self._evaluate(deadline)
            walk.epoch.seconds += perf_counter() - start
            if done:
                walk.epoch.result = self._result()
        feed = standing.engine.feed
        exhausted = feed.exhausted and (done or not walk.epoch.batch)
        waits = not walk.learnt and not exhausted and walk.starved
        return Progress(learnt, done, exhausted=exhausted, when_ready=feed.when_ready if waits else None)

    def close(self) -> None:
        """Let go of what the batches come from (`Learner`)."""
        self.pace.keep()
        self._supply.close()

    def merge(self, net: Net) -> Net:
        """Return ``net`` with the parameters, the state and the statistics learnt so far (`Learner`)."""
        standing, epoch = self.standing, self.walk.epoch
        self._averaging.meet(standing)
        stats = epoch.counted(net.training.stats, standing.steps)
        position = None if standing.searches else epoch.position(self._fingerprint)
        return standing.into(net, stats, position, inside=bool(epoch.inside))

    def adopt(self, seen: Net, net: Net) -> tuple[Edit, ...]:
        """Take over what was edited in ``net`` since ``seen`` (`Learner`)."""
        edits = changes(seen, net)
        standing, walk = self.standing, self.walk
        standing.own()
        names = {name for name, _ in edits}
        rebuilt = bool(names & REBUILT) or seen.training.update != net.training.update
        if rebuilt or names & {"arch", "dtype"}:
            net.arch.check(net, self._data)  # before anything is changed
        if names & {"arch", "dtype"}:
            # Unless a whole snapshot was put in, the state is still the one of what was there before.
            state = net.training.state if "state" in names else State()
            self._build(evolve(net, training=evolve(net.training, state=state)))
            return edits
        searched = standing.settle() if rebuilt else False
        if rebuilt:
            self._rebuild(net, another_loss="loss" in names)
        standing.go_by(net.training)
        if "params" in names:  # before the state, which may belong to them
            standing.engine.write(net.params)
        if "kept" in names:
            standing.engine.write_kept(net.kept)
        if "state" in names:
            standing.take(net.training)
            self._begin_within(net.training)
            standing.engine.take_average(net.training.state.slots.get(AVERAGE))
        elif "algorithm" in names or searched:
            standing.start_over()  # losses from before the edit are no measure for those behind it
        elif seen.training.algorithm != net.training.algorithm:
            standing.keep_what_fits()
        started_over = "state" in names or walk.epoch.result is not None
        if not started_over and (searched or (standing.searches and (rebuilt or "params" in names))):
            walk.begin(walk.epoch.number)
        return edits

    def _build(self, net: Net) -> None:
        """Begin with another snapshot."""
        self.standing.build(net)
        self._begin_within(net.training)

    def _rebuild(self, net: Net, *, another_loss: bool) -> None:
        """Work by other rules on the same parameters, in the middle of an epoch."""
        old = self.standing.engine
        self.standing.rebuild(net)
        self.walk.go_on(old.states, another_loss=another_loss)

    def _begin_within(self, how: Training) -> None:
        """Begin the epoch that a training is in, and go to where it is in it."""
        standing, walk = self.standing, self.walk
        walk.begin(how.stats.epochs)
        walk.resume(how.state.position, self._fingerprint)
        if walk.epoch.batch:
            standing.engine.carry_on_with_part(carried(how.state.slots))

    def _evaluate(self, deadline: float) -> bool:
        """Measure errors with the parameters as they are till the deadline; return whether it is done."""
        for evaluator in self.standing.engine.evaluators.values():
            while not evaluator.advance():
                if perf_counter() >= deadline:
                    return False
        return True

    def _result(self) -> EpochResult:
        """Return what the epoch, which is complete, adds to the statistics."""
        standing, epoch = self.standing, self.walk.epoch
        engine = standing.engine
        errors = epoch.means(engine.feed)
        measured = {part: evaluator.errors() for part, evaluator in engine.evaluators.items()}
        moment = standing.algorithm.at(epoch.number + 1, standing.steps, standing.stats)
        return EpochResult(
            loss=next(iter(errors.values())) + engine.penalty(),
            training=errors | measured.get("training", {}),
            validation=measured.get("validation", {}),
            learning_rate=float(getattr(moment, "learning_rate", np.nan)),
            seconds=epoch.seconds,
            samples=epoch.samples(engine.feed),
        )
