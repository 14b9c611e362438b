"""Training sets on their way to workers: each is written down once, and sent once to each process."""

from __future__ import annotations

import tempfile
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from ..data import StreamSet, TrainingSet, save_training_set
from ..data.saved import check_plain
from ..errors import OptionError
from .messages import pack
from .shared_folder import SharedFolder


class Shelf:
    """
    Keeps training sets by number.

    Args:
        shared: Whether workers can read files of the driver; then all of them map the same one.
    """

    def __init__(self, shared: bool) -> None:
        self._shared = shared
        self._numbers = count(1)
        self._keys: dict[TrainingSet, int] = {}
        self._sets: dict[int, TrainingSet] = {}
        self._messages: dict[int, bytes] = {}
        self._lock = Lock()
        self._writing = Lock()
        self._folder: SharedFolder | None = None

    @property
    def folder(self) -> str | None:
        """Where the files are; None if there are none."""
        with self._lock:
            if self._shared and self._folder is None:
                self._folder = SharedFolder()
            return None if self._folder is None else self._folder.path

    def key(self, data: Any) -> int:
        """
        Return the number of a training set; equal ones are one.

        Raises:
            OptionError: If it is no training set, or cannot be sent.
        """
        if isinstance(data, StreamSet):
            raise OptionError(
                "a fleet takes training sets; the source of a stream of batches cannot be sent to another process"
            )
        if not isinstance(data, TrainingSet):
            raise OptionError(f"a fleet takes what training_set returns, not {type(data).__name__}")
        check_plain(data)
        with self._lock:
            if data not in self._keys:
                self._keys[data] = number = next(self._numbers)
                self._sets[number] = data
            return self._keys[data]

    def message(self, key: int) -> bytes:
        """Return what tells a worker to take a training set."""
        with self._writing:
            if key not in self._messages:
                self._messages[key] = self._made(key, self._sets[key])
            return self._messages[key]

    def clear(self) -> None:
        """Forget all, and remove the files."""
        with self._lock:
            folder, self._folder = self._folder, None
            self._keys.clear()
            self._sets.clear()
            self._messages.clear()
        if folder is not None:
            folder.remove()

    def _made(self, key: int, data: TrainingSet) -> bytes:
        if (folder := self.folder) is not None:
            path = Path(folder, f"{key}.safetensors")
            save_training_set(data, path)
            return pack({"do": "place", "key": key, "path": str(path)})
        with tempfile.TemporaryDirectory(prefix="synapse_rx-") as there:
            path = Path(there, "data.safetensors")
            save_training_set(data, path)
            content = np.fromfile(path, np.uint8)
        return pack({"do": "place", "key": key}, {"file": content})
