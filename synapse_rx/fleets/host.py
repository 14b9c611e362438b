"""What a worker does: trains cells of its own, as it is told, and tells what they publish."""

from __future__ import annotations

import os
import shutil
import tempfile
from asyncio import CancelledError
from collections.abc import Mapping
from importlib import import_module
from threading import Lock
from typing import Any

import numpy as np

from ..atoms import Atom
from ..data import TrainingSet, open_training_set
from ..errors import FormatError
from ..snapshot import Net, only_nets, with_status
from ..snapshot.by_field import assembled, fields_from_data, replaced
from ..snapshot.values import decode
from ..stopping import Condition
from ..trainer import Every, TrainingRun, train
from ..trainer.workers import WORKERS
from .engine import Settings
from .faults import fault_to_data
from .messages import pack, unpack
from .outbox import Outbox, Told
from .remaining import Remaining
from .shared_folder import memory


class Host:
    """
    One in each worker process: handles messages, and fills an outbox.

    Args:
        settings: As `Settings.to_data` gives them.

    Attributes:
        outbox: What is to be told.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = Settings.from_data(settings)
        for module in self.settings.imports:
            import_module(module)
        WORKERS.limit(self.settings.threads)
        self.outbox = Outbox(self.settings.rate, self.settings.checkpoint_seconds, self.settings.share)
        self._data: dict[int, TrainingSet] = {}
        self._runs: dict[int, tuple[Told, TrainingRun]] = {}
        self._lock = Lock()

    def handle(self, message: bytes) -> bytes:
        """Do what a message says and return the answer; never raises."""
        try:
            data, arrays = unpack(message)
            orders = {
                "place": self._place,
                "drop": self._drop,
                "train": self._train,
                "edit": self._edit,
                "stop": self._stop,
                "cancel": self._cancel,
                "snapshot": self._snapshot,
                "ping": lambda data, arrays: None,
            }
            if data.get("do") not in orders:
                raise FormatError(f"there is no order {data.get('do')!r}")
            orders[data["do"]](data, arrays)
            return pack({"ok": True})
        except Exception as error:
            return pack({"error": fault_to_data(error)})

    def take(self) -> bytes:
        """Wait for something to tell, but not for long, and return it."""
        return self.outbox.take(self.settings.beat)

    def orphaned(self) -> None:
        """Leave nothing behind: the driver is gone."""
        if self.settings.folder is not None:
            shutil.rmtree(self.settings.folder, ignore_errors=True)

    def _place(self, data: Mapping[str, Any], arrays: dict[str, np.ndarray]) -> None:
        if "path" in data:
            self._data[data["key"]] = open_training_set(data["path"], mmap=True)
            return
        # Kept as a file in memory, or on the disk, and mapped from there: whatever its size, it is there once.
        number, path = tempfile.mkstemp(".safetensors", "synapse_rx-", memory())
        try:
            with os.fdopen(number, "wb") as file:
                file.write(arrays["file"].data)
            self._data[data["key"]] = open_training_set(path, mmap=os.name == "posix")
        finally:
            os.unlink(path)

    def _drop(self, data: Mapping[str, Any], arrays: dict[str, np.ndarray]) -> None:
        self._data.pop(data["key"], None)

    def _train(self, data: Mapping[str, Any], arrays: dict[str, np.ndarray]) -> None:
        number, options = int(data["run"]), dict(data["options"])
        net = assembled(fields_from_data(data["fields"], arrays, None))
        cell: Atom[Net] = Atom(net, validator=only_nets, meta={"name": data["name"]})
        goal = decode(data["goal"], {})
        if not isinstance(goal, Condition):
            raise FormatError(f"{goal!r} is no goal")
        if data["done"] or data["within"]:
            goal = Remaining(goal, int(data["done"]), bool(data["within"]))
        if options.get("publish") is not None:
            options["publish"] = Every(**options["publish"])
        else:
            options.pop("publish", None)
        told = Told(number, cell, net, bool(data["snapshots"]), int(data["seen"]))
        self.outbox.enter(told)
        cell.add_watch(self, lambda key, cell, old, new: self.outbox.note(told))
        if data["paused"]:  # the status "training" is there before anything is learnt
            cell.add_watch("pause", _pause)
        run = train(cell, self._data[data["data"]], goal, **options)
        with self._lock:
            self._runs[number] = (told, run)
        run.when_over(lambda run: self._over(told, run))

    def _edit(self, data: Mapping[str, Any], arrays: dict[str, np.ndarray]) -> None:
        found = self._runs.get(data["run"])
        if found is None:  # it ended meanwhile, and that is on its way
            return
        told, _ = found
        values = fields_from_data(data["fields"], arrays, told.cell.value.arch, told=None)
        told.cell.swap(replaced, values)
        told.seen = int(data["number"])
        self.outbox.hurry(told)

    def _stop(self, data: Mapping[str, Any], arrays: dict[str, np.ndarray]) -> None:
        if (found := self._runs.get(data["run"])) is not None:
            found[1].stop()

    def _cancel(self, data: Mapping[str, Any], arrays: dict[str, np.ndarray]) -> None:
        if (found := self._runs.get(data["run"])) is not None:
            found[1].cancel()

    def _snapshot(self, data: Mapping[str, Any], arrays: dict[str, np.ndarray]) -> None:
        if (found := self._runs.get(data["run"])) is not None:
            found[0].wanted = True
            self.outbox.hurry(found[0])

    def _over(self, told: Told, run: TrainingRun) -> None:
        told.cell.remove_watch(self)
        with self._lock:
            self._runs.pop(told.number, None)
        try:
            told.error = run.exception()
        except CancelledError as error:
            told.error = error
        told.over = True
        self.outbox.hurry(told)


def _pause(key: Any, cell: Atom[Net], old: Net, new: Net) -> None:
    cell.remove_watch(key)
    cell.swap(with_status, "paused")
