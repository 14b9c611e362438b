"""Every example runs by itself, as a reader would run it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.docs.shell import ROOT, run

EXAMPLES = sorted(ROOT.glob("examples/*.py"))


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda script: script.stem)
def test_an_example_runs_and_prints_something(script: Path, tmp_path: Path) -> None:
    done = run([sys.executable, str(script)], tmp_path)

    assert done.returncode == 0, done.stdout
    assert done.stdout.strip()
