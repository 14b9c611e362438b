"""The learner of a neuron graph."""

from __future__ import annotations

from typing import Any

from ..backends import Backend
from ..learner import Edit
from ..network.engine import Engine
from ..network.learner import NetworkLearner
from ..network.moves import Moves
from ..network.recording import recorded_kinds
from ..network.walk import Walk
from ..snapshot import Net
from .chunk import GraphChunk


class GraphEngine(Engine):
    """
    Does the work of one batch as every `Engine`; many batches in one piece by kernels of its own.
    """

    def __init__(self, net: Net, data: Any, backend: Backend, generator: Any, **options: Any) -> None:
        asked, host = options.pop("chunks", True), backend.name == "numpy"
        chunks = asked and host
        super().__init__(net, data, backend, generator, chunks=asked and not host, **options)
        kinds = list(recorded_kinds(net, data.classes).values())
        if chunks:
            found = GraphChunk.of(net, data, self.feed, self._loss, kinds, self.problem.grad, self.kept)
            self.chunk = found  # pyright: ignore[reportAttributeAccessIssue]


LONGEST = 16_384
"""The most batches learnt in one piece: a call takes as long as hundreds of steps of a tiny graph."""


class GraphWalk(Walk):
    """
    Goes from batch to batch as every `Walk`, and knows steps again that are all the same.
    """

    longest = LONGEST

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._steady: _Steady | None = None
        if not isinstance(self.standing.engine.chunk, GraphChunk):
            self.longest = Walk.longest

    def moves(self, count: int) -> Moves | None:
        """Return the steps of the next batches for a chunk (`Walk`)."""
        steady, standing = self._steady, self.standing
        if steady is None or not steady.goes_on(self.moment(0), standing.state, count):
            steady = self._steady = _Steady.of(self.moment(0), standing.algorithm, standing.state, count)
        return super().moves(count) if steady is None else steady


class GraphLearner(NetworkLearner):
    """
    Trains a network of one neuron graph (`NetworkLearner`): on steps, or on sequences of whatever length there is.
    """

    def __init__(
        self,
        net: Net,
        data: Any,
        backend: Backend,
        *,
        ignore_divergence: bool = False,
        chunks: bool = True,
    ) -> None:
        self._shape = data.sample_shape
        super().__init__(
            self._suited(net),
            data,
            backend,
            ignore_divergence=ignore_divergence,
            chunks=chunks,
            engine=GraphEngine,
            walk=GraphWalk,
        )

    def adopt(self, seen: Net, net: Net) -> tuple[Edit, ...]:
        """Take over what was edited in ``net`` since ``seen`` (`Learner`)."""
        return super().adopt(self._suited(seen), self._suited(net))

    def _suited(self, net: Net) -> Net:
        suited = getattr(net.arch, "suited", None)
        return net if suited is None else suited(net, self._shape)


class _Steady(Moves):
    """
    The steps of some batches that are all the same: those of an algorithm without schedules that counts nothing.
    """

    __slots__ = ("_algorithm",)

    @classmethod
    def of(cls, moment: Any, algorithm: Any, state: Any, count: int) -> _Steady | None:
        """Return the next ``count`` steps; None where they differ."""
        if moment is not algorithm or any(isinstance(value, (int, float)) for value in state.values()):
            return None
        move = moment.move(dict(state))
        if move is None:
            return None
        moves = cls(move[0], move[1], count)
        moves._scalars[:, : len(move[2])] = move[2]
        moves.count, moves.state, moves._algorithm = count, dict(state), algorithm
        return moves

    def goes_on(self, moment: Any, state: Any, count: int) -> bool:
        """Return whether these are the next ``count`` steps as well; then there are so many of them."""
        same = moment is self._algorithm and count <= len(self._scalars) and state.keys() == self.state.keys()
        if not same or any(state[slot] is not self.state[slot] for slot in state):
            return False
        self.count = count
        return True
