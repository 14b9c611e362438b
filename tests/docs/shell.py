"""Commands as a reader would type them, run with the environment that the tests run in."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import Command

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SECONDS = 280  # per command; below the timeout of a test, so that what the command printed is shown


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """
    Run a command in a folder; its errors are part of its output.
    """
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
    )


def environment() -> dict[str, str]:
    """
    Return the environment of the tests, in which this library and its commands are found.
    """
    paths = {"PYTHONPATH": str(ROOT), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "MPLBACKEND": "Agg"}
    return {**os.environ, **paths}


def check_command(command: Command, place: str, folder: Path) -> None:
    """
    Run a command of ours and hold its output against the page's; of make and python look up only what they name.
    """
    text = re.sub(r"^(\w+=\S+ +)*", "", command.text)
    if text.startswith(("synapse-rx ", "python -m synapse_rx ")):
        done = run(["bash", "-euo", "pipefail", "-c", command.text], folder)
        assert done.returncode == 0, f"{place}: {command.text}\n{done.stdout}"
        _check_output(command, done.stdout, place)
    elif text.startswith("make "):
        target = next(word for word in text.split()[1:] if "=" not in word and not word.startswith("-"))
        assert target in _targets(), f"{place}: the Makefile has no target {target!r}"
    elif match := re.match(r"python -m benchmarks (\w+)", text):
        assert (ROOT / "benchmarks" / f"{match[1]}.py").exists(), (
            f"{place}: there is no benchmark {match[1]!r}"
        )
    elif match := re.match(r"python (\S+\.py)", text):
        assert (ROOT / match[1]).exists(), f"{place}: there is no file {match[1]!r}"


def _check_output(command: Command, got: str, place: str) -> None:
    """
    Hold shown output against what was printed; ``...`` stands for anything.
    """
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    if command.output and not doctest.OutputChecker().check_output(f"{command.output}\n", got, options):
        pytest.fail(
            f"{place}: {command.text}\nthe page shows\n{command.output}\nbut it printed\n{got}", pytrace=False
        )


def _targets() -> set[str]:
    return set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
