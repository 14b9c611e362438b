"""A process killed at any moment has lost what it was doing, and nothing else."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.snapshot import Net
from tests.docs.shell import ROOT
from tests.nets import without_times
from tests.subscribers import killed

SECONDS = 100


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
@pytest.mark.parametrize("times", [3, pytest.param(50, marks=pytest.mark.slow)])
@pytest.mark.timeout(600)
def test_a_training_killed_again_and_again_is_the_training(times: int, tmp_path: Path) -> None:
    whole = sx.train(killed.net(), killed.data(), killed.EPOCHS, publish=sx.every(batches=5)).result(SECONDS)
    moments, kills, before = random.Random(1), 0, 0
    while kills < times:
        process = _begin(tmp_path)
        assert process.stdout is not None
        ready, epochs = process.stdout.readline().split()
        assert (ready, int(epochs) >= before) == ("ready", True)
        before = int(epochs)
        try:
            process.wait(moments.uniform(0.0, min(1.0, 6 / times)))
            break  # it was done before it could be killed
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.communicate()

    output, _ = _begin(tmp_path).communicate(timeout=SECONDS)
    assert output.split()[-1] == "done"
    assert kills > times // 2
    assert _timeless(sx.resume(tmp_path).value) == _timeless(whole)


def _begin(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.subscribers.killed", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def _timeless(net: Net) -> Net:
    # A process that was killed has published less often, or more, than one that was not.
    return evolve(without_times(net), version=0)
