"""
Files of networks: saving and loading beside safetensors' own functions, and what checkpoints cost a training.

The network has some 11 million parameters and is trained by Adam, so that a file holds three numbers for each. What
safetensors writes and reads are the same arrays, without the rest of the snapshot.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np

import synapse_rx as sx
from synapse_rx.io.records import to_record
from synapse_rx.snapshot import Net

from .harness import alternate, peer, table

UNITS = (784, 3000, 2850, 10)
QUICK_UNITS = (784, 300, 10)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--folder", type=Path, help="where files are written; by default among temporary files"
    )
    parser.add_argument("--samples", type=int, help="samples of an epoch")
    parser.add_argument("--rounds", type=int, help="rounds measured")


def run(
    quick: bool = False, folder: Path | None = None, samples: int | None = None, rounds: int | None = None
) -> None:
    units = QUICK_UNITS if quick else UNITS
    rounds = rounds or (2 if quick else 7)
    with TemporaryDirectory(dir=folder) as made:
        where = Path(made)
        data = _data(units, samples or (512 if quick else 8192))
        net = sx.train(_network(units), data, 1).result()
        _files(net, where, rounds)
        _stall(units, data, where, rounds)


def _data(units: tuple[int, ...], samples: int) -> sx.TrainingSet:
    rng = np.random.default_rng(0)
    x = rng.random((samples, units[0]), dtype=np.float32)
    return sx.training_set(x, rng.integers(0, units[-1], samples), batch=128)


def _network(units: tuple[int, ...]) -> sx.Atom[Net]:
    hidden = ["relu"] * (len(units) - 2)
    return sx.mlp(units, [*hidden, "softmax"], sx.training("adam"))


def _files(net: Net, where: Path, rounds: int) -> None:
    ours, theirs = where / "ours.safetensors", where / "theirs.safetensors"
    arrays = {name: np.array(array) for name, array in to_record(net)[1].items()}
    saves = {"synapse_rx": _timed(sx.save, net, ours)}
    loads = {"synapse_rx": _timed(sx.load, ours)}
    if (theirs_too := peer("safetensors")) is not None:
        numpy = __import__(f"{theirs_too.__name__}.numpy", fromlist=["numpy"])
        saves["safetensors"] = _timed(numpy.save_file, arrays, theirs)
        saves["safetensors, on the disk"] = _timed(_save_on_disk, numpy.save_file, arrays, theirs)
        loads["safetensors"] = _timed(numpy.load_file, theirs)
    base = list(saves)[-1]
    parameters = net.params.flat.size
    alternate(rounds, saves).print(f"Save a network of {parameters:,} parameters", base=base)
    alternate(rounds, loads).print("Load it, from the system's memory of the file", base=list(loads)[-1])
    held = sum(array.nbytes for array in arrays.values())
    print(
        f"\nthe file has {os.path.getsize(ours):,} bytes, {os.path.getsize(ours) - held:,} beside the arrays"
    )


def _timed(function: Callable[..., Any], *arguments: Any) -> Callable[[], None]:
    def call() -> None:
        function(*arguments)

    return call


def _save_on_disk(save: Callable[..., Any], arrays: Mapping[str, np.ndarray], path: Path) -> None:
    save(arrays, path)
    number = os.open(path, os.O_RDONLY)
    os.fsync(number)
    os.close(number)


def _stall(units: tuple[int, ...], data: sx.TrainingSet, where: Path, rounds: int) -> None:
    def epochs(net: sx.Atom[Net]) -> float:
        """Train three epochs and return the seconds of the last two, the snapshots between them included."""
        times: list[float] = []
        net.add_watch("clock", lambda key, cell, old, new: _note(old, new, times))
        sx.train(net, data, 3).result()
        return (times[2] - times[0]) / 2

    def without() -> float:
        return epochs(_network(units))

    def with_checkpoints() -> float:
        net = _network(units)
        with sx.Checkpoint(where / "run", every=1).attach(net):
            return epochs(net)

    contest = alternate(rounds, {"without": without, "every=1": with_checkpoints})
    contest.print("An epoch, with and without a checkpoint after it")
    rows = [[name, f"{len(data) / contest.median(name):,.0f}"] for name in contest.rounds]
    table("Training", ["", "samples/s"], rows)


def _note(old: Net, new: Net, times: list[float]) -> None:
    if new.training.stats.epochs > old.training.stats.epochs:
        times.append(perf_counter())
