"""The thread that subscribers work on: bounded, in order, and in nobody's way."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from synapse_rx.subscribers import worker as module
from synapse_rx.subscribers.worker import Worker

SECONDS = 60.0


class Desk:
    """Work that waits until it may be done, and remembers what it was."""

    def __init__(self, **options: Any) -> None:
        self.done: list[tuple[Any, Any]] = []
        self.reached = threading.Semaphore(0)
        self.allowed = threading.Semaphore(0)
        self.worker = Worker(self._work, "Desk", **options)

    def _work(self, key: Any, item: Any) -> None:
        self.reached.release()
        assert self.allowed.acquire(timeout=SECONDS)
        if isinstance(item, Exception):
            raise item
        self.done.append((key, item))

    def allow(self, n: int = 1) -> None:
        for _ in range(n):
            self.allowed.release()

    def is_at_work(self) -> bool:
        return self.reached.acquire(timeout=SECONDS)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.allow(1000)
    assert made.worker.finish(SECONDS)


def test_items_are_worked_on_in_order_on_another_thread() -> None:
    done: list[tuple[str, int, str]] = []
    worker = Worker(lambda key, item: done.append((key, item, threading.current_thread().name)), "Desk")

    for item in range(3):
        worker.put("a", item)
        assert worker.finish(SECONDS)

    assert done == [("a", 0, "synapse-rx-Desk"), ("a", 1, "synapse-rx-Desk"), ("a", 2, "synapse-rx-Desk")]


def test_only_the_newest_item_of_a_key_waits(desk: Desk) -> None:
    desk.worker.put("a", 0)
    assert desk.is_at_work()
    for item in range(1, 100):
        desk.worker.put("a", item)
    desk.allow(2)

    assert desk.worker.finish(SECONDS)
    assert desk.done == [("a", 0), ("a", 99)]
    assert desk.worker.dropped == 98


def test_as_many_wait_as_there_is_room_for() -> None:
    desk = Desk(capacity=3)
    desk.worker.put("a", 0)
    assert desk.is_at_work()
    for item in range(1, 6):
        desk.worker.put("a", item)
    desk.allow(4)

    assert desk.worker.finish(SECONDS)
    assert [item for _, item in desk.done] == [0, 3, 4, 5]
    assert desk.worker.dropped == 2


def test_keys_take_turns() -> None:
    desk = Desk(capacity=3)
    desk.worker.put("first", 0)
    assert desk.is_at_work()
    for key in "ab":
        for item in range(3):
            desk.worker.put(key, item)
    desk.allow(7)

    assert desk.worker.finish(SECONDS)
    assert desk.done[1:] == [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2), ("b", 2)]


def test_what_fails_is_logged_once_and_work_goes_on(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "synapse_rx"):
        for item in (OSError("the disk is full"), OSError("the disk is full still"), 3):
            desk.worker.put("a", item)
            desk.allow()
            assert desk.worker.finish(SECONDS)

    assert desk.done == [("a", 3)]
    assert desk.worker.failures == 2
    assert str(desk.worker.error) == "the disk is full still"
    assert [record.message for record in caplog.records] == [
        "Desk failed; training goes on, and it is tried again with the next news"
    ]


def test_what_hangs_is_logged_once_and_nobody_waits_for_it(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLOW_SECONDS", 0.0)
    desk.worker.put("a", 0)
    assert desk.is_at_work()

    with caplog.at_level(logging.ERROR, "synapse_rx"):
        for item in range(1000):
            desk.worker.put("a", item)

    assert desk.done == []
    assert [record.message for record in caplog.records] == [
        "Desk has been at work for 0 s; training goes on without it"
    ]


def test_finishing_waits_no_longer_than_it_is_told(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.worker.put("a", 0)
    assert desk.is_at_work()

    with caplog.at_level(logging.ERROR, "synapse_rx"):
        assert not desk.worker.finish(0.0)

    assert [record.message for record in caplog.records] == [
        "Desk has not finished in time and is left behind (0 wait)"
    ]


def test_work_that_finishes_itself_does_not_wait_for_itself() -> None:
    answers: list[bool] = []
    worker = Worker(lambda key, item: answers.append(worker.finish(SECONDS)), "Desk")
    worker.put("a", 0)

    assert worker.finish(SECONDS)
    assert answers == [False]


def test_there_is_rest_between_two_pieces_of_work_unless_somebody_waits() -> None:
    patient = Desk(rest=1e6)
    patient.allow(2)
    patient.worker.put("a", 0)
    assert patient.is_at_work()
    patient.worker.put("a", 1)

    assert patient.worker.finish(SECONDS)
    assert patient.done == [("a", 0), ("a", 1)]


def test_work_that_costs_much_rests_long() -> None:
    waits: list[float] = []
    worker = Worker(lambda key, item: sum(range(200_000)), "Desk", share=1e-6)
    condition = worker._changed
    wait_for = condition.wait_for

    def noting(predicate: Any, timeout: float | None = None) -> Any:
        if threading.current_thread().name == "synapse-rx-Desk":
            waits.append(timeout or 0.0)
        return wait_for(predicate, timeout)

    condition.wait_for = noting  # type: ignore[method-assign]
    worker.put("a", 0)
    assert worker.finish(SECONDS)

    assert max(waits) > 100  # a million times what the work took, and finishing does not wait for it


def test_a_thread_without_work_ends_and_another_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.0)
    threads: list[threading.Thread] = []
    worker = Worker(lambda key, item: threads.append(threading.current_thread()), "Desk")

    for item in range(3):
        worker.put("a", item)
        assert worker.finish(SECONDS)
        threads[-1].join(SECONDS)
        assert not threads[-1].is_alive()

    assert len(set(threads)) == 3


def test_nothing_is_kept_alive_while_there_is_nothing_to_do() -> None:
    class Item:
        pass

    item = Item()
    gone = weakref.ref(item)
    worker = Worker(lambda key, item: None, "Desk")
    worker.put("a", item)
    assert worker.finish(SECONDS)
    del item

    assert gone() is None


def test_a_thousand_workers_leave_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.0)
    threads: list[threading.Thread] = []
    for item in range(1000):
        worker = Worker(lambda key, item: threads.append(threading.current_thread()), "Desk")
        worker.put("a", item)
        assert worker.finish(SECONDS)
    for thread in threads:
        thread.join(SECONDS)

    assert len(threads) == 1000
    assert not any(thread.is_alive() for thread in threads)


def test_what_waits_at_the_end_of_the_process_is_still_done() -> None:
    code = (
        "from synapse_rx.subscribers.worker import Worker\n"
        "worker = Worker(lambda key, item: print(item, flush=True), 'Desk', rest=1e6)\n"
        "worker.put('a', 'first'); worker.finish(20)\n"
        "worker.put('a', 'last')\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["first", "last"]
    assert done.stderr == ""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_works_anew() -> None:
    code = (
        "import os\n"
        "from synapse_rx.subscribers.worker import Worker\n"
        "worker = Worker(lambda key, item: os.write(1, item), 'Desk')\n"
        "worker.put('a', b'parent '); worker.finish(20)\n"
        "if (child := os.fork()) == 0:\n"
        "    worker.put('a', b'child'); worker.finish(20); os._exit(0)\n"
        "os.waitpid(child, 0)\n"
    )

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout == "parent child"
