"""Settings of the process that last as long as trainings do."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

import synapse_rx as sx
from synapse_rx import fast
from synapse_rx.trainer import process
from synapse_rx.trainer.process import ProcessSettings, default_switch_interval
from tests.trainer.tools import ENDLESS, LONG, Hold, some_data, some_net, xor, xor_net


class Library:
    """
    A library for matrix products that does as it is told.
    """

    def __init__(self, threads: int) -> None:
        self.num_threads = threads

    def set_num_threads(self, threads: int) -> None:
        self.num_threads = threads


def blas_threads() -> list[int]:
    """Of the BLAS that numpy multiplies with; other tests may have loaded packages that bring their own."""
    every = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    ours = [pool for pool in every if "numpy" in pool["filepath"]]
    return [pool["num_threads"] for pool in ours or every]


@pytest.fixture
def two_blas_threads() -> Any:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(2, user_api="blas"):
        if set(blas_threads()) != {2}:
            pytest.skip("this BLAS does not let itself be told")
        yield


def test_small_nets_train_on_one_blas_thread_and_the_rest_is_restored(two_blas_threads: None) -> None:
    net = some_net()
    hold = Hold(net)
    run = sx.train(net, some_data(), 2)
    hold.arrive()

    assert set(blas_threads()) == {1}
    hold.release()
    run.result(LONG)

    assert set(blas_threads()) == {2}


@pytest.mark.parametrize("ending", ["stop", "cancel", "fail"])
def test_they_are_restored_however_it_ends(two_blas_threads: None, ending: str) -> None:
    net = some_net()
    hold = Hold(net)
    run = sx.train(net, some_data(), ENDLESS)
    hold.arrive()
    if ending == "fail":
        net.reset(sx.mlp([5, 4], "softmax").value)
        run.add_done_callback(lambda ended: ended.exception())
    else:
        getattr(run, ending)()
    hold.release()
    run.wait(LONG)

    assert set(blas_threads()) == {2}


def test_as_many_blas_threads_as_asked_for(two_blas_threads: None) -> None:
    net = some_net()
    hold = Hold(net)
    run = sx.train(net, some_data(), 2, blas_threads=2)
    hold.arrive()

    assert set(blas_threads()) == {2}
    hold.release()
    run.result(LONG)


def test_the_last_of_several_trainings_restores_them(two_blas_threads: None) -> None:
    first, second = some_net(seed=1), some_net(seed=2)
    held_first, held_second = Hold(first), Hold(second)
    runs = [sx.train(net, some_data(), 2) for net in (first, second)]
    held_first.arrive()
    held_second.arrive()

    held_first.release()
    runs[0].result(LONG)
    assert set(blas_threads()) == {1}
    held_second.release()
    runs[1].result(LONG)
    assert set(blas_threads()) == {2}


def test_the_switch_interval_lasts_as_long_as_the_training() -> None:
    before = sys.getswitchinterval()
    net = some_net()
    hold = Hold(net)
    run = sx.train(net, some_data(), 2, switch_interval=1e-4)
    hold.arrive()

    assert sys.getswitchinterval() == pytest.approx(1e-4)
    hold.release()
    run.result(LONG)

    assert sys.getswitchinterval() == before


def test_the_shortest_of_several_intervals_counts() -> None:
    before = sys.getswitchinterval()
    settings = ProcessSettings()

    settings.ask("a", None, 2e-3)
    settings.ask("b", None, 1e-4)
    settings.ask("c", None, 1e-3)
    assert sys.getswitchinterval() == pytest.approx(1e-4)
    settings.release("b")
    assert sys.getswitchinterval() == pytest.approx(1e-3)
    settings.release("c")
    settings.release("a")

    assert sys.getswitchinterval() == before


class Seldom:
    """A learner that wants the interpreter's lock once in a chunk."""

    in_chunks = True


