"""Calling somebody when something has come true."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError
from synapse_rx.snapshot import Net, with_status
from tests.nets import blobs, small_net
from tests.subscribers.snapshots import begin, fresh, publish, with_stats


class Calls:
    """Notes what it is called with."""

    def __init__(self) -> None:
        self.nets: list[sx.Atom[Net]] = []
        self.epochs: list[int] = []

    def __call__(self, net: sx.Atom[Net], snapshot: Net) -> None:
        self.nets.append(net)
        self.epochs.append(snapshot.training.stats.epochs)


def push(net: sx.Atom[Net], notify: sx.Notify, *errors: float) -> None:
    """
    Publish an epoch for each error, and wait until it has been looked at.
    """
    for error in errors:
        net.swap(with_stats, training={"loss": error}, validation={})
        assert notify.flush(100)


def test_it_calls_once_each_time_a_condition_comes_true() -> None:
    calls, net = Calls(), fresh()
    notify = sx.Notify(sx.error_below(0.3), calls).attach(net)

    push(net, notify, 0.5, 0.2, 0.1, 0.4, 0.2)

    assert calls.epochs == [2, 5]
    assert calls.nets == [net, net]


def test_it_calls_for_a_function_of_the_snapshot() -> None:
    calls, net = Calls(), fresh()
    notify = sx.Notify(lambda snapshot: snapshot.training.stats.epochs % 3 == 2, calls).attach(net)

    push(net, notify, *[0.5] * 6)

    assert calls.epochs == [2, 5]


def test_it_calls_for_every_epoch() -> None:
    calls, net = Calls(), fresh()
    with sx.Notify("epoch", calls).attach(net) as notify:
        push(net, notify, 0.5, 0.4, 0.3)

    assert calls.epochs == [1, 2, 3]


@pytest.mark.parametrize("when", ["end", "done"])
def test_it_calls_at_the_end_of_each_training(when: str) -> None:
    calls, net = Calls(), sx.atom(small_net())
    with sx.Notify(when, calls).attach(net):
        sx.deref(sx.train(net, blobs(), 3))
        sx.deref(sx.train(net, blobs(), 3))

    assert calls.epochs == [3, 6]


@pytest.mark.parametrize(("status", "called"), [("failed", [1]), ("cancelled", [1]), ("paused", [])])
def test_an_end_is_an_end_however_it_comes_about(status: str, called: list[int]) -> None:
    calls, net = Calls(), fresh()
    with sx.Notify("end", calls).attach(net):
        begin(net)
        publish(net, 1, status)

    assert calls.epochs == called


def test_what_is_true_already_is_told_at_once() -> None:
    calls, net = Calls(), fresh()
    publish(net, 3, "done")
    with sx.Notify("done", calls).attach(net):
        pass

    assert calls.epochs == [3]


def test_each_network_is_looked_at_by_itself() -> None:
    calls, nets = Calls(), [fresh(), fresh()]
    with sx.Notify("done", calls).attach(nets):
        publish(nets[1], 2, "done")
        publish(nets[0], 1, "done")

    assert calls.nets == [nets[1], nets[0]] or calls.nets == nets
    assert sorted(calls.epochs) == [1, 2]


def test_a_coroutine_is_run_to_its_end() -> None:
    told: list[str] = []

    async def send(net: sx.Atom[Net], snapshot: Net) -> None:
        await asyncio.sleep(0)
        told.append(f"{threading.current_thread().name}: {snapshot.training.status}")

    net = fresh()
    with sx.Notify("done", send).attach(net):
        publish(net, 1, "done")

    assert told == ["synapse-rx-Notify: done"]


def test_a_call_that_fails_is_told_of_once_and_made_again_with_the_next_news(
    caplog: pytest.LogCaptureFixture,
) -> None:
    attempts: list[int] = []

    def send(net: sx.Atom[Net], snapshot: Net) -> None:
        attempts.append(snapshot.training.stats.epochs)
        if len(attempts) < 3:
            raise ConnectionError("nobody answers")

    net = fresh()
    with caplog.at_level(logging.ERROR, "synapse_rx"):
        notify = sx.Notify(sx.error_below(0.3), send).attach(net)
        push(net, notify, 0.2, 0.2, 0.2, 0.2)
        notify.close()

    assert attempts == [1, 2, 3]
    assert len(caplog.records) == 1


def test_a_call_that_hangs_holds_up_no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    reached, free = threading.Event(), threading.Event()

    def send(net: sx.Atom[Net], snapshot: Net) -> None:
        reached.set()
        assert free.wait(60)

    net = sx.atom(small_net())
    notify = sx.Notify("epoch", send).attach(net)
    snapshot = sx.deref(sx.train(net, blobs(), 200), timeout=60)

    assert snapshot.training.stats.epochs == 200
    assert reached.wait(100)
    assert notify.dropped > 100  # what waits is bounded
    free.set()
    notify.close()


def test_once_detached_it_forgets() -> None:
    calls, net = Calls(), fresh()
    notify = sx.Notify("done", calls)
    with notify.attach(net):
        net.swap(with_status, "done")
    with notify.attach(net):
        pass

    assert len(calls.epochs) == 2


@pytest.mark.parametrize("when", ["finished", None, 3])
def test_an_unknown_occasion_is_answered_with_the_known_ones(when: Any) -> None:
    with pytest.raises(OptionError, match=r"when= takes a status .*'end', 'epoch', a stopping condition"):
        sx.Notify(when, print)


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(OptionError, match="call= takes a function"):
        sx.Notify("done", "mail")  # type: ignore[arg-type]
