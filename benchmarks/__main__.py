"""
``python -m benchmarks [NAME [--quick] [--csv FILE] [options of that benchmark]]``, or ``all`` for several one after the
other.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from .every import NAMES, run_all
from .records import RECORDS

FOLDER = Path(__file__).parent
ELSEWHERE = {"cnn", "mlp", "rnn"}
"""Benchmarks whose trainings of this library can be done on a GPU; their peers compute on the CPU all the same."""

SHARED = {"__init__", "__main__", "every", "harness", "records"}


def main(arguments: Sequence[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else list(arguments)
    if not words or words[0] in ("-h", "--help"):
        print("usage: python -m benchmarks NAME [--quick] [options]\n")
        for name in names():
            print(f"  {name:<16} {summary(name)}")
        print(
            "\n  all              several of them, one after the other: --only NAME ..., --cpu, --csv FOLDER"
        )
        return 0
    name, *rest = words
    if name == "all":
        return _all(rest)
    if name not in names():
        print(
            f"there is no benchmark {name!r}; there are: {', '.join(names()) or 'none yet'}", file=sys.stderr
        )
        return 2
    module = importlib.import_module(f"benchmarks.{name}")
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks {name}", description=summary(name))
    parser.add_argument("--quick", action="store_true", help="a rough look, in seconds")
    parser.add_argument("--csv", type=Path, help="a file that the tables go to as well, one number a line")
    if name in ELSEWHERE:
        parser.add_argument("--backend", help="where this library computes, such as cupy; others on the CPU")
    getattr(module, "add_arguments", _no_arguments)(parser)
    options = vars(parser.parse_args(rest))
    csv = options.pop("csv")
    if not _choose(options.pop("backend", None) if name in ELSEWHERE else None):
        return 0
    module.run(**options)
    if csv is not None:
        RECORDS.write(csv, name)
    return 0


def _all(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks all", description=f"Run {', '.join(NAMES)}.")
    parser.add_argument("--quick", action="store_true", help="a rough look at each, in minutes")
    parser.add_argument("--cpu", action="store_true", help="count CPU seconds where a benchmark can")
    parser.add_argument("--csv", type=Path, metavar="FOLDER", help="where a file NAME.csv of each goes")
    parser.add_argument("--only", nargs="+", choices=names(), metavar="NAME", default=NAMES, help="which")
    options = parser.parse_args(words)
    return 1 if run_all(options.only, quick=options.quick, cpu=options.cpu, folder=options.csv) else 0


def _choose(backend: str | None) -> bool:
    """
    Let this library compute on a backend where nothing else is said; return whether it can, and say why not.
    """
    if backend is None:
        return True
    from synapse_rx.backends import backend as choose
    from synapse_rx.errors import BackendError

    try:
        chosen = choose(backend)
    except BackendError as reason:
        print(f"nothing to measure: {reason}")
        return False
    os.environ["SYNAPSE_RX_BACKEND"] = backend
    print(
        f"synapse_rx computes on {chosen.name}, its peers on the CPU; python -m benchmarks gpu has them on a GPU"
    )
    return True


def names() -> list[str]:
    """
    Return the names of the benchmarks.
    """
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in SHARED)


def summary(name: str) -> str:
    """
    Return the first line of a benchmark's docstring, without importing what it compares with.
    """
    text = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


def _no_arguments(parser: argparse.ArgumentParser) -> None:
    """
    The options of a benchmark that has none of its own.
    """


if __name__ == "__main__":
    sys.exit(main())
