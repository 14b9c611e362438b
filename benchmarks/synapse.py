"""
Forward and backward through a layer of synapses: this library, its series, and peers with the products written out.

``PyTorch`` writes the formula down, ``x exp(sum_j log1p(-W_ji x_j))``, and so has all samples x inputs x outputs
factors in memory at once, as has its automatic differentiation what it keeps of them; ``torch.compile``, JAX and
tinygrad are given the same and make of it what they can. Before anything is measured, the gradients of the exact
contestants are held against each other. A gradient cannot do without one division for each factor: ``of divisions`` is
the share of the rate at which numpy divides float32 numbers that stay in the cache.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np

import synapse_rx as sx
from synapse_rx.backends.numpy import NumpyBackend
from synapse_rx.losses import SquaredError
from synapse_rx.network.program import Program

from .contestants.with_tinygrad import tinygrad
from .harness import alternate, cpu_seconds, equal_threads, peer, pinned, table

TOLERANCE = 1e-3
"""How much, relative to the largest, gradients of exact contestants may differ."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--inputs", type=int, nargs="+", default=[64, 784], help="inputs of the synapses")
    parser.add_argument("--batch", type=int, default=100, help="samples in a batch")
    parser.add_argument("--rounds", type=int, help="passes measured")
    parser.add_argument("--cpu", action="store_true", help="count CPU seconds, if others use the machine too")


def run(
    quick: bool = False,
    inputs: tuple[int, ...] = (64, 784),
    batch: int = 100,
    rounds: int | None = None,
    cpu: bool = False,
) -> None:
    with equal_threads(1), pinned(1):
        for n in (64,) if quick else inputs:
            _compare(n, batch, rounds or (3 if quick else 15), cpu, quick)


def _compare(n: int, batch: int, rounds: int, cpu: bool, quick: bool) -> None:
    rng = np.random.default_rng(0)
    z = rng.standard_normal((batch, n))
    x = (np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)).astype(np.float32)
    t, v = rng.random((batch, n), np.float32) / n, rng.standard_normal((n, n)).astype(np.float32)
    names: dict[str, Pass] = {"ours": Ours(x, t, v), "ours, 2 terms": Ours(x, t, v, series=2)}
    names |= _peers(x, t, v, quick)
    gradients, first = {}, {}
    for name, one in names.items():
        began = perf_counter()
        gradients[name] = one.gradient()
        first[name] = perf_counter() - began
    largest = np.abs(gradients["ours"]).max()
    for name, gradient in gradients.items():
        off = np.abs(gradient - gradients["ours"]).max() / largest
        if names[name].exact and not off < TOLERANCE:
            raise AssertionError(f"{name} has another gradient than ours: off by {off:.1e} of the largest")
    passes = {name: _timed(one, cpu) for name, one in names.items()}
    contest = alternate(rounds, passes)
    least = batch * n * n / division_rate(cpu=cpu)

    def row(name: str) -> list[str]:
        low, high = contest.spread(name)
        return [
            name,
            f"{1e3 * contest.median(name):.3f}",
            f"{1e3 * low:.3f}-{1e3 * high:.3f}",
            f"{contest.ratio(name, 'ours'):.2f}",
            f"{least / contest.median(name):.0%}" if names[name].exact else "",
            f"{first[name]:.2f}",
        ]

    table(
        f"{n} x {n} synapses, {batch} samples, forward and backward, {rounds} rounds{', CPU seconds' if cpu else ''}",
        ["", "median ms", "quartiles", "/ ours", "of divisions", "first s"],
        [row(name) for name in names],
    )


def _peers(x: Any, t: Any, v: Any, quick: bool) -> dict[str, Pass]:
    """
    Return the peers that are installed; a quick look leaves out those that compile for a while.
    """
    found: dict[str, Pass] = {}
    if torch := peer("torch"):
        found["PyTorch"] = Torch(torch, x, t, v)
        if not quick:
            found["torch.compile"] = Torch(torch, x, t, v, compiled=True)
    if jax := peer("jax"):
        found["JAX jit"] = Jax(jax, x, t, v)
    if not quick and (library := tinygrad()):
        found["tinygrad"] = Tiny(library, x, t, v)
    return found


