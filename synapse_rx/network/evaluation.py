"""Errors of a network on a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..activations import Activation
from ..backends import Backend
from ..losses import Loss, PerOutput
from ..metrics import Metric, Misclassification
from ..typing import Array
from .arch import Arch
from .device.captured_pass import CapturedPass
from .feeds.feed import Feed
from .joint import Joint
from .output_errors import own_errors

CAPACITY = 1024
"""Samples evaluated at a time: enough for full speed, little memory."""

Kind = Metric | Loss


def error_kinds(loss: Loss, output: Activation, labels: Sequence[Any] | None) -> dict[str, Kind]:
    """
    Return the errors that are recorded, by name: the loss, and misclassification where there are classes.

    Each is in the form that suits the output, under the name it was asked for by. Of several outputs ``labels`` are
    those of each, and the errors of each are recorded as well.
    """
    chosen = loss.for_output(output)
    kinds: dict[str, Kind] = {loss.name: chosen}
    if isinstance(loss, PerOutput) and isinstance(chosen, PerOutput):
        return kinds | own_errors(loss, chosen, labels)
    if labels is not None:
        kinds["misclassification"] = Misclassification().for_output(output)
    return kinds


class ErrorValues:
    """
    One row of values a sample for each error kind, written batch by batch, summed when asked.

    Sums are taken a batch at a time, so they do not depend on how the batches were grouped into calls.
    """

    def __init__(
        self, backend: Backend, kinds: Sequence[str], feed: Any, dtype: Any, joint: Joint | None = None
    ) -> None:
        self.kinds = tuple(kinds)
        self.rows = backend.xp.zeros((len(self.kinds), feed.n), dtype)
        self._backend = backend
        self._feed = feed
        self._joint = joint

    def sums(self, first: int, last: int) -> Array:
        """Return (kinds, last - first) float64 on the host: the sums over each of these batches, in all processes."""
        sums = self.own_sums(first, last)
        if self._joint is not None:
            self._joint.sum(sums)
        return sums

    def own_sums(self, first: int, last: int) -> Array:
        """Return those of the samples of this process."""
        sums = self._backend.to_host(self._feed.sums(self.rows, first, last))
        return sums.astype(np.float64, order="C")

    def losses(self, first: int, last: int, numbers: Sequence[Array]) -> tuple[Array, list[float]]:
        """
        Return the losses of these batches (last - first,) float64, of this process, and some numbers.

        What lies on a device is read in one piece; the numbers are of the type of the values.
        """
        sums = self._feed.sums(self.rows, first, last)[0]
        if numbers:
            sums = self._backend.xp.concatenate([sums, *(one.reshape(1) for one in numbers)])
        read = self._backend.to_host(sums).astype(np.float64)
        return read[: last - first], read[last - first :].tolist()


class Evaluator:
    """
    Measures a network's errors batch by batch, so that a trainer can stop in between.

    Args:
        arch: The architecture.
        backend: Where to compute.
        theta: The parameters; changes to them are seen.
        feed: The data.
        kinds: What to measure, by name.
        rng: The generator of stochastic layers.
        kept: What layers keep from batch to batch; changes to it are seen.
        joint: The processes of which each measures its part; None if this one measures all.

    Attributes:
        outputs: Those of the batch measured last, in memory of the program.
    """

    def __init__(
        self,
        arch: Arch,
        backend: Backend,
        theta: Array,
        feed: Feed,
        kinds: Mapping[str, Kind],
        rng: Any = None,
        kept: Array | None = None,
        joint: Joint | None = None,
    ) -> None:
        self._program = program = arch.program(backend, feed.batch, theta, rng=rng, kept=kept)
        self._feed = feed
        self._kinds = dict(kinds)
        self._values = ErrorValues(backend, list(kinds), feed, theta.dtype, joint)
        self._judge = partial(_judge, program, list(kinds.values()))
        self._captured = CapturedPass.of(
            backend,
            feed,
            arch.in_shape,
            self._judge,
            self._values.rows,
            lambda: [*getattr(program, "states", {}).values()],
            rng,
        )
        self._next = 0
        self.outputs: Array | None = None

    def restart(self) -> None:
        """Begin from the first batch again."""
        self._program.forget()
        self._next = 0

    def move_to(self, theta: Array) -> None:
        """Measure other parameters from now on."""
        self._program.move_to(theta)

    def advance(self) -> bool:
        """Measure one more batch; return whether all are measured."""
        if self._next < self._feed.n_batches:
            first, last = self._feed.span(self._next)
            if first == last:  # it is all others'
                self._next += 1
                return self._next >= self._feed.n_batches
            if self._captured is not None and self._captured.serves:
                self.outputs = self._captured.take(self._next)
            else:
                batch = *self._feed.get(self._next), self._feed.weights(self._next)
                self.outputs = self._judge(*batch, self._values.rows[:, first:last])
            self._next += 1
        return self._next >= self._feed.n_batches

    def errors(self) -> dict[str, float]:
        """Return the mean of each kind over all samples, weighted as they are; NaN if all of them count 0."""
        sums = self._values.sums(0, self._feed.n_batches).sum(axis=1)
        counted = self._feed.total() or float("nan")
        return {kind: float(total) / counted for kind, total in zip(self._kinds, sums, strict=True)}


def _judge(program: Any, kinds: Sequence[Kind], x: Array, t: Array, weights: Any, errors: Array) -> Array:
    """Write what each kind makes of a batch, (kinds, n), and return the outputs."""
    y = program.forward(x)
    for row, kind in enumerate(kinds):
        program.measure(kind, y, t, errors[row])
    if weights is not None:
        errors *= weights
    return y
