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
from ..network.feed import Feed
from ..network.normalizing import pending
from ..network.problem import NetworkProblem
from ..network.supply import Supply
from ..network.updating import Updating
from ..params import Params
from ..snapshot import Net
from ..typing import Array
from ..update import Update
from .evaluating import EnergyEvaluator
from .machine import Workplace


class EnergyEngine:
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

    Attributes:
        theta: The parameters.
        kept: What is kept from batch to batch.
        problem: The model as its algorithm sees it.
        feed: The batches.
        values: The errors of every sample learnt.
        classes: None, since answers are no classes.
        chunk: None, since batches are learnt one by one.
        lends: False, since snapshots are given copies.
        states: Nothing, since nothing is carried from batch to batch but what is kept.
        evaluators: Measure the model between epochs, by what they measure: "validation".

    Raises:
        SynapseError: If model, training and data do not fit together.
    """

    classes = None
    chunk = None
    lends = False
    states: Mapping[str, Array] = {}

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
    ) -> None:
        how, arch = net.training, net.arch
        arch.check(net, data)
        loss = arch.fitted(how.loss or arch.default_loss())
        dtype = net.params.flat.dtype
        self._layout, self._keeps = net.params.layout, net.kept.layout
        self._backend = backend
        self._stores = loss.stores
        self.theta = backend.from_host(net.params.flat) if theta is None else theta
        self.kept = backend.from_host(net.kept.flat) if kept is None else kept
        self.problem = NetworkProblem(backend, self.theta, self._evaluate)
        self.feed = (supply or Supply(data)).feed(net, backend)
        grad = self.problem.grad
        self._machine = arch.machine(
            Workplace(backend, self.feed.batch, self.theta, loss, grad=grad, rng=generator, kept=self.kept)
        )
        update = _still(how.update, arch, getattr(loss, "level", None))
        self._updating = Updating(update, self._layout, backend, self.theta, grad, average)
        self._sums_gradients = (how.algorithm.reduction or update.reduction) == "sum"
        self._shapes, self._moves = update.shapes_gradients, update.moves_parameters
        self.values = ErrorValues(backend, self._machine.kinds, self.feed, dtype)
        self.evaluators: dict[str, EnergyEvaluator] = {}
        if data.valid is not None:
            asked = arch.machine(Workplace(backend, CAPACITY, self.theta, loss))
            held_out, beside = (
                Feed(backend, part, CAPACITY, arch.in_shape, dtype, pending(net, part))
                for part in (data.valid, data.data[: len(data.valid)])
            )
            self.evaluators["validation"] = EnergyEvaluator(asked, backend, held_out, dtype, beside)

    @property
    def average(self) -> Array | None:
        """The moving average of the parameters; None unless asked for."""
        return self._updating.average

    def take_average(self, average: Array | None) -> None:
        """Go on with another moving average, if one is kept: by default that of the present parameters alone."""
        kept = self.average
        if kept is not None:
            kept[...] = self.theta if average is None else self._backend.from_host(average)

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
        if self._moves:
            self._updating.before_step()
        algorithm.step(self.problem, state)
        if self._moves:
            self._updating.after_step()

    def penalty(self) -> float:
        """Return the penalty of the present weights."""
        return self._updating.penalty()

    def carry_on(self, states: Mapping[str, Array]) -> None:
        """Nothing is carried within an epoch alone."""

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

    def _evaluate(self) -> None:
        self._machine.learn(self._x, self._scale, self._rows)
        if self._shapes:
            self._updating.shape_gradient()

    def _value(self, layout: Any, flat: Array) -> Params:
        host = self._backend.to_host(flat)
        host.setflags(write=False)
        return Params(layout, host)


def _still(update: Update, arch: Any, level: int | None) -> Update:
    """Return ``update`` with every level of a stack held still but the one that learns, whatever moved it before."""
    others = [position for position in arch.specs() if position != level]
    if level is None or not others:
        return update
    return evolve(update, factors={**dict(update.factors), **dict.fromkeys(others, 0.0)})
