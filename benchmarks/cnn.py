"""
Train convolutional networks beside PyTorch, one thread each: milliseconds a step, and who is how much faster.

Both begin with the same weights and learn the same random images in the same order by plain gradient descent; after
the first epoch their losses are compared.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import synapse_rx as sx

from .contestants.convolutional import others
from .contestants.stacks import Ours, Stack, Theirs, agree
from .harness import Contest, alternate, cpu_seconds, equal_threads, peer, pinned, table

IMAGE = (1, 28, 28)


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
    parser.add_argument("--peers", action="store_true", help="PyTorch in other forms and JAX as well")
    options(parser)


def run(
    quick: bool = False,
    only: Sequence[str] | None = None,
    rounds: int | None = None,
    threads: int = 1,
    cpu: bool = False,
    peers: bool = False,
) -> None:
    rng = np.random.default_rng(0)
    batches = 1 if quick else 4
    stacks = {}
    for name in only or (["synacnn"] if quick else NETS):
        n = batches * (100 if name == "synacnn" else 128)
        x, labels = rng.random((n, *IMAGE), np.float32), rng.integers(0, 10, n)
        stacks[name] = NETS[name](x, labels)
    compare(stacks, rounds or (2 if quick else 9), threads, cpu, others if peers else None)


def options(parser: argparse.ArgumentParser) -> None:
    """
    Add what benchmarks of layers have in common.
    """
    parser.add_argument("--rounds", type=int, help="epochs measured")
    parser.add_argument("--threads", type=int, default=1, help="compute threads (and cores) for everyone")
    parser.add_argument("--cpu", action="store_true", help="count CPU seconds, if others use the machine too")


def compare(
    stacks: dict[str, Stack],
    rounds: int,
    threads: int,
    cpu: bool,
    more: Callable[[Stack, sx.Net], dict[str, Any]] | None = None,
) -> None:
    """
    Let this library, PyTorch and ``more`` contestants train each network in turn, and print what a step takes.
    """
    rows = []
    with equal_threads(threads), pinned(threads):
        torch = peer("torch")
        for name, stack in stacks.items():
            ours = Ours(stack)
            contestants: dict[str, Any] = {"ours": ours}
            if torch is not None:
                contestants["PyTorch"] = Theirs(torch, stack, ours.net)
                print(f"{name}: {agree(ours, contestants['PyTorch'])}")
            contestants |= more(stack, ours.net) if more is not None else {}
            passes = {who: _timed(each.epoch, cpu) for who, each in contestants.items()}
            contest = alternate(rounds, passes)
            steps = -(-len(stack.x) // stack.batch)
            rows += [_row(name, stack, who, contest, steps) for who in contestants]
    unit = "CPU ms a step" if cpu else "ms a step"
    table(f"{threads} thread(s), {rounds} rounds", ["", "", "batch", unit, "quartiles", "/ ours"], rows)


def _timed(epoch: Callable[[], None], cpu: bool) -> Callable[[], float | None]:
    return cpu_seconds(epoch) if cpu else epoch


def _row(name: str, stack: Stack, who: str, contest: Contest, steps: int) -> list[str]:
    low, high = contest.spread(who)
    scale = 1e3 / steps
    return [
        name,
        who,
        str(stack.batch),
        f"{contest.median(who) * scale:.2f}",
        f"{low * scale:.2f}-{high * scale:.2f}",
        f"{contest.ratio(who, 'ours'):.2f}",
    ]
