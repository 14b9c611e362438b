"""
What a training holds beyond its data, in multiples of its parameters, and whether a network's summary says so.

Each contestant trains 784-3000-2850-10, some 11 million parameters, by momentum in a process of its own: what its
process holds at most while it trains, less what it held before the network was made. One epoch of a small network
beforehand loads and compiles what is needed. This library publishes a snapshot after each epoch, from which training
could go on: parameters and momentum, which nobody writes to any more. ``PyTorch, and a copy`` keeps the same.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import synapse_rx as sx
from synapse_rx import fast
from synapse_rx.backends import backend
from synapse_rx.network.learner import NetworkLearner

from .harness import equal_threads, peer, table

UNITS = (784, 3000, 2850, 10)
QUICK_UNITS = (784, 1200, 300, 10)
SMALL = (784, 256, 128, 10)
EPOCHS = 4
SAMPLES = 1024
STATUS = Path("/proc/self/status")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--batch", type=int, default=128, help="batch size")
    parser.add_argument("--units", type=int, nargs="+", help="units of the layers, inputs included")
    parser.add_argument("--only", nargs="+", choices=list(CONTESTANTS), help="who trains")


def run(
    quick: bool = False,
    batch: int = 128,
    units: Sequence[int] | None = None,
    only: Sequence[str] | None = None,
) -> None:
    units = tuple(units or (QUICK_UNITS if quick else UNITS))
    if STATUS.exists():
        _compare(units, batch, only or _installed())
    else:
        print("(this system does not say what a process held at most: peers are left out)")
    _said_and_held(batch)


def _installed() -> list[str]:
    names = ["synapse_rx", "its learner alone"]
    if peer("torch"):
        names += ["PyTorch", "PyTorch, and a copy"]
    if peer("jax"):
        names += ["JAX jit"]
    return names


def _compare(units: tuple[int, ...], batch: int, names: Sequence[str]) -> None:
    parameters = sum(m * n + n for m, n in pairwise(units))
    rows = []
    for name in names:
        code = f"from benchmarks.memory import measure; measure({name!r}, {units!r}, {batch})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        peak = json.loads(done.stdout.splitlines()[-1])
        rows.append([name, f"{peak / 2**20:.0f}", f"{peak / (4 * parameters):.2f}"])
    title = f"{'-'.join(map(str, units))}, {parameters:,} parameters, momentum, batches of {batch}: at most"
    table(title, ["", "MiB", "/ parameters"], rows)


def measure(name: str, units: tuple[int, ...], batch: int) -> None:
    """
    Print the bytes that this process holds at most while a contestant trains, beyond what it held before.
    """
    rng = np.random.default_rng(0)
    x, labels = rng.random((SAMPLES, units[0]), dtype=np.float32), rng.integers(0, 10, SAMPLES)
    train = CONTESTANTS[name]
    train(SMALL, x, labels, batch)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # what was held at most is counted anew
    before = _status("VmRSS")
    train(units, x, labels, batch)
    print(_status("VmHWM") - before)


def _status(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+)", STATUS.read_text())
    assert found is not None
    return 1024 * int(found[1])


def _net(units: tuple[int, ...]) -> sx.Net:
    how = sx.training("backprop", learning_rate=0.01, momentum=0.9)
    return sx.mlp(units, ["relu"] * (len(units) - 2) + ["softmax"], how).value


def _ours(units: tuple[int, ...], x: Any, labels: Any, batch: int) -> None:
    sx.train(sx.atom(_net(units)), sx.training_set(x, labels, batch=batch, shuffle=False), EPOCHS).result()


def _alone(units: tuple[int, ...], x: Any, labels: Any, batch: int) -> None:
    data = sx.training_set(x, labels, batch=batch, shuffle=False)
    learner = NetworkLearner(_net(units), data, backend("numpy"))
    for _ in range(EPOCHS):
        while not learner.learn(60.0).epoch_done:
            pass


def _torch(units: tuple[int, ...], x: Any, labels: Any, batch: int, *, copies: bool = False) -> None:
    import torch  # pyright: ignore[reportMissingImports]

    layers: list[Any] = []
    for m, n in pairwise(units):
        layers += [torch.nn.Linear(m, n), torch.nn.ReLU()]
    model, loss = torch.nn.Sequential(*layers[:-1]), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    batches = list(zip(torch.from_numpy(x).split(batch), torch.from_numpy(labels).split(batch), strict=True))
    kept: list[Any] = []
    for _ in range(EPOCHS):
        for one, targets in batches:
            optimizer.zero_grad(set_to_none=True)
            loss(model(one), targets).backward()
            optimizer.step()
        if copies:
            held = [*model.parameters(), *(state["momentum_buffer"] for state in optimizer.state.values())]
            kept = [value.detach().clone() for value in held]
    del kept


def _torch_with_copies(units: tuple[int, ...], x: Any, labels: Any, batch: int) -> None:
    _torch(units, x, labels, batch, copies=True)


def _jax(units: tuple[int, ...], x: Any, labels: Any, batch: int) -> None:
    import jax  # pyright: ignore[reportMissingImports]

    jnp = jax.numpy

    def loss(weights: Any, x: Any, t: Any) -> Any:
        for index, (w, b) in enumerate(weights):
            x = (jax.nn.relu(x) if index else x) @ w + b
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x), t[:, None], axis=1))

    def step(held: Any, x: Any, t: Any) -> Any:
        weights, velocity = held
        gradient = jax.grad(loss)(weights, x, t)
        velocity = jax.tree.map(lambda v, g: 0.9 * v + g, velocity, gradient)
        return jax.tree.map(lambda w, v: w - 0.01 * v, weights, velocity), velocity

    net = _net(units)
    weights = [
        (jnp.array(net.params[layer]["W"]), jnp.array(net.params[layer]["b"]))
        for layer in range(len(units) - 1)
    ]
    del net
    held = (weights, jax.tree.map(jnp.zeros_like, weights))
    del weights
    learn = jax.jit(step, donate_argnums=0)
    starts = range(0, len(x), batch)
    batches = [(jnp.array(x[at : at + batch]), jnp.array(labels[at : at + batch])) for at in starts]
    for _ in range(EPOCHS):
        for one, targets in batches:
            held = learn(held, one, targets)
        jax.block_until_ready(held)


CONTESTANTS: dict[str, Callable[..., None]] = {
    "synapse_rx": _ours,
    "its learner alone": _alone,
    "PyTorch": _torch,
    "PyTorch, and a copy": _torch_with_copies,
    "JAX jit": _jax,
}


def _said_and_held(batch: int) -> None:
    """
    Print what `synapse_rx.summary` says beside what is allocated for a learner that has learnt a batch.
    """
    rng = np.random.default_rng(0)
    x, labels = rng.random((2 * batch, 784), dtype=np.float32), rng.integers(0, 10, 2 * batch)
    image = [
        sx.Input((1, 28, 28)),
        sx.Conv2D(10, 5, activation="relu"),
        sx.MaxPool2D(2),
        sx.Dense(64, "relu"),
        sx.Dense(10, "softmax"),
    ]
    nets = {
        "784-100-10, SGD": sx.mlp([784, 100, 10], ["sigmoid", "softmax"], sx.training("backprop")).value,
        "784-512-512-10, Adam": sx.mlp(
            [784, 512, 512, 10], ["relu"] * 2 + ["softmax"], sx.training("adam")
        ).value,
        "conv10-5 pool dense64, Adam": sx.neural_net(image, sx.training("adam")).value,
    }
    rows = []
    for name, net in nets.items():
        data = sx.training_set(x.reshape(len(x), *net.arch.in_shape), labels, batch=batch, shuffle="epoch")
        for way, switch in {"on numpy": "0", "compiled": "1"}.items():
            with equal_threads(1), _fast(switch):
                said, held = sx.summary(net, batch).nbytes, _held(net, data)
            rows.append([name, way, f"{said / 2**10:,.0f}", f"{held / 2**10:,.0f}", f"{held / said:.2f}"])
    table(
        f"What a summary says and what is allocated, batches of {batch}",
        ["", "", "KiB said", "KiB held", "held/said"],
        rows,
    )


@contextmanager
def _fast(switch: str) -> Iterator[None]:
    before = os.environ.get("SYNAPSE_RX_FAST", "1")
    os.environ["SYNAPSE_RX_FAST"] = switch
    fast.forget()
    try:
        yield
    finally:
        os.environ["SYNAPSE_RX_FAST"] = before
        fast.forget()


def _held(net: sx.Net, data: sx.TrainingSet) -> int:
    NetworkLearner(net, data, backend("numpy")).learn(60.0)  # loads and compiles
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    learner = NetworkLearner(net, data, backend("numpy"))
    learner.learn(60.0)
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return held
