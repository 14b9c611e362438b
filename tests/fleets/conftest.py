"""Processes are expensive: one fleet of two workers for all tests here, with references instead of compiled kernels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import synapse_rx as sx
from synapse_rx.fleets import tellers
from tests.trainer.conftest import nothing_left_in_training as nothing_left_in_training
from tests.trainer.tools import LONG

tellers.IDLE_SECONDS = 0.2


@pytest.fixture(scope="package")
def fleet() -> Iterator[sx.Fleet]:
    """
    Two workers on this machine.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNAPSE_RX_FAST", "0")  # compiling takes longer than all tests
        made = sx.fleet("local", processes=2, checkpoint_seconds=0.02, heartbeat=60)
        made.open().result(LONG)
        yield made
        made.close(cancel=True).result(LONG)
