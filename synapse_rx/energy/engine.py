"""An energy model in training: its vectors, and everything that works on them for one batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from ..algorithms import Algorithm
from ..algorithms.base import State
from ..backends import Backend
from ..data import TrainingSet
from ..network.evaluation import CAPACITY, ErrorValues
from ..network.feeds.normalizing import pending
from ..network.feeds.supply import Supply, feed_of
from ..network.problem import NetworkProblem
from ..network.updating import Updating
from ..network.vectors import Vectors
from ..snapshot import Net
from ..typing import Array
from ..update import Update
from .evaluating import EnergyEvaluator
from .machine import Workplace


class EnergyEngine(Vectors):
    """
    Does for an energy model what `synapse_rx.network.engine.Engine` does for a network: the work of one batch.

    Args:
        net: The snapshot that says what to do; its parameters are loaded.
        data: What to learn; targets are not looked at.
        backend: Where to compute.
        generator: What draws.
        theta: Parameters to go on with instead of the snapshot's.
        kept: What is kept from batch to batch, to go on with instead of the snapshot's.
        average: The moving average of the parameters so far.
        supply: Opens the feed; None for one of its own.
        chunks: There is one way to do it, whatever is asked for.
        joint: None, since a model is trained by one process.

    Attributes:
        problem: The model as its algorithm sees it.
        feed: The batches.
        values: The errors of every sample learnt.
        classes: None, since answers are no classes.
        chunk: None, since batches are learnt one by one.
        lends: False, since snapshots are given copies.
        states, states_of_all: Nothing, since nothing is carried from batch to batch but what is kept.
        evaluators: Measure the model between epochs, by what they measure: "validation".

    Raises:
        SynapseError: If model, training and data do not fit together.
    """

    classes = None
    chunk = None
    lends = False
    states: Mapping[str, Array] = {}
    states_of_all: Mapping[str, Array] = {}

    def __init__(
        self,
        net: Net,
        data: TrainingSet,
        backend: Backend,
        generator: Any,
        *,
        theta: Array | None = None,
        kept: Array | None = None,
        average: Array | None = None,
        supply: Supply | None = None,
        chunks: bool = True,
        joint: None = None,
    ) -> None:
        super().__init__(net, backend, theta, kept)
        how, arch = net.training, net.arch
        arch.check(net, data)
        loss = arch.fitted(how.loss or arch.default_loss())
        dtype = net.params.flat.dtype
        self._stores = loss.stores
        self.problem = NetworkProblem(backend, self.theta, self._evaluate)
        self.feed = (supply or Supply(data)).feed(net, backend)
        grad = self.problem.grad
        self._machine = arch.machine(
            Workplace(backend, self.feed.batch, self.theta, loss, grad=grad, rng=generator, kept=self.kept)
        )
        update = _still(how.update, arch, getattr(loss, "level", None))
        self._update_by(Updating(update, self._layout, backend, self.theta, grad, average))
        self._sums_gradients = (how.algorithm.reduction or update.reduction) == "sum"
        self.values = ErrorValues(backend, self._machine.kinds, self.feed, dtype)
        self.evaluators: dict[str, EnergyEvaluator] = {}
        if data.valid is not None:
            asked = arch.machine(Workplace(backend, CAPACITY, self.theta, loss))
            held_out, beside = (
                feed_of(backend, part)(CAPACITY, arch.in_shape, dtype, pending(net, part))
                for part in (data.valid, data.data[: len(data.valid)])
            )
            self.evaluators["validation"] = EnergyEvaluator(asked, backend, held_out, dtype, beside)

    def step(self, index: int, algorithm: Algorithm, state: State) -> None:
        """Learn batch ``index``."""
        self._x, _ = self.feed.get(index)
        first, last = self.feed.span(index)
        self._rows = self.values.rows[:, first:last]
        if self._stores:
            self._machine.store(self._x, first)
            self._machine.measure(self._x, self._rows)
            return
        self._scale = 1.0 if self._sums_gradients else 1.0 / (last - first)
        self._take_step(algorithm, state)

    def carry_on(self, states: Mapping[str, Array]) -> None:
        """Nothing is carried within an epoch alone."""

    def carry_on_with_part(self, states: Mapping[str, Array]) -> None:
        """Nor is it in parts."""

    def _evaluate(self) -> None:
        self._machine.learn(self._x, self._scale, self._rows)
        if self._shapes:
            self._updating.shape_gradient()


def _still(update: Update, arch: Any, level: int | None) -> Update:
    """Return ``update`` with every level of a stack held still but the one that learns, whatever moved it before."""
    others = [position for position in arch.specs() if position != level]
    if level is None or not others:
        return update
    return evolve(update, factors={**dict(update.factors), **dict.fromkeys(others, 0.0)})
