"""What a trainer wants after a chunk of work."""

from __future__ import annotations

from enum import Enum


class Next(Enum):
    """To go on, to sleep till `Trainer.when_awake` calls back (when paused, or for want of data), or nothing more."""

    MORE = "more"
    PAUSED = "paused"
    DONE = "done"
