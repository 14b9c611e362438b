"""A deeper network, 784-512-512-10 (relu, softmax), trained by Adam: this library and its peers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from attrs import frozen

import synapse_rx as sx

from ..harness import peer
from .base import Contestant
from .ours import Bare, Ours
from .problem import Problem, problem
from .with_tinygrad import Steps, cross_entropy, tinygrad

UNITS = (784, 512, 512, 10)
RATE = 1e-4
"""So short that hundreds of steps lead everyone to the same place: longer ones overshoot where data are nearly learnt,
and then go by rounding."""
BETAS = (0.9, 0.999)
EPSILON = 1e-8

Arrays = Sequence[np.ndarray]
"""W and b of each layer, one after the other."""


@frozen(eq=False)
class DeepProblem(Problem):
    """
    The samples of a `Problem`, learnt by a deeper network and another algorithm.
    """

    @property
    def flops(self) -> int:
        first, *others = (m * n for m, n in pairwise(UNITS))
        return 2 * self.batch * (2 * first + 3 * sum(others))

    def net(self) -> sx.Atom[sx.Net]:
        how = sx.training("adam", learning_rate=RATE, beta1=BETAS[0], beta2=BETAS[1], epsilon=EPSILON)
        return sx.mlp(UNITS, ["relu", "relu", "softmax"], how)

    def weights_of(self, params: sx.Params) -> Any:
        return [params[layer][name] for layer in range(len(UNITS) - 1) for name in ("W", "b")]

    def loss(self, weights: Any, samples: int = 4096) -> float:
        y, t = self.x[:samples].astype(np.float64), self.targets[:samples]
        for index in range(0, len(weights), 2):
            y = (np.maximum(y, 0) if index else y) @ weights[index].astype(np.float64) + weights[index + 1]
        y -= y.max(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(y).sum(axis=1)) - (y * t).sum(axis=1)))


def deep_problem(data: str, samples: int, batch: int) -> DeepProblem:
    """
    Make the problem, as `problem` does.
    """
    task = problem(data, samples, batch)
    return DeepProblem(task.x, task.labels, task.batch)


def deep_contestants(task: DeepProblem, threads: int = 1, *, quick: bool = False) -> dict[str, Contestant]:
    """
    Return everyone who can take part here, this library first; call it inside `equal_threads`.

    What ``torch.compile`` makes is left out of a quick look, because it compiles for half a minute, and so is tinygrad.
    """
    found: dict[str, Contestant] = {
        "synapse_rx": Ours(task, threads=threads),
        "its learner alone": Bare(task),
    }
    if torch := peer("torch"):
        found["PyTorch eager"] = Torch(torch, task)
        found["PyTorch, fused Adam"] = Torch(torch, task, fused=True)
        if not quick:
            found["torch.compile, fused"] = Torch(torch, task, fused=True, compiled=True)
    if jax := peer("jax"):
        found["JAX jit per step"] = Jax(jax, task, scan=False)
        found["JAX scan"] = Jax(jax, task, scan=True)
    if peer("sklearn"):
        found["scikit-learn"] = Scikit(task)
    if not quick and (library := tinygrad()):
        found["tinygrad"] = Tiny(library, task)
    return found


class Torch(Contestant):
    """
    ``nn.Sequential``, ``CrossEntropyLoss`` on class numbers, ``optim.Adam``; the loss is never read.
    """

    def __init__(self, torch: Any, task: DeepProblem, *, fused: bool = False, compiled: bool = False) -> None:
        nn = torch.nn
        layers: list[Any] = []
        for m, n in pairwise(UNITS):
            layers += [nn.Linear(m, n), nn.ReLU()]
        self._net = nn.Sequential(*layers[:-1])
        with torch.no_grad():
            for parameter, first in zip(self._net.parameters(), task.first_weights(), strict=True):
                parameter.copy_(torch.tensor(first.T))
        options = {"fused": True} if fused else {}
        self._optimizer = torch.optim.Adam(
            self._net.parameters(), lr=RATE, betas=BETAS, eps=EPSILON, **options
        )
        judge, net = nn.CrossEntropyLoss(), self._net

        def loss(x: Any, labels: Any) -> Any:
            return judge(net(x), labels)

        self._loss = torch.compile(loss) if compiled else loss
        x, labels = torch.from_numpy(task.x), torch.from_numpy(task.labels.astype(np.int64))
        self._batches = list(zip(x.split(task.batch), labels.split(task.batch), strict=True))

    def epoch(self) -> None:
        for x, labels in self._batches:
            self._optimizer.zero_grad()
            self._loss(x, labels).backward()
            self._optimizer.step()

    def weights(self) -> Any:
        return [parameter.detach().numpy().T for parameter in self._net.parameters()]


class Jax(Contestant):
    """
    Adam written out, compiled: a call a step, or ``lax.scan`` over an epoch; the old vectors are given up.
    """

    def __init__(self, jax: Any, task: DeepProblem, *, scan: bool) -> None:
        self._jax, self._scan = jax, scan
        first = [jax.device_put(part) for part in task.first_weights()]
        zeros = [0 * part for part in first]
        self._held = (first, zeros, [0 * part for part in first], jax.numpy.zeros((), "float32"))
        step = _adam(jax)
        if scan:
            shape = (task.steps, task.batch)
            x, t = task.x.reshape(*shape, -1), task.targets.reshape(*shape, -1)
            self._batches: Any = (jax.device_put(x), jax.device_put(t))
            self._learn = jax.jit(
                lambda held, batches: jax.lax.scan(lambda h, b: (step(h, b), None), held, batches)[0],
                donate_argnums=0,
            )
        else:
            self._batches = [
                tuple(map(jax.device_put, batch)) for batch in task.batches(task.x, task.targets)
            ]
            self._learn = jax.jit(step, donate_argnums=0)

    def epoch(self) -> None:
        held = self._held
        for batch in [self._batches] if self._scan else self._batches:
            held = self._learn(held, batch)
        self._held = self._jax.block_until_ready(held)

    def weights(self) -> Any:
        return [np.asarray(part) for part in self._held[0]]


def _adam(jax: Any) -> Any:
    jnp = jax.numpy

    def loss(weights: Any, x: Any, t: Any) -> Any:
        for index in range(0, len(weights), 2):
            x = (jax.nn.relu(x) if index else x) @ weights[index] + weights[index + 1]
        return -jnp.mean(jnp.sum(t * jax.nn.log_softmax(x), axis=1))

    def step(held: Any, batch: Any) -> Any:
        weights, means, squares, count = held
        grads = jax.grad(loss)(weights, *batch)
        count = count + 1
        means = [BETAS[0] * m + (1 - BETAS[0]) * g for m, g in zip(means, grads, strict=True)]
        squares = [BETAS[1] * v + (1 - BETAS[1]) * g * g for v, g in zip(squares, grads, strict=True)]
        one, two = 1 - BETAS[0] ** count, 1 - BETAS[1] ** count
        weights = [
            w - RATE * (m / one) / (jnp.sqrt(v / two) + EPSILON)
            for w, m, v in zip(weights, means, squares, strict=True)
        ]
        return weights, means, squares, count

    return step


class Scikit(Contestant):
    """
    ``MLPClassifier.partial_fit`` of all samples, in order, by its Adam.
    """

    def __init__(self, task: DeepProblem) -> None:
        from sklearn.neural_network import MLPClassifier  # optional, like every peer

        self._task = task
        model: Any = MLPClassifier
        self._model = model(
            UNITS[1:-1],
            solver="adam",
            alpha=0.0,
            batch_size=task.batch,
            learning_rate_init=RATE,
            beta_1=BETAS[0],
            beta_2=BETAS[1],
            epsilon=EPSILON,
            shuffle=False,
        )
        # The first call makes the arrays, which then take the weights that everyone begins with; Adam begins anew.
        first = slice(task.batch)
        self._model.partial_fit(task.x[first], task.labels[first], classes=np.arange(UNITS[-1]))
        for array, value in zip(self.weights(), task.first_weights(), strict=True):
            array[...] = value
        optimizer = self._model._optimizer
        optimizer.t = 0
        for array in (*optimizer.ms, *optimizer.vs):
            array[...] = 0

    def epoch(self) -> None:
        self._model.partial_fit(self._task.x, self._task.labels)

    def weights(self) -> Any:
        pairs = zip(self._model.coefs_, self._model.intercepts_, strict=True)
        return [array for pair in pairs for array in pair]


class Tiny(Contestant):
    """
    tinygrad with Adam written out, a step recorded and repeated.
    """

    def __init__(self, library: Any, task: DeepProblem) -> None:
        first = [np.asarray(part) for part in task.first_weights()]
        kept = [np.zeros(1), *(np.zeros_like(part) for part in first * 2)]
        self._steps = Steps(library, first, _tiny_loss, _tiny_adam, task.batches(task.x, task.targets), kept)

    def epoch(self) -> None:
        self._steps.epoch()

    def weights(self) -> Any:
        return self._steps.arrays()


def _tiny_loss(weights: Sequence[Any], x: Any, t: Any) -> Any:
    for index in range(0, len(weights), 2):
        x = (x.relu() if index else x) @ weights[index] + weights[index + 1]
    return cross_entropy(x, t)


def _tiny_adam(weights: Sequence[Any], grads: Sequence[Any], kept: Sequence[Any]) -> Any:
    count, means, squares = kept[0] + 1, kept[1 : 1 + len(weights)], kept[1 + len(weights) :]
    means = [BETAS[0] * m + (1 - BETAS[0]) * g for m, g in zip(means, grads, strict=True)]
    squares = [BETAS[1] * v + (1 - BETAS[1]) * g * g for v, g in zip(squares, grads, strict=True)]
    one, two = (1 - (count * float(np.log(beta))).exp() for beta in BETAS)
    weights = [
        w - RATE * (m / one) / ((v / two).sqrt() + EPSILON)
        for w, m, v in zip(weights, means, squares, strict=True)
    ]
    return weights, [count, *means, *squares]
