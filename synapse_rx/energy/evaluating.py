"""Errors of an energy model on samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backends import Backend
from ..data import DataSet, TrainingSet
from ..errors import DataError
from ..network.checks import check_samples
from ..network.compiled import HOST
from ..network.estimate import Evaluation
from ..network.evaluation import CAPACITY, ErrorValues
from ..network.feeds.feed import Feed
from ..network.feeds.normalizing import pending
from ..snapshot import Net
from .machine import Machine, Workplace
from .stack_machine import FREE_ENERGY

GAP = "free_energy_gap"
"""What the difference between free energies of samples held out and learnt is recorded as."""


class EnergyEvaluator:
    """
    Measures an energy model batch by batch, so that a trainer can stop in between.

    Where there are samples to compare with, and free energies, their difference is told as well: the mean of what is
    measured less that of samples learnt. It grows as a model learns its samples by heart (Hinton, 2012, section 6).

    Args:
        machine: The model; changes to its parameters are seen.
        backend: Where to compute.
        feed: What is measured.
        dtype: The type of the model.
        beside: Samples that are learnt; None to compare with nothing.
    """

    def __init__(
        self, machine: Machine, backend: Backend, feed: Feed, dtype: Any, beside: Feed | None = None
    ) -> None:
        self._machine = machine
        free = FREE_ENERGY in machine.kinds
        self._feeds = [feed] if beside is None or not free else [feed, beside]
        self._values = [ErrorValues(backend, machine.kinds, one, dtype) for one in self._feeds]
        self.restart()

    def restart(self) -> None:
        """Begin from the first batch again."""
        self._todo = [
            (part, index) for part, feed in enumerate(self._feeds) for index in range(feed.n_batches)
        ]
        self._todo.reverse()

    def advance(self) -> bool:
        """Measure one more batch; return whether all are measured."""
        if self._todo:
            part, index = self._todo.pop()
            feed = self._feeds[part]
            x, _ = feed.get(index)
            self._machine.measure(x, self._values[part].rows[:, slice(*feed.span(index))])
        return not self._todo

    def errors(self) -> dict[str, float]:
        """Return the mean of each error over all samples."""
        means = [
            values.sums(0, feed.n_batches).sum(axis=1) / feed.n
            for values, feed in zip(self._values, self._feeds, strict=True)
        ]
        found = dict(zip(self._machine.kinds, means[0].tolist(), strict=True))
        if len(means) > 1:
            row = self._machine.kinds.index(FREE_ENERGY)
            found[GAP] = float(means[0][row] - means[1][row])
        return found


def evaluation(net: Net, data: DataSet | TrainingSet) -> Evaluation:
    """
    Return the errors of an energy model on samples; targets are not looked at.

    Raises:
        DataError: If ``data`` is no data set.
        ShapeError: If the samples do not fit.
    """
    part = data.data if isinstance(data, TrainingSet) else data
    if not isinstance(part, DataSet):
        raise DataError(f"evaluate takes a DataSet (see test_set), not {type(data).__name__}")
    check_samples(net, part)
    arch, theta = net.arch, net.params.flat
    loss = arch.fitted(net.training.loss or arch.default_loss())
    feed = Feed(HOST, part, CAPACITY, arch.in_shape, theta.dtype, pending(net, part))
    machine = arch.machine(Workplace(HOST, feed.batch, theta, loss))
    evaluator = EnergyEvaluator(machine, HOST, feed, theta.dtype)
    with np.errstate(all="ignore"):
        while not evaluator.advance():
            continue
    return Evaluation(feed.n, evaluator.errors())
