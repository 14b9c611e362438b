"""The pool: many nets at once on few threads, in turns."""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.network.learner import NetworkLearner
from synapse_rx.trainer import workers
from synapse_rx.trainer.next import Next
from synapse_rx.trainer.slots import Slots
from tests.trainer.tools import (
    ENDLESS,
    LONG,
    Hold,
    epochs,
    reach,
    some_data,
    some_epochs,
    some_net,
    xor,
    xor_net,
)


class Crowd:
    """Counts how many are in at a time, and the most there ever were."""

    def __init__(self) -> None:
        self.most = 0
        self._in = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._in += 1
            self.most = max(self.most, self._in)

    def __exit__(self, *exc: Any) -> None:
        with self._lock:
            self._in -= 1


def training_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "synapse-rx-train"]


def join_all() -> None:
    """Wait till all training threads are gone."""
    for thread in training_threads():
        thread.join(LONG)
        if thread.is_alive():
            faulthandler.dump_traceback()
            pytest.fail("a thread without work stays")


@pytest.fixture
def short_of_work(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let threads without work go at once, those that are left of earlier tests first."""
    join_all()
    monkeypatch.setattr(workers, "IDLE_SECONDS", 0.01)
    yield
    join_all()


def test_forty_nets_train_at_once_and_no_more_compute_than_may(
    monkeypatch: pytest.MonkeyPatch, short_of_work: None
) -> None:
    crowd = Crowd()
    learn = NetworkLearner.learn

    def counted(self: NetworkLearner, *args: Any) -> Any:
        with crowd:
            return learn(self, *args)

    monkeypatch.setattr(NetworkLearner, "learn", counted)
    nets = [some_net(seed=seed) for seed in range(40)]

    runs = [sx.train(net, some_data(), 5) for net in nets]
    running = len(training_threads())

    assert [epochs(run.result(LONG)) for run in runs] == [5] * 40
    assert crowd.most <= workers.cores()
    assert running < 20 + workers.cores()  # those that compute, some behind them, and those that tell


def test_however_many_watches_hold_their_threads_the_others_train_on(short_of_work: None) -> None:
    holds = [Hold(some_net(seed=seed)) for seed in range(3 * workers.cores() + 2)]
    nets = [some_net(seed=99) for _ in range(3)]
    runs = [sx.train(net, some_data(), ENDLESS) for net in [*(hold.net for hold in holds), *nets]]
    for hold in holds:
        hold.arrive()

    for net in nets:
        some_epochs(net, 3)
    for hold in holds:
        hold.release()
    for run in runs:
        run.stop()

    assert {run.result(LONG).training.status for run in runs} == {"stopped"}


def test_threads_are_gone_when_there_is_no_work(short_of_work: None) -> None:
    runs = [sx.train(xor_net(seed=seed), xor(), 50) for seed in range(10)]
    for run in runs:
        run.result(LONG)

    join_all()

    assert training_threads() == []
    assert epochs(sx.train(xor_net(), xor(), 3).result(LONG)) == 3


def test_threads_come_and_go_without_losing_a_training(short_of_work: None) -> None:
    for round_ in range(30):
        runs = [sx.train(xor_net(seed=seed), xor(), 3) for seed in range(1 + round_ % 4)]
        for run in runs:
            assert epochs(run.result(LONG)) == 3
        threading.Event().wait(0.011 if round_ % 3 else 0)  # about as long as an idle thread stays


def test_more_nets_than_threads_all_move(monkeypatch: pytest.MonkeyPatch, short_of_work: None) -> None:
    monkeypatch.setattr(workers, "MOST_THREADS", 3)
    nets = [xor_net(seed=seed) for seed in range(12)]
    runs = [sx.train(net, xor(), ENDLESS) for net in nets]

    for net in nets:
        some_epochs(net)
    for run in runs:
        run.stop()

    assert all(run.result(LONG).training.status == "stopped" for run in runs)
    assert len(training_threads()) <= 3


def test_one_in_a_hurry_has_the_next_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "MOST_THREADS", 1)
    order: list[str] = []
    pool = workers.Workers(1)
    go, over = threading.Event(), threading.Event()
    first = Noted("first", order, lambda: go.wait(LONG))
    last = Noted("last", order)
    pool.submit(first)  # pyright: ignore[reportArgumentType]
    assert first.began.wait(LONG)
    for one in (Noted("second", order), last, Noted("end", order, over.set)):
        pool.submit(one)  # pyright: ignore[reportArgumentType]

    pool.hurry(last)  # pyright: ignore[reportArgumentType]
    pool.hurry(first)  # pyright: ignore[reportArgumentType]
    go.set()

    assert over.wait(LONG)
    assert order == ["first", "last", "second", "end"]


class Noted:
    """Has one turn, and notes it."""

    def __init__(self, name: str, order: list[str], meanwhile: Callable[[], object] = lambda: None) -> None:
        self._name, self._order, self._meanwhile = name, order, meanwhile
        self.began = threading.Event()

    def advance(self, most: float | None = None) -> Next:
        self._order.append(self._name)
        self.began.set()
        self._meanwhile()
        return Next.DONE


def test_nets_take_turns() -> None:
    """With a semaphore that is not fair one would train to its end before the others move."""
    nets = [some_net(seed=seed) for seed in range(4 * workers.cores())]
    runs = [sx.train(net, some_data(), ENDLESS) for net in nets]

    for _ in range(3):
        for net in nets:
            some_epochs(net, 1)
    for run in runs:
        run.stop()
    counts = [epochs(run.result(LONG)) for run in runs]

    assert min(counts) >= 3


def test_no_more_threads_than_trainings(short_of_work: None) -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)
    some_epochs(net, 3)

    assert len(training_threads()) == 1
    run.stop()
    run.result(LONG)


def test_where_no_thread_can_be_made_the_run_fails(
    monkeypatch: pytest.MonkeyPatch, short_of_work: None
) -> None:
    class NoThread(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    net = some_net()
    with monkeypatch.context() as without:
        without.setattr(workers, "Thread", NoThread)
        run = sx.train(net, some_data(), 2)

        with pytest.raises(RuntimeError, match="can't start new thread"):
            run.result(LONG)
    assert net.value.training.status == "failed"

    assert epochs(sx.train(net, some_data(), 2).result(LONG)) == 2


def test_where_no_more_threads_can_be_made_those_there_are_do_it(
    monkeypatch: pytest.MonkeyPatch, short_of_work: None
) -> None:
    class NoThread(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    first = xor_net(seed=1)
    run = sx.train(first, xor(), ENDLESS)
    some_epochs(first)
    monkeypatch.setattr(workers, "Thread", NoThread)

    assert epochs(sx.train(xor_net(seed=2), xor(), 5).result(LONG)) == 5

    some_epochs(first)
    run.stop()
    run.result(LONG)


def test_slots_let_as_many_in_as_there_are() -> None:
    slots, crowd = Slots(3), Crowd()
    start = threading.Barrier(10)

    def work() -> None:
        start.wait(LONG)
        for _ in range(50):
            with slots, crowd:
                pass

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)

    assert 1 <= crowd.most <= 3


def test_slots_serve_in_the_order_of_arrival() -> None:
    slots = Slots(1)
    order: list[int] = []
    threads: list[threading.Thread] = []

    def work(number: int) -> None:
        with slots:
            order.append(number)

    with slots:
        for number in range(5):
            threads.append(threading.Thread(target=work, args=(number,)))
            threads[-1].start()
            while len(slots._waiting) <= number:  # pyright: ignore[reportPrivateUsage]
                pass
    for thread in threads:
        thread.join(LONG)

    assert order == [0, 1, 2, 3, 4]


def test_a_slot_is_given_back_when_computing_fails() -> None:
    slots = Slots(1)

    with pytest.raises(ValueError):
        with slots:
            raise ValueError

    with slots:
        pass


@pytest.mark.parametrize(("given", "slots"), [(None, workers.cores()), ("1", 1), ("7", 7)])
def test_the_environment_says_how_many_compute(
    given: str | None, slots: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if given is None:
        monkeypatch.delenv("SYNAPSE_RX_WORKERS", raising=False)
    else:
        monkeypatch.setenv("SYNAPSE_RX_WORKERS", given)

    assert workers.configured_slots() == slots


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5", ""])
def test_the_environment_must_make_sense(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNAPSE_RX_WORKERS", given)

    with pytest.raises(sx.errors.OptionError, match="SYNAPSE_RX_WORKERS"):
        workers.configured_slots()


def test_one_worker_computes_one_at_a_time_and_all_finish() -> None:
    code = """
import threading
import synapse_rx as sx
from synapse_rx.network.learner import NetworkLearner
from tests.trainer.test_workers import Crowd
from tests.trainer.tools import some_data, some_net, epochs

crowd, learn = Crowd(), NetworkLearner.learn
def counted(self, *args):
    with crowd:
        return learn(self, *args)
NetworkLearner.learn = counted

runs = [sx.train(some_net(seed=seed), some_data(), 5) for seed in range(10)]
print([epochs(run.result(60)) for run in runs], crowd.most)
"""
    env = os.environ | {"SYNAPSE_RX_WORKERS": "1"}

    result = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=LONG * 3, check=False
    )

    assert result.stdout.strip() == f"{[5] * 10} 1", result.stderr


def test_reaching_every_epoch_of_many_nets() -> None:
    nets = [xor_net(seed=seed) for seed in range(5)]
    runs = [sx.train(net, xor(), 30) for net in nets]

    for net in nets:
        reach(net, lambda new: epochs(new) == 30)
    for run in runs:
        run.result(LONG)
