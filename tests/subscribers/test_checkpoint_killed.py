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
@pytest.mark.parametrize(("times", "epochs"), [(2, 40), pytest.param(50, 400, marks=pytest.mark.slow)])
@pytest.mark.timeout(600)
def test_a_training_killed_again_and_again_is_the_training(times: int, epochs: int, tmp_path: Path) -> None:
    whole = sx.train(killed.net(), killed.data(), epochs, publish=sx.every(batches=5)).result(SECONDS)
    moments, kills = random.Random(1), 0
    reached: list[int] = []
    while kills < times:
        process = _begin(tmp_path, epochs)
        assert process.stdout is not None
        ready, steps = process.stdout.readline().split()
        assert ready == "ready"
        reached.append(int(steps))
        try:
            process.wait(moments.uniform(0.0, min(0.2, 6 / times)))
            break  # it was done before it could be killed
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.communicate()

    output, _ = _begin(tmp_path, epochs).communicate(timeout=SECONDS)
    assert output.split()[-1] == "done"
    assert reached == sorted(reached) and (times < 10 or reached[-1] > reached[0] == 0)
    assert kills > times // 2
    assert _timeless(sx.resume(tmp_path).value) == _timeless(whole)


def _begin(folder: Path, epochs: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.subscribers.killed", str(folder), str(epochs)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def _timeless(net: Net) -> Net:
    # A process that was killed has published less often, or more, than one that was not.
    return evolve(without_times(net), version=0)
