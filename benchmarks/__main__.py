"""``python -m benchmarks [NAME [--quick] [options of that benchmark]]``."""

from __future__ import annotations

import argparse
import ast
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).parent
SHARED = {"__init__", "__main__", "harness"}


def main(arguments: Sequence[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else list(arguments)
    if not words or words[0] in ("-h", "--help"):
        print("usage: python -m benchmarks NAME [--quick] [options]\n")
        for name in names():
            print(f"  {name:<16} {summary(name)}")
        return 0
    name, *rest = words
    if name not in names():
        print(
            f"there is no benchmark {name!r}; there are: {', '.join(names()) or 'none yet'}", file=sys.stderr
        )
        return 2
    module = importlib.import_module(f"benchmarks.{name}")
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks {name}", description=summary(name))
    parser.add_argument("--quick", action="store_true", help="a rough look, in seconds")
    getattr(module, "add_arguments", _no_arguments)(parser)
    module.run(**vars(parser.parse_args(rest)))
    return 0


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
