"""Several benchmarks one after the other, each in a process of its own."""

from __future__ import annotations

import inspect
import os
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
    began = Clock()
    for name in names:
        start = Clock()
        print(f"\n== {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", "benchmarks", name, *_options(name, quick, cpu, folder)])
        print(f"({name}: {start.passed()})", flush=True)
        if done.returncode:
            failed.append(name)
    print(f"\n{len(names)} benchmarks: {began.passed()}; failed: {', '.join(failed) or 'none'}")
    return len(failed)


class Clock:
    """
    Seconds by the clock, and of the processor, that child processes took since this was made.
    """

    def __init__(self) -> None:
        self._wall = perf_counter()
        self._cpu = _children()

    def passed(self) -> str:
        return f"{perf_counter() - self._wall:.0f} s, {_children() - self._cpu:.0f} CPU s"


def _children() -> float:
    spent = os.times()
    return spent.children_user + spent.children_system


def _options(name: str, quick: bool, cpu: bool, folder: Path | None) -> list[str]:
    known = inspect.signature(import_module(f"benchmarks.{name}").run).parameters
    options = ["--quick"] if quick else []
    if cpu and "cpu" in known:
        options.append("--cpu")
    return options if folder is None else [*options, "--csv", str(folder / f"{name}.csv")]
