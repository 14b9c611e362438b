"""Every test ends with nothing in training and the process as it was."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import wait

import pytest

from synapse_rx.trainer import workers
from synapse_rx.trainer.lines import LINES
from tests.trainer.tools import HOLDS, LONG

workers.IDLE_SECONDS = 0.2  # for all tests: no one is to wait for threads that wait for work


@pytest.fixture(autouse=True)
def nothing_left_in_training() -> Iterator[None]:
    interval = sys.getswitchinterval()
    yield
    for hold in HOLDS:
        hold.release()
    HOLDS.clear()
    left = LINES.everyone()
    for turn in left:
        turn.trainer.cancel()
    assert not wait([turn.trainer.outcome for turn in left], LONG).not_done
    assert sys.getswitchinterval() == interval
