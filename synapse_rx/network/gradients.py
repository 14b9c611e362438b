"""Are a network's gradients right? Compared with central differences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..atoms import Atom
from ..autodiff.check import compare
from ..autodiff.report import GradientEntry, GradientReport, report
from ..backends import NumpyBackend
from ..data import DataSet, TrainingSet, test_set
from ..data.options import check_count
from ..errors import LabelError
from ..losses import Loss
from ..snapshot import Net
from ..typing import Array
from .checks import check_samples, check_targets, loss_of
from .compiled import layered, suited
from .feeds.feed import Feed
from .feeds.normalizing import pending
from .program import Program
from .run import Memory, Row

_HOST = NumpyBackend()


def check_gradients(
    net: Atom[Net] | Net,
    data: Any = None,
    *,
    samples: int = 4,
    entries: int | None = None,
    step: float = 1e-5,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    worst: int = 10,
) -> GradientReport:
    """
    Compare a network's gradients with central differences: of its loss, by every parameter and every input, in float64.

    The pass is that of training: dropout drops, batches are normalised by themselves, and every evaluation draws the
    same random numbers. Penalties are left out. Inputs are left out where something passes no gradient back to them,
    such as an embedding. Where the loss has a kink, any slope between those on both sides is right.

    Args:
        net: A cell or a snapshot.
        data: A `TrainingSet` or `DataSet`, whose first samples are taken with their targets; or samples, for which
            targets are made up; None to make up samples as well, normally distributed.
        samples: How many samples the batch has, at least 1.
        entries: At most this many numbers of each parameter are looked at, chosen at random; None for all. Every one
            costs two passes.
        step: As for `check_gradient`.
        rtol: As for `check_gradient`.
        atol: As for `check_gradient`.
        worst: How many entries the report keeps.

    Returns:
        A `GradientReport`: ``ok``, and the worst entries, which printing it shows.

    Raises:
        LossError: If the network cannot be trained by gradients of its loss.
        ShapeError: If the data do not fit the network.
        LabelError: If the targets do not fit it, or none can be made up for its loss.
        DataError: If the loss is not finite.
        OptionError: If a number is no whole number >= 1.
    """
    snapshot = suited(layered(net), getattr(data, "sample_shape", None))
    n = check_count("samples", samples, 1)
    limit = None if entries is None else check_count("entries", entries, 1)
    loss = snapshot.arch.check_trainable(loss_of(snapshot))
    x, t = _batch(snapshot, data, n)
    with np.errstate(over="ignore", under="ignore"):
        checked = _Checked(snapshot, loss, x, t)
        found = checked.compared(limit, step, rtol, atol)
    return report(found, worst)


class _Checked:
    """One batch of a network in float64, whose loss and gradients can be had for whatever its vectors hold."""

    def __init__(self, net: Net, loss: Loss, x: Array, t: Array) -> None:
        self.arch = arch = net.arch
        self.loss, self.x, self.t = loss, x, t
        self.theta = net.params.flat.astype(np.float64)
        self.grad = np.zeros_like(self.theta)
        self._kept = net.kept.flat.astype(np.float64)
        self._kept_now = self._kept.copy()
        self._rng = _HOST.generator([net.training.seed, 2])
        self._drawn = _HOST.generator_state(self._rng)
        self._values = np.empty(len(x))
        self._program = Program(arch, _HOST, len(x), self.theta, self.grad, self._rng, kept=self._kept_now)

    def mean_loss(self) -> float:
        """Return the loss by way of the outputs, without the shortcut of a canonical link."""
        self._rewind()
        y = self._program.forward(self.x)
        self._program.measure(self.loss, y, self.t, self._values)
        return float(self._values.mean())

    def compared(self, limit: int | None, step: float, rtol: float, atol: float) -> list[GradientEntry]:
        """Return every derivative that is looked at beside its difference."""
        self._rewind()
        self._program.learn(self.x, self.t, self.loss, self._values, 1 / len(self.x))
        grad, dx = self.grad.copy(), self._by_inputs()
        arrays = [
            (entry.name, entry.view(self.theta), entry.view(grad)) for entry in self.arch.layout.entries
        ]
        if dx is not None:
            arrays.append(("input", self.x, dx))
        rng = np.random.default_rng(0)
        found: list[GradientEntry] = []
        for name, array, analytic in arrays:
            chosen = None
            if limit is not None and limit < array.size:
                chosen = np.sort(rng.choice(array.size, limit, replace=False))
            found += compare(self.mean_loss, array, analytic, name, step, rtol, atol, chosen)
        return found

    def _by_inputs(self) -> Array | None:
        """Return dL/dx, which training itself never asks for; None where it cannot be had."""
        if not all(place.layer.differentiable for place in self.arch.places):
            return None
        arch, grad = self.arch, np.zeros_like(self.theta)
        memory = Memory(
            _HOST, len(self.x), arch.layout, self.theta, grad, arch.keeps, self._kept_now, self._rng, ()
        )
        self._rewind()
        run = Row(arch.places, memory).run(len(self.x), True)
        y = run.forward(self.x)
        s = self._program.scratch(len(self.x))
        rows = y.reshape(s.n, -1)
        dy = np.empty_like(rows)
        self.loss.gradient(rows, self.t.reshape(rows.shape), dy, 1 / s.n, s)
        return run.backward(dy.reshape(y.shape))

    def _rewind(self) -> None:
        """Let the next pass draw the same numbers and begin from the same state as every other."""
        _HOST.restore(self._rng, self._drawn)
        self._kept_now[...] = self._kept
        self._program.forget()


def _batch(net: Net, data: Any, n: int) -> tuple[Array, Array]:
    """Return samples and targets, (n, *in_shape) and (n, *out_shape), of float64."""
    arch, rng = net.arch, np.random.default_rng(0)
    if data is None:
        x = rng.standard_normal((n, *arch.in_shape))
        return x, _targets(net, n, rng)
    part = data.data if isinstance(data, TrainingSet) else data
    if not isinstance(part, DataSet):
        part = test_set(part, dtype="float64")
    check_samples(net, part)
    if part.y is not None:
        check_targets(net, part)
    feed = Feed(_HOST, part, n, arch.in_shape, np.float64, pending(net, part))
    x, t = feed.get(0)
    x = np.array(x, np.float64)
    return x, _targets(net, len(x), rng) if t is None else np.array(t, np.float64)


def _targets(net: Net, n: int, rng: np.random.Generator) -> Array:
    """
    Make up targets that the loss takes.

    Raises:
        LabelError: If it takes none of those that are tried.
    """
    shape, loss = (n, *net.arch.out_shape), net.arch.fitted(loss_of(net))
    outputs = shape[-1]
    shares = rng.dirichlet(np.ones(outputs + 1), math.prod(shape[:-1]))[:, :-1]
    classes = np.eye(outputs)[rng.integers(0, outputs, math.prod(shape[:-1]))]
    for made in (shares, classes, 2 * classes - 1):
        t = made.reshape(shape)
        try:
            loss.check_targets(t)
        except LabelError:
            continue
        return t
    raise LabelError(f"no targets for {loss.kind} can be made up; give a training set")
