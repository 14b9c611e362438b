"""
One network trained by several processes, beside what as many times one process would do.

784-512-512-10 by Adam, each process its own share of the batch, one BLAS thread each. "apart" is as many trainings that
know nothing of each other: what the machine has to give when all cores compute. "reduce" adds gradients up at every
step, "average" takes the mean of the parameters every so many steps. All happen in turn within one job of MPI.
Efficiency is the rate divided by as many times that of "one": the median over the rounds; that of the fastest rounds,
which others on the machine disturbed least; and that of the CPU seconds worked for a sample, waiting left out, which
says what the exchange costs even where cores cannot be had. Behind that come sums alone, of few numbers and of many.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from .harness import Contest, peer, table

FULL, QUICK = (512, 50, 2), (64, 2, 1)
"""Samples of a batch for each process, steps of an epoch, epochs of a round."""

SUMS = "Sums over the arrays"
"""What the table of sums is called; ``scale`` finds it by that."""

BINDING = ["--bind-to", "none"]
"""A process that is bound to a core waits for whoever has it, whatever other cores are free."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ranks", type=int, default=2, help="processes")
    parser.add_argument("--batch", type=int, help="samples of a batch for each process")
    parser.add_argument("--steps", type=int, help="steps of an epoch")
    parser.add_argument("--epochs", type=int, help="epochs measured in a round")
    parser.add_argument("--rounds", type=int, help="rounds measured")
    parser.add_argument("--every", type=int, default=50, help="steps between two averages")


def run(
    quick: bool = False,
    ranks: int = 2,
    batch: int | None = None,
    steps: int | None = None,
    epochs: int | None = None,
    rounds: int | None = None,
    every: int = 50,
) -> None:
    if peer("mpi4py") is None:
        return
    batch, steps, epochs = (
        given or usual for given, usual in zip((batch, steps, epochs), QUICK if quick else FULL, strict=True)
    )
    rounds = rounds or (1 if quick else 11)
    command = [
        mpiexec(),
        *BINDING,
        "-n",
        str(ranks),
        sys.executable,
        "-m",
        "benchmarks.contestants.parallel_rank",
    ]
    command += [str(number) for number in (batch, steps, epochs, rounds, every)]
    # Open MPI refuses to run as root, as which a container does, unless told twice.
    root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    threads = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    job = subprocess.run(
        command, env={**os.environ, **root, **threads}, stdout=subprocess.PIPE, text=True, check=True
    )
    *found, last = [json.loads(line) for line in job.stdout.splitlines() if line.startswith("{")]
    rates, works = (
        Contest({name: tuple(one[name][k] for one in found) for name in found[0]}) for k in (0, 1)
    )
    names = {
        "one": "one process",
        "apart": f"{ranks} that know nothing of each other",
        "reduce": f"{ranks}, gradients added up at every step",
        "average": f"{ranks}, parameters averaged every {every} steps",
    }
    table(
        f"784-512-512-10, Adam, {batch} samples a process and step, {epochs} epochs of {steps} steps, {rounds} rounds",
        ["", "samples/s", "quartiles", "efficiency", "of the fastest", "in CPU seconds"],
        [_row(rates, works, name, shown, ranks) for name, shown in names.items()],
    )
    table(
        f"{SUMS} of {ranks} processes, all on one machine",
        ["float32", "ms", "quartiles"],
        [
            [f"{int(size):,}", f"{1e3 * middle:.3f}", f"{1e3 * low:.3f}-{1e3 * high:.3f}"]
            for size, (low, middle, high) in last["sums"].items()
        ],
    )


def mpiexec() -> str:
    """
    Return the launcher that belongs to this Python, or that on the path.
    """
    own = Path(sys.executable).with_name("mpiexec")
    return str(own) if own.exists() else "mpiexec"


def _row(rates: Contest, works: Contest, name: str, shown: str, ranks: int) -> list[str]:
    low, high = rates.spread(name)
    fastest = max(rates.rounds[name]) / max(rates.rounds["one"]) / ranks
    shares = rates.ratio(name, "one") / ranks, fastest, works.ratio("one", name)
    return [
        shown,
        f"{rates.median(name):,.0f}",
        f"{low:.0f}-{high:.0f}",
        *("" if name == "one" else f"{share:.0%}" for share in shares),
    ]
