"""A run whose worker is elsewhere comes to an end, whatever goes wrong on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

import pytest

from synapse_rx.errors import FormatError, WorkerLost
from synapse_rx.fleets.answer import promise
from synapse_rx.fleets.engine import Settings
from synapse_rx.fleets.keeper import Keeper, Order
from synapse_rx.fleets.lines import Line
from synapse_rx.fleets.mirror import Mirror
from synapse_rx.fleets.tellers import Tellers
from synapse_rx.stopping import Epochs
from tests.trainer.tools import LONG, some_net


class Here:
    """
    A fleet and a worker in one, which do nothing but what a test gives them to do.
    """

    name = "nobody"

    def __init__(self, **doing: Callable[..., Any]) -> None:
        self.sent: list[Order] = []
        self.__dict__ |= doing

    def send(self, order: Order) -> None:
        self.sent.append(order)

    def place(self, mirror: Mirror) -> None:
        mirror.placed(cast(Keeper, self))

    def told(self, mirror: Mirror) -> None:
        mirror.tell()

    def ended(self, mirror: Mirror) -> None:
        """
        Nobody is to be told.
        """


def begun(here: Here) -> Mirror:
    mirror = Mirror(1, some_net(), 1, Epochs(3), {}, snapshots=False, strict=False, home=here)
    mirror.go()
    return mirror


def fails(*args: Any) -> None:
    raise ZeroDivisionError("of all things")


@pytest.mark.parametrize(
    "doing", [{"ended": fails}, {"place": fails}, {"send": fails}], ids=["ended", "place", "send"]
)
def test_the_outcome_comes_whatever_fails(doing: dict[str, Any]) -> None:
    mirror = begun(Here(**doing))
    if not mirror.outcome.done():
        mirror.lost(WorkerLost("nobody is gone"))
        mirror.fail(ZeroDivisionError("of all things"))

    with pytest.raises(ZeroDivisionError, match="all things"):
        mirror.outcome.result(0)
    assert mirror.status == "failed"
    assert mirror.confirmation().result(0) is None


def test_what_follows_the_end_may_fail() -> None:
    mirror = begun(Here())
    mirror.when_over = fails
    wanted = mirror.snapshot()

    mirror.fail(ValueError("first"))

    with pytest.raises(ValueError, match="first"):
        mirror.outcome.result(0)
    assert wanted.result(0) is mirror.last


def test_an_end_may_come_after_the_status_that_says_so() -> None:
    here = Here()
    mirror = begun(here)
    event = {
        "run": 1,
        "seen": 0,
        "at": 1.0,
        "whole": False,
        "asked": False,
        "fields": {"training.status": "done"},
    }

    for said in (event, event | {"fields": {}, "end": None}):
        mirror.hear(said, {}, cast(Keeper, here))
        mirror.tell()

    assert mirror.outcome.result(0).training.status == "done"


def test_a_worker_that_is_not_understood_ends_the_run() -> None:
    here = Here()
    mirror = begun(here)

    mirror.hear_line(Line(1, 0, 0.0, 1, 1, 5, 1, [0.5]), cast(Keeper, here))
    mirror.tell()

    with pytest.raises(FormatError, match="others than were told"):
        mirror.outcome.result(0)


def test_a_worker_that_cannot_be_taken_in_has_left() -> None:
    left = promise()

    class Listener:
        joined = heard = fails

        def left(self, keeper: Keeper, why: BaseException | None) -> None:
            left.set_result(why)

    class Engine:
        name = "nothing"

        def start(self, settings: Settings) -> Any:
            return self

        def stream(self) -> Any:
            raise NotImplementedError

        def stop(self) -> None:
            """
            There is nothing to stop.
            """

    settings = Settings(rate=20, checkpoint_seconds=1, beat=1, threads=1)
    Keeper(cast(Any, Engine()), settings, Listener()).start()

    assert "all things" in str(left.result(LONG))


def test_one_that_cannot_tell_keeps_nobody_else_from_telling(caplog: pytest.LogCaptureFixture) -> None:
    there = threading.Event()

    class Job:
        def __init__(self, tell: Callable[[], None]) -> None:
            self.tell = tell

    Tellers().put(Job(fails), Job(there.set))

    assert there.wait(LONG)
    assert "could not be told" in caplog.text
