"""What ends, hangs or is closed: reported, gone on with elsewhere, and nothing left behind."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import synapse_rx as sx
from synapse_rx.errors import FleetError, WorkerLost
from tests.fleets.tools import learnt, process_of, reached
from tests.trainer.test_process_end import process
from tests.trainer.tools import ENDLESS, LONG, epochs, some_data, some_net

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there are no such signals")


def is_there(number: int) -> bool:
    """
    Say whether a process is there, and no zombie.
    """
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_worker_that_hangs_is_reported_and_replaced(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")
    net = some_net()
    with caplog.at_level(logging.WARNING, "synapse_rx"):
        with sx.fleet(processes=1, heartbeat=2) as fleet:
            run = fleet.train(net, some_data(), ENDLESS)
            learnt(net, 2)
            number = process_of(fleet, run)

            os.kill(number, signal.SIGSTOP)
            rewound = reached(net, lambda net: any(e.what == "worker" for e in net.training.stats.events))
            learnt(net, epochs(rewound) + 1)

            assert "was silent for 2 s" in str(run.losses[0])
            while is_there(number):  # it is ended by now, and goes away in its own time
                os.sched_yield()
    assert "was silent for 2 s and was ended; 1 training(s) go on elsewhere" in caplog.text
    assert run.result(LONG).training.status == "stopped"


def test_workers_end_with_a_driver_that_is_killed() -> None:
    driver = process(
        "-c",
        """
import synapse_rx as sx
from tests.fleets.tools import learnt
from tests.trainer.tools import ENDLESS, some_data, some_net
fleet = sx.fleet(processes=1)
fleet.open().result()
net = some_net()
fleet.train(net, some_data(), ENDLESS)
learnt(net, 1)
print(fleet._placing.roster.workers[0]._worker.process.pid, fleet._placing.shelf.folder, flush=True)
import threading; threading.Event().wait()
""",
    )
    assert driver.stdout is not None
    number, folder = driver.stdout.readline().split()
    assert is_there(int(number))

    driver.kill()
    driver.communicate(timeout=LONG)
    # Reading to the end of its error output, which the worker shares, has waited for the worker as well.

    assert not is_there(int(number))
    assert not Path(folder).exists()


def test_a_program_that_forgets_to_close_ends_cleanly() -> None:
    code = """
import synapse_rx as sx
from tests.trainer.tools import ENDLESS, some_data, some_net
fleet = sx.fleet(processes=1)
fleet.open().result()
fleet.train(some_net(), some_data(), ENDLESS)
print(fleet._placing.roster.workers[0]._worker.process.pid)
"""
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"SYNAPSE_RX_FAST": "0"},
        capture_output=True,
        text=True,
        timeout=LONG,
    )

    assert ended.returncode == 0, ended.stderr
    assert not is_there(int(ended.stdout))


def test_a_worker_that_cannot_begin_says_why() -> None:
    fleet = sx.fleet(processes=1, imports=["no_such_module_of_mine"])

    with pytest.raises(FleetError, match="No module named 'no_such_module_of_mine'"):
        fleet.open().result(LONG)
    fleet.close().result(LONG)
    assert fleet.workers == ()


def test_a_hanging_watch_delays_its_own_network_only(fleet: sx.Fleet) -> None:
    stuck, other = some_net(), some_net()
    there, go_on = threading.Event(), threading.Event()

    def hang(key: object, cell: object, old: object, new: sx.Net) -> None:
        if epochs(new) and not there.is_set():
            there.set()
            assert go_on.wait(LONG)

    stuck.add_watch("hang", hang)
    runs = [fleet.train(net, some_data(), 50) for net in (stuck, other)]
    assert there.wait(LONG)
    assert epochs(runs[1].result(LONG)) == 50
    go_on.set()
    assert epochs(runs[0].result(LONG)) == 50


def test_a_run_that_takes_worker_after_worker_down_fails(fleet: sx.Fleet) -> None:
    net = some_net()
    run = fleet.train(net, some_data(), ENDLESS)
    learnt(net, 1)
    run.pause()

    for losses in range(1, 4):
        run.confirmed().result(LONG)
        os.kill(process_of(fleet, run), signal.SIGKILL)
        reached(net, lambda net, losses=losses: len(run.losses) == losses)

    with pytest.raises(WorkerLost, match="number 3"):
        run.result(LONG)
    assert net.value.training.status == "failed"


def test_closing_stops_what_trains_and_ends_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")
    net = some_net()
    with sx.fleet(processes=1) as fleet:
        run = fleet.train(net, some_data(), ENDLESS)
        snapshot = learnt(net, 1)
        number = process_of(fleet, run)

    last = run.result(LONG)
    assert last.training.status == "stopped"
    assert epochs(last) >= epochs(snapshot)
    assert run.behind == 0
    assert not is_there(number)
    with pytest.raises(FleetError, match="closed"):
        fleet.train(net, some_data(), 1)
