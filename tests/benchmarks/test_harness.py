"""Cores are taken and given back; CPU seconds leave waiting out."""

from __future__ import annotations

import os
import time

import pytest

from benchmarks.harness import cpu_seconds, pinned


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not pin threads to cores")
def test_a_pinned_thread_has_as_many_cores_as_asked_for_and_gets_the_others_back() -> None:
    before = os.sched_getaffinity(0)

    with pinned(1):
        assert len(os.sched_getaffinity(0)) == 1
        assert os.sched_getaffinity(0) <= before

    assert os.sched_getaffinity(0) == before


def test_waiting_costs_no_cpu_seconds() -> None:
    start = time.perf_counter()
    seconds = cpu_seconds(lambda: time.sleep(0.05))()

    assert 0 <= seconds < time.perf_counter() - start
