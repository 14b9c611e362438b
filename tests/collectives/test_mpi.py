"""Processes that MPI started. One job for all that goes well; one for each way in which it may not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from tests.collectives.groups import trained
from tests.collectives.job import DATA, NET, edit
from tests.docs.shell import ROOT, SECONDS

pytestmark = [pytest.mark.slow, pytest.mark.peer("mpi4py")]

AS_ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def job(*words: str) -> subprocess.CompletedProcess[str]:
    """
    Run two processes of `tests.collectives.job`.
    """
    own = Path(sys.executable).with_name("mpiexec")
    launcher = [str(own) if own.exists() else "mpiexec", "-n", "2"]
    # Open MPI binds processes to cores, which others may have.
    free = ["--bind-to", "none"] if (own.with_name("ompi_info")).exists() else []
    command = [*launcher, *free, sys.executable, "-m", "tests.collectives.job", *words]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **AS_ROOT}, capture_output=True, text=True, timeout=SECONDS
    )


@pytest.fixture(scope="module")
def found() -> list[dict[str, Any]]:
    """
    What the processes of a job say that goes well.
    """
    done = job("together")
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return sorted(said, key=lambda one: one["rank"])


def test_processes_keep_the_laws_of_a_group(found: list[dict[str, Any]]) -> None:
    assert [(one["rank"], one["size"], one["neighbours"]) for one in found] == [(0, 2, 2), (1, 2, 2)]
    assert [one["sums"] for one in found] == [[3.0], [3.0]]
    assert [one["numbers"] for one in found] == [[1, 1, 1], [1, 1, 1]]


def test_processes_of_one_machine_listen_nowhere(found: list[dict[str, Any]]) -> None:
    assert [one["listening"] for one in found] == [[], []]


def test_processes_learn_what_one_learns_and_are_steered_at_the_same_step(
    found: list[dict[str, Any]],
) -> None:
    cell = sx.atom(NET)
    cell.add_watch("edit", edit)
    one = sx.deref(sx.train(cell, DATA, 3))

    for said in found:
        np.testing.assert_allclose(said["reduce"]["flat"], one.params.flat, rtol=0, atol=1e-9)
        assert said["reduce"]["events"] == said["average"]["events"] == [[1, 0, "learning_rate"]]
    assert found[0]["reduce"]["flat"] == found[1]["reduce"]["flat"]


def test_processes_average_what_threads_average(found: list[dict[str, Any]]) -> None:
    threads = trained(NET, DATA, 3, every=3, watch=edit)[0]

    assert found[0]["average"]["flat"] == found[1]["average"]["flat"]
    np.testing.assert_allclose(found[0]["average"]["flat"], threads.params.flat, rtol=0, atol=1e-12)


def test_a_killed_process_ends_the_job_and_leaves_a_checkpoint_to_go_on_from(tmp_path: Path) -> None:
    done = job("killed", str(tmp_path))

    assert done.returncode != 0
    assert "signal 9" in done.stderr or "SIGNAL: 9" in done.stderr.upper(), done.stderr
    net = sx.resume(tmp_path)
    epochs = net.value.training.stats.epochs
    assert epochs >= 1
    run = sx.train(net, DATA, 1)
    assert sx.deref(run).training.stats.epochs == epochs + 1


def test_a_process_that_hangs_is_given_up_with_a_clear_error() -> None:
    done = job("hung")

    assert done.returncode != 0
    assert "CollectiveError: process 0 of 2 waited for the others for 1 s" in done.stderr
    assert "process 0 failed, and ends the others" in done.stderr
