"""The trainer alone, driven by hand with a learner that does as it is told."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.learner import Progress
from synapse_rx.trainer.next import Next
from synapse_rx.trainer.trainer import Trainer
from tests.trainer.tools import ENDLESS, LONG, Told, epochs, some_net, xor, xor_net


class Script:
    """A learner of one batch an epoch, which calls ``during`` while it learns."""

    def __init__(self, during: Callable[[], object] = lambda: None) -> None:
        self.during = during
        self.batch = 0
        self.learnt = 0
        self.closed = 0
        self.adopted: list[Any] = []

    def learn(self, seconds: float, batches: int | None = None) -> Progress:
        self.during()
        self.learnt += 1
        return Progress(batches=1, epoch_done=True)

    def adopt(self, seen: Any, net: Any) -> tuple[tuple[str, str], ...]:
        self.adopted.append(net)
        return ()

    def merge(self, net: Any) -> Any:
        stats = net.training.stats
        return evolve(net, training=evolve(net.training, stats=evolve(stats, epochs=stats.epochs + 1)))

    def close(self) -> None:
        self.closed += 1


def trainer(script: Script | None = None, epochs: int = 3, **options: Any) -> tuple[sx.Atom[Any], Trainer]:
    net = some_net()
    script = script or Script()
    return net, Trainer(net, lambda snapshot: script, sx.epochs(epochs), **options)


def test_it_waits_till_it_is_to_begin() -> None:
    net, one = trainer()

    assert one.status == "queued"
    assert not one.started
    assert one.begin()
    one.start()
    assert one.status == net.value.training.status == "training"


def test_each_advance_is_one_chunk() -> None:
    net, one = trainer(epochs=3)
    one.begin()

    assert [one.advance() for _ in range(4)] == [Next.MORE, Next.MORE, Next.DONE, Next.DONE]
    assert epochs(net.value) == 3
    assert one.outcome.result(0) is net.value


def test_a_cancel_while_it_learns_publishes_nothing_of_it() -> None:
    script = Script()
    net, one = trainer(script)
    told = Told(net)
    one.begin()
    one.advance()
    script.during = one.cancel

    assert one.advance() is Next.MORE
    assert one.advance() is Next.DONE

    assert told.epochs == [0, 1]
    assert net.value.training.status == "cancelled"
    with pytest.raises(asyncio.CancelledError):
        one.outcome.result(0)


def test_a_cancel_while_it_waits_for_its_slot_learns_nothing_more() -> None:
    script = Script()

    class Busy:
        def __enter__(self) -> None:
            one.cancel()

        def __exit__(self, *exc: Any) -> None:
            pass

    _, one = trainer(script, slot=Busy())
    one.begin()

    assert one.advance() is Next.MORE
    assert one.advance() is Next.DONE
    assert script.learnt == 0


@pytest.mark.parametrize("wish", ["stop", "cancel"])
def test_what_it_can_do_at_once_is_done_on_the_next_turn(wish: str) -> None:
    hurried: list[str] = []
    _, one = trainer()
    one.hurry = lambda: hurried.append(wish)
    one.begin()
    one.advance()

    getattr(one, wish)()
    assert hurried == [wish]
    assert one.advance() is Next.DONE
    getattr(one, wish)()
    assert hurried == [wish]


def test_a_stop_while_it_learns_keeps_what_was_learnt() -> None:
    script = Script()
    net, one = trainer(script)
    one.begin()
    script.during = one.stop

    assert one.advance() is Next.MORE
    assert one.advance() is Next.DONE

    assert epochs(net.value) == 1
    assert one.outcome.result(0).training.status == "stopped"


@pytest.mark.parametrize("how", ["stop", "cancel"])
def test_what_never_began_ends_without_touching_the_cell(how: str) -> None:
    net, one = trainer()
    before = net.value

    assert getattr(one, how)()
    assert not getattr(one, how)()

    assert one.outcome.done()
    assert net.value is before
    assert not one.begin()
    assert one.advance() is Next.DONE


def test_the_snapshot_of_one_stopped_in_the_queue_is_what_the_cell_holds() -> None:
    net, one = trainer()
    net.swap(sx.with_learning_rate, 0.3)

    one.stop()

    assert one.outcome.result(0) is net.value


def test_an_abandoned_one_tells_nobody() -> None:
    net, one = trainer()
    before = net.value
    one.begin()

    one.abandon()

    assert net.value is before
    assert one.outcome.done()


def test_when_over_is_called_once_before_the_outcome_is_there() -> None:
    _, one = trainer(epochs=1)
    seen: list[bool] = []
    one.when_over = lambda: seen.append(one.outcome.done())
    one.begin()

    one.advance()
    one.advance()

    assert seen == [False]


def test_an_edit_between_making_the_learner_and_the_start_is_adopted() -> None:
    net = some_net()
    script = Script()

    def make(snapshot: Any) -> Script:
        net.swap(sx.with_learning_rate, 0.3)
        return script

    one = Trainer(net, make, sx.epochs(1))
    one.begin()
    one.start()

    assert script.adopted == [evolve(net.value, training=evolve(net.value.training, status="idle"))]
    assert net.value.training.algorithm.learning_rate == 0.3
    assert net.value.training.status == "training"


def test_a_paused_one_sleeps_till_it_is_resumed() -> None:
    net, one = trainer()
    woken: list[str] = []
    one.begin()
    one.advance()
    assert one.change_status({"training"}, "paused")

    assert one.advance() is Next.PAUSED
    one.when_awake(lambda: woken.append("awake"))
    net.swap(sx.with_learning_rate, 0.3)
    assert woken == []
    assert one.change_status({"paused"}, "training")

    assert woken == ["awake"]
    net.swap(sx.with_learning_rate, 0.2)
    assert woken == ["awake"]
    assert one.advance() is Next.MORE


@pytest.mark.parametrize("how", ["stop", "cancel", "resume"])
def test_what_happens_before_it_sleeps_wakes_it_all_the_same(how: str) -> None:
    _, one = trainer()
    woken: list[str] = []
    one.begin()
    one.advance()
    one.change_status({"training"}, "paused")
    assert one.advance() is Next.PAUSED

    if how == "resume":
        one.change_status({"paused"}, "training")
    else:
        getattr(one, how)()
    one.when_awake(lambda: woken.append("awake"))

    assert woken == ["awake"]


def test_an_epoch_that_an_edit_undoes_does_not_count() -> None:
    class Undone(Script):
        def merge(self, net: Any) -> Any:
            return net if self.learnt == 1 else super().merge(net)

    _, one = trainer(Undone(), epochs=1)
    one.begin()

    assert one.advance() is Next.MORE
    assert one.epochs_done == 0
    assert one.advance() is Next.DONE
    assert one.epochs_done == 1


@pytest.mark.parametrize(
    "error", [ValueError, KeyboardInterrupt, SystemExit, asyncio.CancelledError, MemoryError]
)
def test_whatever_the_learner_raises_is_the_outcome(error: type[BaseException]) -> None:
    def fail() -> None:
        raise error

    net, one = trainer(Script(fail))
    one.begin()

    assert one.advance() is Next.DONE
    with pytest.raises(error):
        one.outcome.result(0)
    assert net.value.training.status == "failed"


def test_a_failure_beats_a_cancel() -> None:
    def fail() -> None:
        one.cancel()
        raise ValueError("first")

    _, one = trainer(Script(fail))
    one.begin()
    one.advance()

    with pytest.raises(ValueError, match="first"):
        one.outcome.result(0)


def test_a_learner_that_cannot_be_made_fails_a_queued_one() -> None:
    net = some_net()

    def make(snapshot: Any) -> Script:
        raise ValueError("no")

    one = Trainer(net, make, sx.epochs(1))
    one.begin()

    assert one.advance() is Next.DONE
    assert isinstance(one.outcome.exception(0), ValueError)
    assert net.value.training.status == "failed"
    assert not one.started


ACTIONS: dict[str, Callable[[sx.Atom[Any], sx.TrainingRun], object]] = {
    "pause": lambda net, run: run.pause(),
    "resume": lambda net, run: run.resume(),
    "edit": lambda net, run: net.swap(sx.with_learning_rate, random.random()),
    "stop": lambda net, run: run.stop(),
    "stop by name": lambda net, run: sx.stop_training(net),
    "cancel": lambda net, run: run.cancel(),
    "queue": lambda net, run: sx.train(net, xor(), 2, if_running="queue"),
    "replace": lambda net, run: sx.train(net, xor(), 2, if_running="replace"),
    "look": lambda net, run: (repr(run), run.done(), run.cancelled()),
}


@pytest.mark.parametrize("seed", range(40))
def test_whatever_threads_do_to_it_every_run_ends(seed: int) -> None:
    chance = random.Random(seed)
    net = xor_net()
    told = Told(net)
    run = sx.train(net, xor(), ENDLESS if seed % 2 else 50)
    barrier = threading.Barrier(3)
    runs = [run]
    errors: list[BaseException] = []

    def act(actions: list[str]) -> None:
        barrier.wait(LONG)
        try:
            for name in actions:
                made = ACTIONS[name](net, run)
                if isinstance(made, sx.TrainingRun):
                    runs.append(made)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=act, args=(chance.choices(list(ACTIONS), k=8),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert errors == []

    run.stop()
    while sx.resume_training(net):
        pass
    for each in runs:
        if each.status == "paused":
            each.stop()
        assert each.wait(LONG)
        assert each.done()
        assert each.status in ("done", "stopped", "cancelled")
    assert net.value.training.status in ("done", "stopped", "cancelled")
    assert not sx.stop_training(net)
    counts = told.epochs
    assert counts == sorted(counts)
    assert len(net.watches) == 1
