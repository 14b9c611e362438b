"""What is learnt, as vectors that engines of every family hold."""

from __future__ import annotations

from typing import Any

from ..algorithms import Algorithm
from ..algorithms.base import State
from ..backends import Backend
from ..params import Layout, Params
from ..snapshot import Net
from ..typing import Array
from .problem import NetworkProblem
from .updating import Updating


class Vectors:
    """
    The parameters of a net in training, and what is kept beside them: read as values, and written to.

    The base of engines, which say what is done with them.

    Args:
        net: The snapshot they begin with.
        backend: Where they lie.
        theta: Parameters to go on with instead of the snapshot's.
        kept: What is kept, to go on with instead of the snapshot's.

    Attributes:
        theta: The parameters.
        kept: What is kept from batch to batch.
        evaluators: What measures the net between epochs, by what it measures.
    """

    problem: NetworkProblem
    evaluators: dict[str, Any]

    def __init__(self, net: Net, backend: Backend, theta: Array | None, kept: Array | None) -> None:
        self._layout, self._keeps = net.params.layout, net.kept.layout
        self._backend = backend
        self.theta = backend.from_host(net.params.flat) if theta is None else theta
        self.kept = backend.from_host(net.kept.flat) if kept is None else kept

    @property
    def average(self) -> Array | None:
        """The moving average of the parameters; None unless asked for."""
        return self._updating.average

    def take_average(self, average: Array | None) -> None:
        """Go on with another moving average, if one is kept: by default that of the present parameters alone."""
        kept = self.average
        if kept is not None:
            kept[...] = self.theta if average is None else self._backend.from_host(average)

    def penalty(self) -> float:
        """Return the penalty of the present weights."""
        return self._updating.penalty()

    def restart_evaluation(self) -> None:
        """Measure from the beginning again."""
        for evaluator in self.evaluators.values():
            evaluator.restart()

    def read(self, flat: Array | None = None) -> Params:
        """Return the parameters (or another vector like them) as a value."""
        return self._value(self._layout, self.theta if flat is None else flat)

    def read_kept(self, before: Params) -> Params:
        """Return what is kept as a value; ``before`` itself where nothing is."""
        return self._value(self._keeps, self.kept) if self._keeps.size else before

    def write(self, params: Params) -> None:
        """Put other parameters in."""
        self.theta[...] = self._backend.from_host(params.flat)
        self.restart_evaluation()

    def write_kept(self, kept: Params) -> None:
        """Put in other values to keep."""
        self.kept[...] = self._backend.from_host(kept.flat)
        self.restart_evaluation()

    def _update_by(self, updating: Updating) -> None:
        """Take what carries out the options of the update."""
        self._updating = updating
        self._shapes = updating.update.shapes_gradients
        self._moves = updating.update.moves_parameters

    def _take_step(self, algorithm: Algorithm, state: State) -> None:
        """Let an algorithm take its step, within what is asked of every update."""
        if self._moves:
            self._updating.before_step()
            algorithm.step(self.problem, state)
            self._updating.after_step()
        else:
            algorithm.step(self.problem, state)

    def _value(self, layout: Layout, flat: Array) -> Params:
        host = self._backend.to_host(flat)
        host.setflags(write=False)
        return Params(layout, host)
