"""Where a network in training stands: what works on it, and what of that goes into a snapshot and comes from one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import evolve

from ..algorithms import FullBatchAlgorithm
from ..backends import Backend
from ..data import StreamSet, TrainingSet
from ..snapshot import Net, Position, Slots, State, Stats, Training
from .checks import loss_of
from .feeds.supply import Supply
from .joint import Joint

AVERAGE = "average"
"""The slot that holds the moving average of the parameters."""

CARRIED = "carried."
"""What the names of slots begin with that hold what layers carry from batch to batch."""


class Standing:
    """
    The engine, the algorithm with its state, and the counters of one training.

    Args:
        net: The snapshot to start from.
        data: What to learn.
        backend: Where to compute.
        engine: Makes what does the work of one batch.
        supply: Opens what the batches come from.
        chunks: Learn many batches in one piece where there is compiled code for it.
        joint: The processes that train together; None where this one trains alone.

    Attributes:
        engine: Does the work of one batch.
        algorithm: The algorithm as the snapshot has it.
        state: What the algorithm goes by, vectors where they are worked on and numbers.
        stats: The statistics learnt from; they lack the epoch under way.
        steps: Steps taken.
    """

    engine: Any
    algorithm: Any
    state: dict[str, Any]
    stats: Stats
    steps: int

    def __init__(
        self,
        net: Net,
        data: TrainingSet | StreamSet,
        backend: Backend,
        *,
        engine: Callable[..., Any],
        supply: Supply,
        chunks: bool,
        joint: Joint | None,
    ) -> None:
        self._data = data
        self._backend = backend
        self._make_engine = engine
        self._supply = supply
        self._chunks = chunks
        self._joint = joint
        self._lent = False  # whether a snapshot was given the vectors themselves
        self.build(net)

    @property
    def searches(self) -> bool:
        """Whether the algorithm takes steps over all samples, from wherever it likes, and not batch by batch."""
        return isinstance(self.algorithm, FullBatchAlgorithm)

    def build(self, net: Net) -> None:
        """Begin with everything a snapshot has."""
        average = net.training.state.slots.get(AVERAGE)
        if average is not None:
            fits = average.shape == net.params.flat.shape
            average = self._backend.from_host(average) if fits else None
        self._generator = self._backend.generator([net.training.seed, 1])
        self.engine = self._engine_of(net, average=average)
        self.go_by(net.training)
        self.take(net.training)

    def rebuild(self, net: Net) -> None:
        """Work by other rules on the same parameters."""
        old = self.engine
        self.engine = self._engine_of(net, theta=old.theta, kept=old.kept, average=old.average)

    def go_by(self, how: Training) -> None:
        """Go by another algorithm and other statistics, whose state is still the one there was."""
        self.algorithm, self.stats = how.algorithm, how.stats

    def take(self, how: Training) -> None:
        """Go on with the state of a training, where it is one of this algorithm, and as it draws."""
        state, backend = how.state, self._backend
        if state.algorithm == self.algorithm.kind:
            self.state = self._resumed(state.slots)
        else:
            self.start_over()
        first = state.generator or backend.generator_state(backend.generator([how.seed, 1]))
        backend.restore(self._generator, first)
        if self._joint is not None:
            self._joint.part_ways(self._generator)
        self.steps = how.stats.steps

    def start_over(self) -> None:
        """Begin with the algorithm's first state."""
        self.state = self.algorithm.init(self.engine.problem)

    def keep_what_fits(self) -> None:
        """Begin with the algorithm's first state, but for everything in the present one that fits."""
        self.state = self._resumed(self.state)

    def own(self) -> None:
        """
        Go on with copies of what a snapshot was given.

        By now the cell has let go of the snapshot before that one, so that there is room for them: of large networks
        two snapshots are never held beside the vectors that are worked on.
        """
        if not self._lent:
            return
        self._lent = False
        self.engine.move_to(self.engine.theta.copy())
        for name, value in self.state.items():
            if np.ndim(value):
                self.state[name] = value.copy()

    def settle(self) -> bool:
        """Leave a search where it stands, at its iterate; return whether there was one."""
        iterate = self._iterate()
        if iterate is not None:
            self.engine.theta[...] = iterate
        return iterate is not None

    @property
    def learnt(self) -> list[Any]:
        """Everything that learning changes, vectors and numbers; None for what is not there."""
        engine = self.engine
        return [engine.theta, engine.kept, engine.average, *self.state.values()]

    def into(self, net: Net, stats: Stats, position: Position | None, *, inside: bool) -> Net:
        """
        Return ``net`` with parameters and state as they are.

        Args:
            net: What is learnt on.
            stats: The statistics it is to have.
            position: Where in an epoch it stands.
            inside: Whether that is in the middle of one, so that layers carry something on.
        """
        engine, lends = self.engine, self.engine.lends and not self.searches
        self._lent = self._lent or lends
        return Net(
            arch=net.arch,
            params=engine.lend() if lends else engine.read(self._iterate()),
            training=evolve(
                net.training,
                loss=loss_of(net),
                state=self._state_value(position, inside=inside, lends=lends),
                stats=stats,
            ),
            labels=net.labels if net.labels is not None else engine.classes,
            normalization=net.normalization or self._data.normalization,
            version=net.version + 1,
            kept=engine.read_kept(net.kept),
        )

    def _state_value(self, position: Position | None, *, inside: bool, lends: bool) -> State:
        values = dict(self.state)
        lent = set(values) if lends else set[str]()
        if self.engine.average is not None:
            values[AVERAGE] = self.engine.average
        if inside:
            values |= {CARRIED + name: value for name, value in self.engine.states_of_all.items()}
        slots = {
            name: self._backend.to_host(value) if np.ndim(value) and name not in lent else value
            for name, value in values.items()
        }
        generator = self._backend.generator_state(self._generator)
        return State(self.algorithm.kind, Slots(slots), generator, position)

    def _engine_of(self, net: Net, **vectors: Any) -> Any:
        return self._make_engine(
            net,
            self._data,
            self._backend,
            self._generator,
            supply=self._supply,
            chunks=self._chunks,
            joint=self._joint,
            **vectors,
        )

    def _resumed(self, slots: Any) -> dict[str, Any]:
        """Return the algorithm's first state with everything in ``slots`` that fits put in."""
        state = self.algorithm.init(self.engine.problem)
        for name, first in state.items():
            if name not in slots or np.shape(slots[name]) != np.shape(first):
                continue
            value = slots[name]
            state[name] = self._backend.from_host(value) if isinstance(value, np.ndarray) else value
        return state

    def _iterate(self) -> Any:
        """Return what a search stands by; None where the parameters themselves are it."""
        return self.algorithm.iterate(self.engine.problem, self.state) if self.searches else None


def carried(slots: Mapping[str, Any]) -> dict[str, Any]:
    """Return what layers carried, by their own names."""
    return {name.removeprefix(CARRIED): value for name, value in slots.items() if name.startswith(CARRIED)}
