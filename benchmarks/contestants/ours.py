"""This library: through its public door, and its learner alone."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import finalize

import synapse_rx as sx
from synapse_rx.backends import backend
from synapse_rx.network.learner import NetworkLearner
from synapse_rx.trainer.on_device import on_device

from .base import Contestant
from .problem import Problem, Weights


class Ours(Contestant):
    """
    ``await sx.train(net, data, 1)``: a thread computes, a snapshot is published, the event loop is told.

    All epochs are trained on one event loop, as those of a program are.
    """

    def __init__(self, problem: Problem, *, threads: int = 1, watches: int = 0, readers: int = 0) -> None:
        self._problem = problem
        self.net = problem.net()
        self._data = problem.training_set()
        self._threads = threads
        self._readers = readers
        self._runner = asyncio.Runner()
        finalize(self, self._runner.close)
        for number in range(watches):
            self.net.add_watch(number, _idle)

    def epoch(self) -> None:
        self._runner.run(self._train())

    def weights(self) -> Weights:
        return self._problem.weights_of(self.net.value.params)

    async def _train(self) -> None:
        run = sx.train(self.net, self._data, 1, blas_threads=self._threads)
        await asyncio.gather(run, *(_read(run) for _ in range(self._readers)))


class Bare(Contestant):
    """
    The learner that does the work beneath `synapse_rx.train`, on this thread, with nobody to tell.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._net = problem.net().value
        self._learner = learner_alone(self._net, problem.training_set())

    def epoch(self) -> None:
        while not self._learner.learn(1.0).epoch_done:
            pass

    def weights(self) -> Weights:
        return self._problem.weights_of(self._learner.merge(self._net).params)


def learner_alone(net: sx.Net, data: sx.TrainingSet) -> Any:
    """
    Return a learner where `synapse_rx.train` would compute, in the context that belongs to it.
    """
    engine = backend()
    return on_device(lambda: NetworkLearner(net, data, engine), engine)


def _idle(key: object, atom: object, old: sx.Net, new: sx.Net) -> None:
    """A watch that has nothing to do."""


async def _read(run: sx.TrainingRun) -> None:
    async for snapshot in run:
        snapshot.training.stats.last_errors()
