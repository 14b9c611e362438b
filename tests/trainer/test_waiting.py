"""A trainer whose learner lacks data sleeps, and wakes for whatever concerns it; in the end the learner is closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.learner import Progress
from synapse_rx.trainer.next import Next
from synapse_rx.trainer.trainer import Trainer
from tests.trainer.tools import epochs, events, some_net


class Script:
    """A learner that returns what it is told to, then whole epochs."""

    batch = 0

    def __init__(self, *progress: Progress, on_close: Callable[[], object] = lambda: None) -> None:
        self.closed = 0
        self.adopted: list[Any] = []
        self._progress = list(progress)
        self._on_close = on_close
        self._complete = True

    def learn(self, seconds: float, batches: int | None = None) -> Progress:
        progress = self._progress.pop(0) if self._progress else Progress(1, True)
        self._complete = progress.epoch_done
        return progress

    def adopt(self, seen: Any, net: Any) -> tuple[tuple[str, str], ...]:
        self.adopted.append(net)
        return ()

    def merge(self, net: Any) -> Any:
        stats = evolve(net.training.stats, epochs=net.training.stats.epochs + self._complete)
        return evolve(net, version=net.version + 1, training=evolve(net.training, stats=stats))

    def close(self) -> None:
        self.closed += 1
        self._on_close()


class Bell:
    """Data to come: rings when told to."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def when_ready(self, callback: Callable[[], None]) -> None:
        self.waiting.append(callback)

    def ring(self) -> None:
        self.waiting.pop()()


def asleep(*more: Progress) -> tuple[sx.Atom[Any], Trainer, Bell, list[str], Script]:
    """Return a trainer that sleeps for want of data, and what is noted when it wakes."""
    bell, woken = Bell(), []
    script = Script(Progress(0, False, when_ready=bell.when_ready), *more)
    net = some_net()
    one = Trainer(net, lambda snapshot: script, sx.epochs(2))
    one.begin()
    assert one.advance() is Next.PAUSED
    one.when_awake(lambda: woken.append("awake"))
    return net, one, bell, woken, script


class TestForWantOfData:
    def test_it_sleeps_till_there_are_some(self) -> None:
        net, one, bell, woken, _ = asleep()
        assert woken == []

        bell.ring()

        assert woken == ["awake"]
        assert [one.advance(), one.advance()] == [Next.MORE, Next.DONE]
        assert epochs(net.value) == 2

    def test_it_wakes_at_once_if_they_came_meanwhile(self) -> None:
        woken: list[int] = []
        script = Script(Progress(0, False, when_ready=lambda callback: callback()))
        one = Trainer(some_net(), lambda snapshot: script, sx.epochs(1))
        one.begin()
        one.advance()

        one.when_awake(lambda: woken.append(1))

        assert woken == [1]

    def test_it_fails_if_nothing_would_wake_it(self) -> None:
        def gone(callback: Callable[[], None]) -> None:
            raise OSError("there is no source any more")

        woken: list[int] = []
        script = Script(Progress(0, False, when_ready=gone))
        net = some_net()
        one = Trainer(net, lambda snapshot: script, sx.epochs(1))
        one.begin()
        one.advance()

        one.when_awake(lambda: woken.append(1))

        assert woken == [1] and not net.watches
        assert one.advance() is Next.DONE
        assert isinstance(one.outcome.exception(0), OSError)

    @pytest.mark.parametrize("ends", ["stop", "cancel"])
    def test_it_wakes_to_end(self, ends: str) -> None:
        net, one, _, woken, script = asleep()

        assert getattr(one, ends)()

        assert woken == ["awake"]
        assert one.advance() is Next.DONE
        assert net.value.training.status == {"stop": "stopped", "cancel": "cancelled"}[ends]
        assert script.closed == 1

    def test_it_wakes_for_an_edit_and_sleeps_again(self) -> None:
        bell = Bell()
        net, one, _, woken, script = asleep(Progress(0, False, when_ready=bell.when_ready))

        net.swap(sx.with_learning_rate, 0.5)

        assert woken == ["awake"]
        assert one.advance() is Next.PAUSED
        assert script.adopted == [net.value]

    def test_a_pause_is_a_pause(self) -> None:
        net, one, _, woken, _ = asleep()
        one.change_status({"training"}, "paused")
        assert woken == ["awake"]
        assert one.advance() is Next.PAUSED
        one.when_awake(lambda: woken.append("resumed"))

        net.swap(sx.with_learning_rate, 0.5)
        assert woken == ["awake"]
        one.change_status({"paused"}, "training")

        assert woken == ["awake", "resumed"]
        assert one.advance() is Next.MORE

    def test_a_bell_that_rings_late_wakes_nobody_twice(self) -> None:
        _, one, bell, woken, _ = asleep()
        one.stop()

        bell.ring()

        assert woken == ["awake"]

    def test_it_leaves_no_watch_behind(self) -> None:
        net, one, bell, _, _ = asleep()
        bell.ring()
        one.advance()

        assert net.watches == {}


class TestWhenThereIsNoMore:
    def test_it_ends_with_the_epoch_and_says_so(self) -> None:
        script, net = Script(Progress(3, True, exhausted=True)), some_net()
        one = Trainer(net, lambda snapshot: script, sx.epochs(5))
        one.begin()

        assert one.advance() is Next.DONE
        assert (epochs(net.value), net.value.training.status) == (1, "stopped")
        assert events(net.value) == [("data", "there are no more")]

    def test_it_is_done_if_that_was_all_that_was_asked_for(self) -> None:
        script, net = Script(Progress(3, True, exhausted=True)), some_net()
        one = Trainer(net, lambda snapshot: script, sx.epochs(1))
        one.begin()

        assert one.advance() is Next.DONE
        assert net.value.training.status == "done"
        assert events(net.value) == []


class TestTheLearnerIsClosed:
    def ended(self, script: Script, **options: Any) -> Trainer:
        one = Trainer(some_net(), lambda snapshot: script, sx.epochs(1), **options)
        one.begin()
        assert one.advance() is Next.DONE
        return one

    def test_once_when_the_training_is_done(self) -> None:
        script = Script()
        one = self.ended(script)
        one.advance()
        one.stop()

        assert script.closed == 1

    def test_before_anybody_is_told_the_outcome(self) -> None:
        done: list[bool] = []
        script = Script(on_close=lambda: done.append(one.outcome.done()))
        one = Trainer(some_net(), lambda snapshot: script, sx.epochs(1))
        one.begin()
        one.advance()

        assert done == [False]
        assert one.outcome.done()

    def test_when_learning_fails(self) -> None:
        class Broken(Script):
            def learn(self, seconds: float, batches: int | None = None) -> Progress:
                raise RuntimeError("broken")

        script = Broken()
        one = self.ended(script)

        assert script.closed == 1
        assert isinstance(one.outcome.exception(), RuntimeError)

    def test_and_a_failure_in_that_changes_nothing(self, caplog: pytest.LogCaptureFixture) -> None:
        def fail() -> None:
            raise OSError("the wire was cut")

        one = self.ended(Script(on_close=fail))

        assert one.outcome.result(0).training.status == "done"
        assert "the wire was cut" in caplog.text