def test_who_wants_the_lock_seldom_gets_it_soon() -> None:
    before = sys.getswitchinterval()
    settings = ProcessSettings()

    assert default_switch_interval(object()) is None
    settings.ask("a", None, default_switch_interval(Seldom()))
    settings.ask("b", None, default_switch_interval(Seldom()))
    settings.release("a")
    assert sys.getswitchinterval() == pytest.approx(process.SHORT)
    settings.ask("c", None, process.SHORT / 10)
    assert default_switch_interval(Seldom()) is None
    settings.release("b")
    settings.release("c")

    assert sys.getswitchinterval() == before


@pytest.mark.skipif(fast.why_not() is not None, reason="there is no compiler")
@pytest.mark.backend("numpy", reason="about compiled chunks of the CPU")
def test_a_training_in_chunks_gets_it_soon() -> None:
    net = sx.mlp([784, 64, 10], ["sigmoid", "softmax"])
    rng = np.random.default_rng(0)
    data = sx.training_set(rng.random((64, 784), np.float32), rng.integers(0, 10, 64), batch=32)
    hold = Hold(net)
    run = sx.train(net, data, 2)
    hold.arrive()

    assert sys.getswitchinterval() == pytest.approx(process.SHORT)
    hold.release()
    run.result(LONG)


def test_releasing_what_was_never_asked_is_fine() -> None:
    ProcessSettings().release("nobody")


def test_a_queued_run_asks_when_it_begins() -> None:
    before = sys.getswitchinterval()
    net = some_net()
    hold = Hold(net)
    first = sx.train(net, some_data(), 2, switch_interval=before)
    second = sx.train(net, some_data(), 2, if_running="queue", switch_interval=1e-4)
    hold.arrive()

    assert sys.getswitchinterval() == before
    later = Hold(net, lambda new: new.training.stats.epochs == 3)
    hold.release()
    later.arrive()
    assert sys.getswitchinterval() == pytest.approx(1e-4)
    later.release()
    first.result(LONG)
    second.result(LONG)

    assert sys.getswitchinterval() == before


def test_a_refused_training_leaves_no_setting_behind() -> None:
    before = sys.getswitchinterval()
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)

    with pytest.raises(sx.errors.AlreadyTraining):
        sx.train(net, some_data(), 1, switch_interval=1e-4)
    run.stop()
    run.result(LONG)

    assert sys.getswitchinterval() == before
    assert sx.train(xor_net(), xor(), 1).result(LONG)


def test_a_library_that_is_loaded_in_mid_training_is_limited_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Library(4), Library(8)
    there = [first]
    scan = cache(lambda: list(there))
    monkeypatch.setattr(process, "_blas_libraries", scan)
    settings = process.ProcessSettings()

    settings.ask("training", 1, None)
    there.append(second)
    settings.rescan()
    during = (first.num_threads, second.num_threads)
    settings.release("training")

    assert during == (1, 1)
    assert (first.num_threads, second.num_threads) == (4, 8)


@pytest.fixture
def eight(monkeypatch: pytest.MonkeyPatch) -> Library:
    """
    The process's only library, with eight threads.
    """
    library = Library(8)
    monkeypatch.setattr(process, "_blas_libraries", lambda: [library])
    return library


def test_several_large_trainings_share_the_threads_and_the_last_has_them_all(eight: Library) -> None:
    settings = ProcessSettings()
    counts = []
    for change in (settings.ask, settings.ask, settings.ask):
        change(len(counts), None, None)
        counts.append(eight.num_threads)
    for owner in range(3):
        settings.release(owner)
        counts.append(eight.num_threads)

    assert counts == [8, 4, 2, 4, 8, 8]


def test_more_trainings_than_threads_have_one_each(eight: Library) -> None:
    settings = ProcessSettings()
    for owner in range(20):
        settings.ask(owner, None, None)

    assert eight.num_threads == 1


def test_what_is_asked_for_is_not_shared(eight: Library) -> None:
    settings = ProcessSettings()
    settings.ask("one", 6, None)
    settings.ask("another", 6, None)

    assert eight.num_threads == 6
