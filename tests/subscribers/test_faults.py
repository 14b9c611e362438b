"""What goes wrong around a training: it goes on as if nothing had, and says once what went wrong."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import synapse_rx as sx
from tests.nets import blobs, small_net

EPOCHS = 12


def learnt() -> sx.Net:
    """
    Return what comes of a training that nobody disturbs.
    """
    return sx.deref(sx.train(sx.atom(small_net()), blobs(), EPOCHS))


FULL = """
import json, logging, resource, sys
import synapse_rx as sx
from tests.nets import blobs, small_net

class Told(logging.Handler):
    def emit(self, record):
        told.append(record.getMessage())

told = []
logging.getLogger("synapse_rx").addHandler(Told())
folder, epochs = sys.argv[1], int(sys.argv[2])
net = sx.atom(small_net())
known = sx.mlp([64, 200, 10], ["tanh", "softmax"])
watching = [
    sx.CSVLog(f"{folder}/log.csv"), sx.JSONLinesLog(f"{folder}/log.jsonl"), sx.Checkpoint(f"{folder}/run", every=1),
    sx.TensorBoard(f"{folder}/runs"), sx.WeightImages(f"{folder}/weights"),
]
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))  # bytes of a file: the disk is full
for each in watching:
    each.attach(net)
run = sx.train(net, blobs(), epochs)
snapshot = sx.deref(run)
for each in watching:
    each.close()
print(json.dumps({
    "told": told, "errors": [str(each.error) for each in watching], "watch_errors": len(run.watch_errors),
    "status": snapshot.training.status, "parameters": snapshot.params.flat.tolist(),
}))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="limits of processes are POSIX's")
def test_a_disk_that_is_full_for_all_of_them_changes_nothing(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed")
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path), str(EPOCHS)], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)

    assert found["parameters"] == learnt().params.flat.tolist()
    assert (found["status"], found["watch_errors"]) == ("done", 0)
    assert all("File too large" in error for error in found["errors"]), found["errors"]
    assert len(found["told"]) == len(set(found["told"])) == len(found["errors"])
    assert all("training goes on" in line for line in found["told"])


def test_one_that_nobody_holds_works_as_long_as_its_network(tmp_path: Path) -> None:
    net = sx.atom(small_net())
    sx.CSVLog(tmp_path / "log.csv").attach(net)
    sx.EarlyStopping("loss", patience=10**6).attach(net)
    gc.collect()

    sx.deref(sx.train(net, blobs(), EPOCHS))
    gc.collect()

    while len((tmp_path / "log.csv").read_text().splitlines()) < EPOCHS + 1:
        continue  # it is written soon, by a thread of its own
    assert net.value.params == learnt().params


def test_one_that_hangs_and_one_that_raises_change_no_number(caplog: pytest.LogCaptureFixture) -> None:
    free, entered = threading.Event(), threading.Event()

    class Hanging(sx.Follower):
        def _tell(self, news: sx.News) -> None:
            entered.set()
            free.wait(100)

    class Raising(sx.Subscriber):
        def _changed(self, track: Any, old: sx.Net, new: sx.Net) -> None:
            raise RuntimeError("I am broken")

    net = sx.atom(small_net())
    with caplog.at_level(logging.ERROR, "synapse_rx"):
        hanging = Hanging(net)
        Raising(net)
        run = sx.train(net, blobs(), EPOCHS)
        snapshot = sx.deref(run, timeout=60)

    assert entered.wait(60) and not free.is_set()
    assert snapshot.params == learnt().params
    assert [str(error) for error in run.watch_errors] == ["I am broken"]
    assert len(caplog.records) == 1 and "I am broken" in caplog.text
    free.set()
    hanging.close()


def test_an_event_loop_that_ends_in_the_middle_takes_its_readers_along_and_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    net = sx.atom(small_net())
    loop = asyncio.new_event_loop()
    seen: list[int] = []
    kept: list[Any] = []

    async def listen() -> None:
        kept.append(net.stream())
        kept.append(
            net.observable(loop).subscribe(lambda snapshot: seen.append(snapshot.training.stats.epochs))
        )
        kept.append(net.pipe(sx.observe_on(loop)).subscribe(lambda snapshot: None))
        kept.append(asyncio.ensure_future(anext(sx.to_async(net).__aiter__())))
        await asyncio.sleep(0)

    def end(key: str, cell: Any, old: sx.Net, new: sx.Net) -> None:
        if new.training.stats.epochs == 3 and not loop.is_closed():
            for task in asyncio.all_tasks(loop):
                task._log_destroy_pending = False  # type: ignore[attr-defined]
            loop.close()  # as a program that leaves in a hurry does

    loop.run_until_complete(listen())
    net.add_watch("end", end)
    with caplog.at_level(logging.ERROR):
        run = sx.train(net, blobs(), EPOCHS)
        snapshot = sx.deref(run, timeout=60)

    assert loop.is_closed()
    assert snapshot.params == learnt().params
    assert run.watch_errors == []
    assert caplog.records == []
