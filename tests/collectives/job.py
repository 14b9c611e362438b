"""
What the processes of a job do that `test_mpi` starts: ``mpiexec -n 2 python -m tests.collectives.job NAME [ARGUMENT]``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import synapse_rx as sx
from tests.nets import blobs, small_net

NET = small_net("adam", dtype="float64")
DATA = blobs(23, nvalid=5, shuffle="epoch")


def together(comm: Any) -> None:
    """
    Keep the laws, learn together, follow an edit; say what came of it.
    """
    sums, numbers = np.full(70_000, comm.rank + 1.0, np.float32), np.full(3, comm.rank)
    comm.all_reduce(sums)
    comm.broadcast(numbers, 1)
    found: dict[str, Any] = {"rank": comm.rank, "size": comm.size, "neighbours": comm.neighbours}
    found |= {"listening": listening()} if sys.platform == "linux" else {"listening": []}
    found |= {"sums": sorted(set(sums.tolist())), "numbers": numbers.tolist()}
    for name, how in {"reduce": {"reduce": comm}, "average": {"average": (comm, 3)}}.items():
        cell = sx.atom(NET)
        if comm.rank == 0:
            cell.add_watch("edit", edit)
        snapshot = sx.deref(sx.train(cell, DATA, 3, **how))
        events = [(event.epoch, event.batch, event.what) for event in snapshot.training.stats.events]
        found[name] = {"flat": snapshot.params.flat.tolist(), "events": events}
    print(json.dumps(found), flush=True)


def listening() -> list[str]:
    """
    Return the addresses that this process listens on.
    """
    paths = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    own = {os.readlink(path) for path in paths if os.path.exists(path)}
    lines = [
        line.split()
        for kind in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{kind}").read_text().splitlines()
    ]
    return [words[1] for words in lines if words[3] == "0A" and f"socket:[{words[9]}]" in own]


def edit(key: str, cell: Any, old: sx.Net, new: sx.Net) -> None:
    """
    Change the learning rate behind the first epoch.
    """
    if new.training.stats.epochs == 1:
        cell.remove_watch(key)
        cell.swap(sx.with_learning_rate, 0.05)


def killed(comm: Any, folder: str) -> None:
    """
    Have process 1 killed in the middle of a training that writes checkpoints.
    """
    cell = sx.atom(NET)
    if comm.rank == 0:
        sx.Checkpoint(folder, every=1).attach(cell)
    else:

        @cell.add_watch("kill")
        def kill(key: str, cell: Any, old: sx.Net, new: sx.Net) -> None:
            if list(Path(folder).glob("*.safetensors")) and new.training.stats.epochs > 5:
                os.kill(os.getpid(), signal.SIGKILL)

    sx.deref(sx.train(cell, DATA, 10**9, reduce=comm))


def hung(comm: Any) -> None:
    """
    Have process 1 do something else for ever.
    """
    cell = sx.atom(NET)
    if comm.rank == 1:
        cell.add_watch("hang", lambda key, cell, old, new: time.sleep(10**6))
    sx.deref(sx.train(cell, DATA, 10**9, reduce=comm))


if __name__ == "__main__":
    name, *rest = sys.argv[1:]
    {"together": together, "killed": killed, "hung": hung}[name](
        sx.collective("mpi", timeout=1.0 if name == "hung" else 60.0), *rest
    )
