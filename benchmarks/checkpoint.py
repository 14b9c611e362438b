"""
Files of networks: saving and loading beside safetensors and PyTorch, and what checkpoints cost a training.

The network has some 11 million parameters and is trained by Adam, so that a file holds three numbers for each. What
safetensors and PyTorch write and read are the same arrays, without the rest of the snapshot. Training is held to one
core, where nothing can go on beside it: what a checkpoint costs is what it takes in processor seconds, of whatever
thread.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import numpy as np

import synapse_rx as sx
from synapse_rx.snapshot import Net
from synapse_rx.snapshot.records import to_record

from .harness import Contest, alternate, cpu_seconds, equal_threads, peer, pinned

SAMPLES = (8192, 2048)
"""Samples of an epoch."""
UNITS = (784, 3000, 2850, 10)
QUICK_UNITS = (784, 300, 10)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--folder", type=Path, help="where files are written; by default among temporary files"
    )
    parser.add_argument("--samples", type=int, nargs="+", help="samples of an epoch")
    parser.add_argument("--rounds", type=int, help="rounds measured")
    parser.add_argument(
        "--cpu", action="store_true", help="count CPU seconds, if others use machine and disk too"
    )


def run(
    quick: bool = False,
    folder: Path | None = None,
    samples: Sequence[int] | None = None,
    rounds: int | None = None,
    cpu: bool = False,
) -> None:
    units = QUICK_UNITS if quick else UNITS
    rounds = rounds or (2 if quick else 7)
    with TemporaryDirectory(dir=folder) as made:
        where = Path(made)
        net = sx.train(_network(units), _data(units, 512), 1).result()
        _files(net, where, rounds, cpu)
        del net
        for n in samples or ([512] if quick else SAMPLES):
            _stall(units, _data(units, n), where, rounds, cpu)


def _data(units: tuple[int, ...], samples: int) -> sx.TrainingSet:
    rng = np.random.default_rng(0)
    x = rng.random((samples, units[0]), dtype=np.float32)
    return sx.training_set(x, rng.integers(0, units[-1], samples), batch=128)


def _network(units: tuple[int, ...]) -> sx.Atom[Net]:
    hidden = ["relu"] * (len(units) - 2)
    return sx.mlp(units, [*hidden, "softmax"], sx.training("adam"))


def _files(net: Net, where: Path, rounds: int, cpu: bool) -> None:
    ours, theirs = where / "ours.safetensors", where / "theirs.safetensors"
    arrays = {name: np.array(array) for name, array in to_record(net)[1].items()}
    saves = {"synapse_rx": _timed(sx.save, net, ours)}
    loads = {
        "synapse_rx": _timed(sx.load, ours),
        "synapse_rx, mmap=True": _timed(sx.load, ours, mmap=True),
    }
    if (theirs_too := peer("safetensors")) is not None:
        numpy = __import__(f"{theirs_too.__name__}.numpy", fromlist=["numpy"])
        saves["safetensors"] = _timed(numpy.save_file, arrays, theirs)
        saves["safetensors, on the disk"] = _timed(_save_on_disk, numpy.save_file, arrays, theirs)
        loads["safetensors"] = _timed(numpy.load_file, theirs)
    if (torch := peer("torch")) is not None:
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        saves["torch.save"] = _timed(torch.save, tensors, where / "theirs.pt")
        torch.save(tensors, where / "theirs.pt")
        loads["torch.load"] = _timed(torch.load, where / "theirs.pt", weights_only=True)
    loads["its bytes, as they are"] = _timed(ours.read_bytes)
    parameters = net.params.flat.size
    unit = ", CPU seconds" if cpu else ""
    _contest(rounds, saves, cpu).print(f"Save a network of {parameters:,} parameters{unit}")
    _contest(rounds, loads, cpu).print(f"Load it, from the system's memory of the file{unit}")
    held = sum(array.nbytes for array in arrays.values())
    print(
        f"\nthe file has {os.path.getsize(ours):,} bytes, {os.path.getsize(ours) - held:,} beside the arrays"
    )


def _contest(rounds: int, contestants: Mapping[str, Callable[[], None]], cpu: bool) -> Contest:
    return alternate(
        rounds, {name: cpu_seconds(one) for name, one in contestants.items()} if cpu else contestants
    )


def _timed(function: Callable[..., Any], *arguments: Any, **options: Any) -> Callable[[], None]:
    def call() -> None:
        function(*arguments, **options)

    return call


def _save_on_disk(save: Callable[..., Any], arrays: Mapping[str, np.ndarray], path: Path) -> None:
    save(arrays, path)
    number = os.open(path, os.O_RDONLY)
    os.fsync(number)
    os.close(number)


def _stall(units: tuple[int, ...], data: sx.TrainingSet, where: Path, rounds: int, cpu: bool) -> None:
    spent: dict[str, list[float]] = {"without": [], "every=1": []}

    def epochs(name: str, net: sx.Atom[Net]) -> float:
        """Train three epochs and return the seconds of the last two, the snapshots between them included."""
        clock: list[tuple[float, float]] = []
        net.add_watch("clock", lambda key, cell, old, new: _note(old, new, clock))
        sx.train(net, data, 3).result()
        seconds, processor = ((clock[2][kind] - clock[0][kind]) / 2 for kind in range(2))
        spent[name].append(processor)
        return seconds

    def without() -> float:
        return epochs("without", _network(units))

    def with_checkpoints() -> float:
        net = _network(units)
        with sx.Checkpoint(where / f"run-{len(data)}", every=1).attach(net):
            return epochs("every=1", net)

    with equal_threads(1), pinned(1):
        contest = alternate(rounds, {"without": without, "every=1": with_checkpoints})
    title = f"An epoch of {len(data):,} samples, with and without a checkpoint after it"
    Contest({name: tuple(values[-rounds:]) for name, values in spent.items()}).print(
        f"{title}: processor seconds on one core", unit="s", scale=1
    )
    if not cpu:
        contest.print(f"{title}: seconds by the clock", unit="s", scale=1)


def _note(old: Net, new: Net, clock: list[tuple[float, float]]) -> None:
    if new.training.stats.epochs > old.training.stats.epochs:
        clock.append((perf_counter(), process_time()))
