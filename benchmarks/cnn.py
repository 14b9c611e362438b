"""
Train convolutional networks beside PyTorch, JAX and tinygrad: milliseconds a step, and who is how much faster.

All begin with the same weights and learn the same random images in the same order by plain gradient descent; after the
first epoch, which is not counted and stands in a column of its own, their losses are compared.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any

import numpy as np

import synapse_rx as sx

from .contestants.convolutional import others
from .contestants.stacks import Ours, Stack, Theirs, agree, operations
from .harness import Contest, alternate, cpu_seconds, equal_threads, gemm_rate, peer, pinned, table

IMAGE = (1, 28, 28)
LIMIT = (512, 512, 512)
"""The matrix product whose rate is the limit that networks are held against; its operands stay in the cache."""

Others = Callable[..., dict[str, Any]]
"""Makes further contestants of a stack and our network, fewer of them where ``quick=True``."""


def synacnn(x: Any, labels: Any) -> Stack:
    """
    SynaNN's without its synapses: conv10-5, pool, conv20-5, pool, dense 64, dense 10; batches of 100.
    """

    def theirs(torch: Any) -> Any:
        nn = torch.nn
        return nn.Sequential(
            nn.Conv2d(1, 10, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(10, 20, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(320, 64),
            nn.ReLU(),
            nn.Linear(64, 10),
        )

    ours = [
        sx.Input(IMAGE),
        sx.Conv2D(10, 5, activation="relu"),
        sx.MaxPool2D(2),
        sx.Conv2D(20, 5, activation="relu"),
        sx.MaxPool2D(2),
        sx.Dense(64, "relu"),
        sx.Dense(10, "softmax"),
    ]
    return Stack(ours, theirs, x, labels, 100)


def deep_diamond(x: Any, labels: Any) -> Stack:
    """
    Deep Diamond's without dropout: conv32-3, conv64-3, pool, dense 128, dense 10; batches of 128.
    """

    def theirs(torch: Any) -> Any:
        nn = torch.nn
        return nn.Sequential(
            nn.Conv2d(1, 32, 3),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(64 * 12 * 12, 128),
            nn.ReLU(),
            nn.Linear(128, 10),
        )

    ours = [
        sx.Input(IMAGE),
        sx.Conv2D(32, 3, activation="relu"),
        sx.Conv2D(64, 3, activation="relu"),
        sx.MaxPool2D(2),
        sx.Dense(128, "relu"),
        sx.Dense(10, "softmax"),
    ]
    return Stack(ours, theirs, x, labels, 128)


NETS: dict[str, Callable[[Any, Any], Stack]] = {"synacnn": synacnn, "deep_diamond": deep_diamond}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", nargs="+", choices=list(NETS), help="which networks")
    options(parser)


def run(
    quick: bool = False,
    only: Sequence[str] | None = None,
    rounds: int | None = None,
    threads: int = 1,
    cpu: bool = False,
) -> None:
    rng = np.random.default_rng(0)
    batches = 1 if quick else 2
    stacks = {}
    for name in only or (["synacnn"] if quick else NETS):
        n = batches * (100 if name == "synacnn" else 128)
        x, labels = rng.random((n, *IMAGE), np.float32), rng.integers(0, 10, n)
        stacks[name] = NETS[name](x, labels)
    compare(stacks, others, rounds or (2 if quick else 9), threads, cpu, quick)


def options(parser: argparse.ArgumentParser) -> None:
    """
    Add what benchmarks of layers have in common.
    """
    parser.add_argument("--rounds", type=int, help="epochs measured")
    parser.add_argument("--threads", type=int, default=1, help="compute threads (and cores) for everyone")
    parser.add_argument("--cpu", action="store_true", help="count CPU seconds, if others use the machine too")


def compare(
    stacks: Mapping[str, Stack], others: Others, rounds: int, threads: int, cpu: bool, quick: bool
) -> None:
    """
    Let this library, PyTorch and ``others`` train each network in turn, and print what a step takes.
    """
    rows = []
    with equal_threads(threads), pinned(threads):
        torch = peer("torch")
        # The limit is what the machine does at its best, not in a slow moment.
        peak = 1e9 * max(gemm_rate(*LIMIT, threads=threads, cpu=cpu) for _ in range(5))
        for name, stack in stacks.items():
            ours = Ours(stack)
            contestants: dict[str, Any] = {"ours": ours}
            if torch is not None:
                contestants["PyTorch"] = Theirs(torch, stack, ours.net)
            contestants |= others(stack, ours.net, quick=quick)
            first = _warm_up(name, contestants)
            passes = {who: _timed(each.epoch, cpu) for who, each in contestants.items()}
            contest = alternate(rounds, passes)
            steps = -(-len(stack.x) // stack.batch)
            share = operations(ours.net, stack.batch) * steps / peak
            rows += [
                [*_row(name, stack, who, contest, steps, share), f"{first[who]:.1f}"] for who in contestants
            ]
    unit = "CPU ms a step" if cpu else "ms a step"
    table(
        f"{threads} thread(s), {rounds} rounds; 100% of GEMM are {1e-9 * peak:.0f} GFLOP/s",
        ["", "", "batch", unit, "quartiles", "/ ours", "of GEMM", "first s"],
        rows,
    )


def _warm_up(name: str, contestants: Mapping[str, Any]) -> dict[str, float]:
    """
    Let everyone learn one epoch, compare the losses, and return the seconds it took, by name.
    """
    seconds = {}
    for who, one in contestants.items():
        began = perf_counter()
        one.epoch()
        seconds[who] = perf_counter() - began
    print(f"{name}: {agree({who: one.loss() for who, one in contestants.items()})}")
    return seconds


def _timed(epoch: Callable[[], None], cpu: bool) -> Callable[[], float | None]:
    return cpu_seconds(epoch) if cpu else epoch


def _row(name: str, stack: Stack, who: str, contest: Contest, steps: int, share: float) -> list[str]:
    low, high = contest.spread(who)
    scale = 1e3 / steps
    return [
        name,
        who,
        str(stack.batch),
        f"{contest.median(who) * scale:.2f}",
        f"{low * scale:.2f}-{high * scale:.2f}",
        f"{contest.ratio(who, 'ours'):.2f}",
        f"{share / contest.median(who):.0%}",
    ]