def division_rate(*, seconds: float = 0.1, cpu: bool = False) -> float:
    """
    Measure how many numbers of float32 numpy divides in a second, in arrays that stay in the cache.
    """
    a = np.random.default_rng(0).random(4096, np.float32) + 1
    out = np.empty_like(a)
    clock = process_time if cpu else perf_counter
    times: list[float] = []
    stop = perf_counter() + seconds
    while not times or perf_counter() < stop:
        start = clock()
        for _ in range(100):
            np.divide(a, a, out=out)
        times.append(clock() - start)
    return 100 * len(a) / median(times)


def _timed(one: Pass, cpu: bool) -> Callable[[], float | None]:
    def once() -> None:
        one.gradient()

    return cpu_seconds(once) if cpu else once


class Pass:
    """
    One contestant: the gradient of the squared error by the weights' logits, forward and backward.
    """

    exact = True

    def gradient(self) -> Any:
        raise NotImplementedError


class Ours(Pass):
    """
    A program of one layer.
    """

    def __init__(self, x: Any, t: Any, v: Any, series: int | None = None) -> None:
        self.exact = series is None
        arch = sx.Arch(sx.Input(x.shape[1]), [sx.Dense(x.shape[1]), sx.Synapse(series=series)])
        n = x.shape[1]
        # The layer before it passes inputs on, so that their gradient is wanted as well.
        self._theta = np.concatenate(
            [np.eye(n, dtype=np.float32).ravel(), np.zeros(n, np.float32), v.ravel()]
        )
        self._grad = np.zeros_like(self._theta)
        self._program = Program(arch, NumpyBackend(), len(x), self._theta, self._grad)
        self._x, self._t, self._values, self._own = x, t, np.empty(len(x), np.float32), v.size

    def gradient(self) -> Any:
        self._program.learn(self._x, self._t, SquaredError(), self._values, 1 / len(self._x))
        return self._grad[-self._own :]


class Torch(Pass):
    """
    The formula written down.
    """

    def __init__(self, torch: Any, x: Any, t: Any, v: Any, *, compiled: bool = False) -> None:
        self._torch = torch
        self._loss = torch.compile(self._written) if compiled else self._written
        self._x, self._t = torch.tensor(x), torch.tensor(t)
        self._eye = torch.eye(x.shape[1], requires_grad=True)
        self._v = torch.tensor(v, requires_grad=True)

    def gradient(self) -> Any:
        self._v.grad = self._eye.grad = None
        self._loss(self._x, self._eye, self._v, self._t).backward()
        return np.asarray(self._v.grad).ravel()

    def _written(self, x: Any, eye: Any, v: Any, t: Any) -> Any:
        torch = self._torch
        x = x @ eye
        logs = torch.log1p(-x[:, :, None] * torch.sigmoid(v)).sum(1)
        return ((x * torch.exp(logs) - t) ** 2).sum() / 2 / len(x)


class Jax(Pass):
    """
    The same, compiled.
    """

    def __init__(self, jax: Any, x: Any, t: Any, v: Any) -> None:
        jnp = jax.numpy
        x, t = jax.device_put(x), jax.device_put(t)

        def loss(eye: Any, v: Any) -> Any:
            z = x @ eye
            logs = jnp.log1p(-z[:, :, None] * jax.nn.sigmoid(v)).sum(1)
            return ((z * jnp.exp(logs) - t) ** 2).sum() / 2 / len(x)

        self._given = jax.device_put(np.eye(x.shape[1], dtype=np.float32)), jax.device_put(v)
        self._gradient = jax.jit(jax.grad(loss, argnums=(0, 1)))

    def gradient(self) -> Any:
        _, gradient = self._gradient(*self._given)
        return np.asarray(gradient).ravel()


class Tiny(Pass):
    """
    The same in tinygrad, which has no ``log1p``.
    """

    def __init__(self, library: Any, x: Any, t: Any, v: Any) -> None:
        def tensor(array: np.ndarray) -> Any:
            return library.Tensor(np.array(array, np.float32), device="CPU").realize()

        inputs, targets = tensor(x), tensor(t)
        self._given = tensor(np.eye(x.shape[1])), tensor(v)

        def gradients(eye: Any, v: Any) -> Any:
            z = inputs @ eye
            logs = (1 - z.unsqueeze(2) * v.sigmoid()).log().sum(axis=1)
            loss = ((z * logs.exp() - targets) ** 2).sum() / (2 * len(x))
            found = loss.gradient(eye, v)
            library.Tensor.realize(*found)
            return found

        self._gradients = library.TinyJit(gradients)

    def gradient(self) -> Any:
        return self._gradients(*self._given)[1].numpy().ravel()
