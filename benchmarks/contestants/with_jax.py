"""JAX, compiled: a call per step, and one call for the whole epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

from .base import Contestant
from .problem import INPUTS, OUTPUTS, Problem, Weights


class JitPerStep(Contestant):
    """
    One jitted step, called for each batch; the batches lie on the device, the old weights are given up.
    """

    def __init__(self, jax: Any, problem: Problem) -> None:
        self._jax = jax
        self._step = jax.jit(_step(jax, problem.learning_rate), donate_argnums=0)
        self._batches = [
            tuple(map(jax.device_put, batch)) for batch in problem.batches(problem.x, problem.targets)
        ]
        self._weights = Weights(*map(jax.device_put, problem.first_weights()))

    def epoch(self) -> None:
        weights, step = self._weights, self._step
        for batch in self._batches:
            weights = step(weights, batch)
        self._weights = self._jax.block_until_ready(weights)

    def weights(self) -> Weights:
        return Weights(*map(np.asarray, self._weights))


class Scan(Contestant):
    """
    ``lax.scan`` over the epoch's batches: Python takes no part in the steps.
    """

    def __init__(self, jax: Any, problem: Problem) -> None:
        self._jax = jax
        step = _step(jax, problem.learning_rate)

        def epoch(weights: Weights, batches: Any) -> Weights:
            return jax.lax.scan(lambda held, batch: (step(held, batch), None), weights, batches)[0]

        shape = (problem.steps, problem.batch)
        x, t = problem.x.reshape(*shape, INPUTS), problem.targets.reshape(*shape, OUTPUTS)
        self._batches = (jax.device_put(x), jax.device_put(t))
        self._epoch = jax.jit(epoch, donate_argnums=0)
        self._weights = Weights(*map(jax.device_put, problem.first_weights()))

    def epoch(self) -> None:
        self._weights = self._jax.block_until_ready(self._epoch(self._weights, self._batches))

    def weights(self) -> Weights:
        return Weights(*map(np.asarray, self._weights))


def _step(jax: Any, learning_rate: float) -> Any:
    jnp = jax.numpy

    def loss(weights: Weights, x: Any, t: Any) -> Any:
        h = jax.nn.sigmoid(x @ weights.W1 + weights.b1)
        return -jnp.mean(jnp.sum(t * jax.nn.log_softmax(h @ weights.W2 + weights.b2), axis=1))

    def step(weights: Weights, batch: Any) -> Weights:
        grads = jax.grad(loss)(weights, *batch)
        return jax.tree.map(lambda weight, grad: weight - learning_rate * grad, weights, grads)

    return step
