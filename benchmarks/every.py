"""Several benchmarks one after the other, each in a process of its own."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from time import perf_counter

NAMES = (
    "mlp",
    "cnn",
    "rnn",
    "synapse",
    "algorithms",
    "inference",
    "atom",
    "loop",
    "checkpoint",
    "memory",
    "busy",
    "together",
)
"""Those that compare this library with others, or say what it promises of itself."""


def run_all(names: Sequence[str], *, quick: bool, cpu: bool, folder: Path | None) -> int:
    """
    Run benchmarks; return how many failed.

    Args:
        names: Which.
        quick: A rough look at each.
        cpu: Count CPU seconds, where a benchmark can.
        folder: Where a file ``NAME.csv`` of each goes.
    """
    failed = []
    began = perf_counter()
    for name in names:
        start = perf_counter()
        print(f"\n== {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", "benchmarks", name, *_options(name, quick, cpu, folder)])
        print(f"({name}: {perf_counter() - start:.0f} s)", flush=True)
        if done.returncode:
            failed.append(name)
    print(
        f"\n{len(names)} benchmarks in {perf_counter() - began:.0f} s; failed: {', '.join(failed) or 'none'}"
    )
    return len(failed)


def _options(name: str, quick: bool, cpu: bool, folder: Path | None) -> list[str]:
    known = inspect.signature(import_module(f"benchmarks.{name}").run).parameters
    options = ["--quick"] if quick else []
    if cpu and "cpu" in known:
        options.append("--cpu")
    return options if folder is None else [*options, "--csv", str(folder / f"{name}.csv")]
