"""Every activation, loss, metric and regulariser computes elsewhere what it computes on numpy."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.activations import Activation, LogSoftmax, Softmax
from synapse_rx.backends import Backend, NumpyBackend
from synapse_rx.backends.counter import CounterGenerator
from synapse_rx.errors import LossError
from synapse_rx.losses import Censored, Loss
from synapse_rx.metrics import Metric, TopK
from synapse_rx.regularizers import Regularizer
from synapse_rx.scratch import Buffers, Scratch

HERE = NumpyBackend()
N, OUTPUTS = 5, 3
ACTIVATIONS = [
    *(member() for member in Activation.members() if member.function_field is None),
    Softmax(axis=0),
    LogSoftmax(axis=0),
    Activation.of(lambda z: z / (1 + np.abs(z))),
]
OUTPUTS_OF = [Activation.of(name) for name in ("linear", "sigmoid", "softmax", "log_softmax")]


def made(family: Any) -> list[Any]:
    """
    Return a member of each kind that needs no options.
    """
    return [
        member()
        for member in family.members()
        if all(f.default is not attrs.NOTHING for f in attrs.fields(member))
    ]


LOSSES = [
    *made(Loss),
    sx.losses.CategoricalCrossEntropy(label_smoothing=0.1, class_weights=(0.5, 1.0, 2.0)),
    sx.losses.BinaryCrossEntropy(label_smoothing=0.1, class_weights=(0.5, 1.0, 2.0)),
    sx.losses.Hinge(margin=0.5, squared=True),
    sx.losses.MultiClassHinge(margin=0.5, squared=True),
    sx.losses.WeightedSum(((0.3, "squared_error"), (2, "huber"))),
    Censored("cross_entropy"),
    Censored("multi_class_hinge"),
    Loss.of(lambda y, t: np.abs(y - t).sum(axis=1)),
]


class Worker:
    """
    Arrays and scratch memory of one backend.
    """

    def __init__(self, backend: Backend, dtype: Any) -> None:
        self.backend, self.dtype = backend, dtype
        buffers = Buffers(backend, N, np.dtype(dtype))
        self.s = Scratch(backend, buffers, N, rng=CounterGenerator(backend.xp, 1))

    def sent(self, seed: int, *shape: int) -> Any:
        drawn = np.random.default_rng(seed).standard_normal(shape)
        return self.backend.from_host(drawn + 0.01 * np.sign(drawn), self.dtype)

    def empty(self, *shape: int) -> Any:
        return self.backend.xp.empty(shape, self.dtype)

    def targets(self) -> Any:
        return self.backend.from_host(np.eye(OUTPUTS)[[0, 2, 1, 1, 0]], self.dtype)


def compare(there: Backend, work: Any) -> None:
    """
    Check that ``work(worker)`` gives the same arrays here and there, in both types.
    """
    for dtype, tolerance in ((np.float32, 1e-5), (np.float64, 1e-10)):
        with np.errstate(all="ignore"):
            here, found = (
                [one.to_host(array) for array in work(Worker(one, dtype))] for one in (HERE, there)
            )
        for one, other in zip(found, here, strict=True):
            assert one.dtype == other.dtype == dtype
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("f", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("shape", [(OUTPUTS,), (2, 3, 4)], ids=str)
def test_an_activation(f: Activation, shape: Any, there: Backend) -> None:
    def work(one: Worker) -> Any:
        z, y = one.sent(1, N, *shape), one.empty(N, *shape)
        f.forward(z, y, one.s)
        if not f.differentiable:
            return (y,)
        dz = one.empty(N, *shape)
        f.backward(z, y, one.sent(2, N, *shape), dz, one.s)
        return y, dz

    compare(there, work)


@pytest.mark.parametrize("output", OUTPUTS_OF, ids=str)
@pytest.mark.parametrize("named", LOSSES, ids=str)
def test_a_loss(named: Loss, output: Activation, there: Backend) -> None:
    try:
        loss = named.for_output(output)
    except LossError:
        pytest.skip("the loss is not for this output")

    def work(one: Worker) -> Any:
        z, t = one.sent(1, N, OUTPUTS), one.targets()
        if isinstance(loss, Censored):
            t[1, 0] = float("nan")
        y, values, dy = one.empty(N, OUTPUTS), one.empty(N), one.empty(N, OUTPUTS)
        if loss.links(output):
            loss.linked(z, y, t, values, dy, 0.5, one.s)
            return y, values, dy
        output.forward(z, y, one.s)
        loss.values(y, t, values, one.s)
        loss.gradient(y, t, dy, 0.5, one.s)
        return values, dy

    compare(there, work)


@pytest.mark.parametrize("output", OUTPUTS_OF, ids=str)
@pytest.mark.parametrize("named", [*made(Metric), TopK(2)], ids=str)
def test_a_metric(named: Metric, output: Activation, there: Backend) -> None:
    metric = named.for_output(output)

    def work(one: Worker) -> Any:
        y, values = one.empty(N, OUTPUTS), one.empty(N)
        output.forward(one.sent(1, N, OUTPUTS), y, one.s)
        metric.values(y, one.targets(), values, one.s)
        return (values,)

    compare(there, work)


@pytest.mark.parametrize("kind", made(Regularizer) or [sx.L1(0.1), sx.L2(0.1)], ids=str)
def test_the_derivative_of_a_penalty(kind: Regularizer, there: Backend) -> None:
    def work(one: Worker) -> Any:
        grad, scratch = one.sent(2, 7), one.empty(7)
        kind.add_derivative(one.sent(1, 7), grad, scratch, one.backend.xp)
        return (grad,)

    compare(there, work)
