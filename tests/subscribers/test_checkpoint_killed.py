"""A process killed at any moment has lost what it was doing, and nothing else."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.snapshot import Net
from tests.docs.shell import ROOT
from tests.nets import without_times
from tests.subscribers import killed

SECONDS = 100


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
@pytest.mark.parametrize(("times", "epochs"), [(2, 100), pytest.param(50, 400, marks=pytest.mark.slow)])
@pytest.mark.timeout(600)
@pytest.mark.backend("numpy", "cupy", reason="of two processes, one of which knows no such backend")
def test_a_training_killed_again_and_again_is_the_training(
    times: int, epochs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")  # loading the compiler takes longer than the training
    begun = perf_counter()
    whole = sx.train(killed.net(), killed.data(), epochs, publish=sx.every(batches=5)).result(SECONDS)
    # Moments go by how fast it trains here: all together they are half of what is to be done.
    longest = (perf_counter() - begun) / times

    moments, kills = random.Random(1), 0
    reached: list[int] = []
    with _server(tmp_path, epochs) as server:
        while kills < times:
            process = _begin(server)
            ready, steps = _line(server).split()
            assert ready == "ready"
            reached.append(int(steps))
            if select.select([server.stdout], [], [], moments.uniform(0.0, longest))[0]:
                break  # it was done before it could be killed
            os.kill(process, signal.SIGKILL)
            kills += 1
            _rest(server)
        if kills < times:
            assert _rest(server) == ["done"]

        _begin(server)
        assert _rest(server)[-1] == "done"
    assert kills > 0 and reached == sorted(reached)
    assert times < 10 or reached[-1] > reached[0] == 0
    assert _timeless(sx.resume(tmp_path).value) == _timeless(whole)


def _server(folder: Path, epochs: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.subscribers.killed", str(folder), str(epochs)]
    # Unbuffered: a line that is there and was not read can be seen from outside.
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, cwd=ROOT)


def _begin(server: subprocess.Popen[bytes]) -> int:
    assert server.stdin is not None
    server.stdin.write(b"\n")
    return int(_line(server))


def _rest(server: subprocess.Popen[bytes]) -> list[str]:
    """
    Return what a process says till it is gone.
    """
    return list(iter(lambda: _line(server), "gone"))


def _line(server: subprocess.Popen[bytes]) -> str:
    assert server.stdout is not None
    return server.stdout.readline().decode().strip()


def _timeless(net: Net) -> Net:
    # A process that was killed has published less often, or more, than one that was not.
    return evolve(without_times(net), version=0)
