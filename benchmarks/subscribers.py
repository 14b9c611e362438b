"""
What subscribers cost a training: epochs of MNIST's size alone, and with every subscriber there is attached at once.

The network is 784-100-10, trained by 60 000 random samples in batches of 128 and judged by 5 000 others. "alone" and
"all" take turns on one core (`pinned`), where nobody can hide on another. A dashboard with a reader is among them.

Times are those of the processor, which others on the machine do not change. What subscribers do in watches is measured
on the training thread, between a watch that was put on first and one that was put on last. What they do on threads of
their own is limited to a share of the time that passes, so it is told as a share of that; "added" is the sum of both,
which is by how much an epoch takes longer on a core that has nothing else to do. What is made once, such as the first
picture, is told apart.
"""

from __future__ import annotations

import argparse
import io
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, thread_time
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
from attrs import define, field

import synapse_rx as sx
from synapse_rx.snapshot import Net

from .harness import alternate, equal_threads, pinned, table

UNITS = (784, 100, 10)
SAMPLES, QUICK_SAMPLES, TESTS = 60_000, 6_000, 10_000
BATCH = 128

LAST: dict[int, float] = {}
"""Seconds of the processor that each thread had used up when it was seen last."""

Make = Callable[[Path, "sx.Atom[Net]"], Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--epochs", type=int, help="epochs of a training")
    parser.add_argument("--rounds", type=int, help="rounds measured")
    parser.add_argument("--each", action="store_true", help="measure each subscriber by itself as well")


def run(
    quick: bool = False, epochs: int | None = None, rounds: int | None = None, each: bool = False
) -> None:
    epochs, rounds = epochs or (3 if quick else 20), rounds or (1 if quick else 5)
    data, tests = samples(quick)
    with equal_threads(1), pinned(1), TemporaryDirectory() as folder:
        kinds = makes(tests)
        chosen = {"all": list(kinds.values())} | (
            {name: [one] for name, one in kinds.items()} if each else {}
        )
        measured = measure(data, epochs, rounds, chosen, Path(folder))
        report(measured, epochs)


@define
class Cost:
    """
    What a training costs, in seconds, a number for each round.

    Attributes:
        wall: Time that passes in an epoch.
        training: Of the processor, in an epoch, on the training thread.
        watches: Of this, in watches.
        others: Of the processor, in an epoch, on all other threads.
        first: Of the processor, on other threads, till everything was made once.
        last: Of the processor, when everything is closed.
    """

    wall: list[float] = field(factory=list)
    training: list[float] = field(factory=list)
    watches: list[float] = field(factory=list)
    others: list[float] = field(factory=list)
    first: list[float] = field(factory=list)
    last: list[float] = field(factory=list)

    @property
    def beside(self) -> float:
        """What watches and other threads take, as a share of an epoch."""
        pairs = zip(self.watches, self.training, self.others, self.wall, strict=True)
        return median(
            watches / (training - watches) + others / wall for watches, training, others, wall in pairs
        )


def measure(
    data: sx.TrainingSet, epochs: int, rounds: int, chosen: Mapping[str, list[Make]], folder: Path
) -> Mapping[str, Cost]:
    """
    Train in turn with nobody and with each choice of subscribers, and return what it cost.
    """
    costs = {name: Cost() for name in ("alone", *chosen)}

    def contestant(name: str) -> Callable[[], float]:
        return lambda: _train(data, epochs, chosen.get(name, []), folder, costs[name])

    _train(data, 1, [make for makes in chosen.values() for make in makes], folder, Cost())
    alternate(rounds, {name: contestant(name) for name in costs}, warmup=0)
    return costs


def report(costs: Mapping[str, Cost], epochs: int) -> None:
    """
    Print what was measured.
    """
    rows = [
        [
            name,
            *(f"{1e3 * median(values):.1f}" for values in (cost.wall, cost.training)),
            f"{1e3 * median(cost.watches):.3f}",
            f"{1e3 * median(cost.others):.1f}",
            f"{100 * (cost.beside - costs['alone'].beside):.1f} %",
            *(f"{1e3 * median(values):.0f}" for values in (cost.first, cost.last)),
        ]
        for name, cost in costs.items()
    ]
    table(
        f"An epoch of {'-'.join(map(str, UNITS))} in ms, on one core, {epochs} epochs at a time",
        ["", "wall", "training", "in watches", "other threads", "added", "first time", "at the end"],
        rows,
    )


def samples(quick: bool) -> tuple[sx.TrainingSet, sx.DataSet]:
    """
    Return samples to learn and to test with: MNIST, or random ones of its size.
    """
    rng = np.random.default_rng(0)
    n = QUICK_SAMPLES if quick else SAMPLES
    x, labels = rng.random((n, UNITS[0]), dtype=np.float32), rng.integers(10, size=n)
    data = sx.training_set(x, labels, batch=BATCH, nvalid=n // 12)
    return data, sx.test_set(x[: min(n, TESTS)], labels[: min(n, TESTS)])


def makes(tests: sx.DataSet) -> Mapping[str, Make]:
    """
    Return what attaches each subscriber that there is to a network and may be closed, by name.
    """
    import logging

    logger = logging.getLogger("benchmarks.subscribers")
    logger.propagate = False
    logger.handlers = [logging.StreamHandler(io.StringIO())]
    logger.setLevel(logging.INFO)
    console = _console()
    return {
        "Progress": lambda folder, net: sx.Progress(net, epochs=10**6, console=console),
        "Logger": lambda folder, net: sx.Logger(net, logger=logger),
        "CSVLog": lambda folder, net: sx.CSVLog(folder / "log.csv").attach(net),
        "JSONLinesLog": lambda folder, net: sx.JSONLinesLog(folder / "log.jsonl").attach(net),
        "EarlyStopping": lambda folder, net: sx.EarlyStopping("loss", patience=10**6).attach(net),
        "BestSoFar": lambda folder, net: sx.BestSoFar("loss").attach(net),
        "Schedule": lambda folder, net: sx.Schedule(
            learning_rate=lambda epoch, step, stats: 0.1 / (1 + epoch)
        ).attach(net),
        "History": lambda folder, net: sx.History(net, capacity=50),
        "Checkpoint": lambda folder, net: sx.Checkpoint(folder / "run", every=1).attach(net),
        "Plot": lambda folder, net: sx.Plot(folder / "curves.png").attach(net),
        "TensorBoard": lambda folder, net: sx.TensorBoard(folder / "runs", data=tests).attach(net),
        "Prometheus": lambda folder, net: sx.Prometheus(net),
        "WeightImages": lambda folder, net: sx.WeightImages(folder / "weights").attach(net),
        "Notify": lambda folder, net: sx.Notify(when="epoch", call=lambda cell, snapshot: None).attach(net),
        "dashboard": lambda folder, net: _Watched(net),
    }


def _console() -> Any:
    from rich.console import Console

    return Console(file=io.StringIO(), force_terminal=True, width=120)


class _Watched:
    """
    A dashboard, and somebody who reads its stream.
    """

    def __init__(self, net: sx.Atom[Net]) -> None:
        self._board = sx.dashboard(net)
        headers = {"Authorization": f"Bearer {self._board.token}"}
        self._stream = urlopen(Request(self._board.url.partition("#")[0] + "events", headers=headers))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for _ in self._stream:
            pass

    def close(self) -> None:
        self._board.close()
        self._reader.join()
        self._stream.close()


def _train(data: sx.TrainingSet, epochs: int, chosen: list[Make], folder: Path, cost: Cost) -> float:
    net = sx.mlp(UNITS, ["sigmoid", "softmax"], sx.training("backprop", learning_rate=0.1))
    watches = Watches(net)
    with ExitStack() as stack, _folder(folder) as place:
        closing = [make(place, net) for make in chosen]
        for each in closing:
            stack.callback(each.close)
        watches.put_last()
        begun = process_time()
        sx.deref(sx.train(net, data, 1))
        drawn = [each.path for each in closing if isinstance(each, sx.Plot)]
        while not all(path.exists() for path in drawn if path):
            sx.deref(sx.train(net, data, 1))
        cost.first.append(process_time() - begun - watches.thread)
        watches.begin()
        wall, cpu = -perf_counter(), -process_time()
        sx.deref(sx.train(net, data, epochs))
        wall, cpu = wall + perf_counter(), cpu + process_time()
        cost.wall.append(wall / epochs)
        cost.training.append(watches.thread / epochs)
        cost.watches.append(watches.seconds / epochs)
        cost.others.append((cpu - watches.thread) / epochs)
        ended = process_time()
        stack.close()
        cost.last.append(process_time() - ended)
    return cpu / epochs


class Watches:
    """
    Measures threads that train: all they do, and what they do in watches.

    Attributes:
        seconds: Of the processor, between a watch that was put on first and one that was put on last.
    """

    def __init__(self, net: sx.Atom[Net]) -> None:
        self._net = net
        # Threads are kept for the next training: what they used up before belongs to others.
        self._clocks = {thread: (now, now) for thread, now in LAST.items()}
        self.begin()
        net.add_watch("first", lambda key, cell, old, new: self._begin())

    def begin(self) -> None:
        """Begin anew, where threads that will train again stand still."""
        self.seconds = 0.0
        self._since = 0.0
        self._clocks = {thread: (now, now) for thread, (_, now) in self._clocks.items()}

    def put_last(self) -> None:
        """Put on the last watch."""
        self._net.add_watch("last", lambda key, cell, old, new: self._end())

    @property
    def thread(self) -> float:
        """Of the processor, what the threads that train have used up."""
        return sum(now - begun for begun, now in self._clocks.values())

    def _begin(self) -> None:
        self._since = thread_time()

    def _end(self) -> None:
        now, thread = thread_time(), threading.current_thread()
        if thread is not threading.main_thread():  # which tells that it begins, and does other things
            self.seconds += now - self._since
            number = threading.get_ident()
            self._clocks[number] = self._clocks.get(number, (0.0, now))[0], now
            LAST[number] = now


@contextmanager
def _folder(within: Path) -> Iterator[Path]:
    with TemporaryDirectory(dir=within) as name:
        yield Path(name)
