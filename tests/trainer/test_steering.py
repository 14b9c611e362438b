"""Stop, pause, resume, queue, replace: from outside and from watches."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import AlreadyTraining, ShapeError
from synapse_rx.snapshot import with_status
from tests.trainer.tools import (
    ENDLESS,
    LONG,
    Hold,
    Told,
    epochs,
    events,
    reach,
    some_data,
    some_epochs,
    some_net,
    xor,
    xor_net,
)


def test_stop_training_ends_it_gracefully() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)
    some_epochs(net)

    assert sx.stop_training(net)

    assert run.result(LONG) is net.value
    assert net.value.training.status == "stopped"
    assert ("stopping", "was training") in events(net.value)
    assert not sx.stop_training(net)


def test_stop_right_after_train_counts() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)

    assert sx.stop_training(net)

    assert run.result(LONG).training.status == "stopped"


def test_the_status_stopping_swapped_in_by_hand_is_obeyed() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)
    some_epochs(net)

    net.cursor("training", "status").reset("stopping")

    assert run.result(LONG).training.status == "stopped"


@pytest.mark.parametrize("how", ["stop_training", "run.stop", "status"])
def test_a_watch_can_stop_the_training_at_exactly_this_epoch(how: str) -> None:
    net = some_net()
    told = Told(net)

    def stop(key: Any, atom: Any, old: Any, new: Any) -> None:
        if epochs(new) == 3 and new.training.status == "training":
            if how == "stop_training":
                sx.stop_training(atom)
            elif how == "run.stop":
                run.stop()
            else:
                atom.swap(with_status, "stopping")

    net.add_watch("stop", stop)
    hold = Hold(net)
    run = sx.train(net, some_data(), ENDLESS)
    hold.release()

    snapshot = run.result(LONG)

    assert epochs(snapshot) == 3
    assert snapshot.training.state.position is None
    assert told.epochs == [0, 1, 2, 3]


def test_nothing_is_in_training_before_and_after() -> None:
    net = some_net()

    assert not sx.stop_training(net)
    assert not sx.pause_training(net)
    assert not sx.resume_training(net)

    sx.train(net, some_data(), 1).result(LONG)
    before = net.value

    assert not sx.stop_training(net)
    assert not sx.pause_training(net)
    assert not sx.resume_training(net)
    assert net.value is before


def test_a_cell_with_a_snapshot_taken_in_training_is_not_in_training_itself() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)
    some_epochs(net)
    branch = sx.atom(net.value)
    run.stop()
    run.result(LONG)
    before = branch.value

    assert before.training.status == "training"
    assert not sx.stop_training(branch)
    assert not sx.pause_training(branch)
    assert branch.value is before
    assert epochs(sx.train(branch, some_data(), 1).result(LONG)) == epochs(before) + 1


def test_a_paused_training_publishes_nothing_till_it_is_resumed() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)
    some_epochs(net)
    assert sx.pause_training(net)
    assert run.status == "paused"

    asleep = sleeping(net)
    paused_at = net.value
    sx.train(some_net(), some_data(), 5).result(LONG)

    assert net.value is paused_at
    assert not run.done()
    assert asleep
    assert sx.resume_training(net)
    some_epochs(net)
    assert sleeping_watches(net) == 0
    run.stop()
    found = events(run.result(LONG))
    assert ("paused", "was training") in found
    assert ("training", "was paused") in found


def sleeping_watches(net: sx.Atom[Any]) -> int:
    return sum(type(key).__name__ == "Nap" for key in net.watches)


def sleeping(net: sx.Atom[Any]) -> bool:
    """Wait till the thread has noticed the pause and gone."""
    waiting = threading.Event()
    for _ in range(60_000):
        if sleeping_watches(net):
            return True
        waiting.wait(0.001)
    return False


def test_a_pause_needs_no_thread() -> None:
    nets = [xor_net(seed=seed) for seed in range(80)]  # more than there may be threads
    runs = [sx.train(net, xor(), ENDLESS) for net in nets]
    for net in nets:
        assert sx.pause_training(net)

    assert epochs(sx.train(some_net(), some_data(), 2).result(LONG)) == 2

    for net in nets:
        assert sx.resume_training(net)
    for run in runs:
        assert run.stop()
    for run in runs:
        run.result(LONG)


@pytest.mark.parametrize("asleep", [False, True])
def test_a_paused_training_can_be_stopped(asleep: bool) -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)
    some_epochs(net)
    run.pause()
    assert not asleep or sleeping(net)

    assert run.stop()

    assert run.result(LONG).training.status == "stopped"
    assert sleeping_watches(net) == 0


@pytest.mark.parametrize("asleep", [False, True])
def test_a_paused_training_can_be_cancelled(asleep: bool) -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)
    some_epochs(net)
    run.pause()
    assert not asleep or sleeping(net)
    before = epochs(net.value)

    assert run.cancel()
    with pytest.raises(asyncio.CancelledError):
        run.result(LONG)

    assert net.value.training.status == "cancelled"
    # One that was not asleep yet may have been at the end of an epoch, which it publishes.
    assert epochs(net.value) - before in ((0,) if asleep else (0, 1))
    assert sleeping_watches(net) == 0


def test_pause_and_resume_know_whether_they_did_anything() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)

    assert not run.resume()
    assert run.pause()
    assert not run.pause()
    assert run.resume()
    run.stop()
    run.wait(LONG)
    assert not run.pause()
    assert not run.resume()


def test_a_watch_may_pause_and_another_thread_resume() -> None:
    net = some_net()
    told = Told(net)
    net.add_watch(
        "pause", lambda key, atom, old, new: epochs(new) == 2 != epochs(old) and sx.pause_training(net)
    )
    run = sx.train(net, some_data(), 4)
    reach(net, lambda new: new.training.status == "paused")

    assert sx.resume_training(net)

    assert epochs(run.result(LONG)) == 4
    assert told.epochs == [0, 1, 2, 3, 4]
    assert told.statuses == ["training", "paused", "training", "done"]


def test_edits_made_in_a_pause_count_from_the_resume_on() -> None:
    net = some_net()
    run = sx.train(net, some_data(), ENDLESS)
    some_epochs(net)
    run.pause()
    assert sleeping(net)

    net.swap(sx.with_learning_rate, 0.01)
    assert sleeping_watches(net) == 1
    run.resume()
    some_epochs(net)
    run.stop()

    assert ("learning_rate", "0.1 -> 0.01") in events(run.result(LONG))


def test_a_queued_run_begins_when_the_one_before_is_over() -> None:
    net, data = some_net(), some_data()
    hold = Hold(net)
    first = sx.train(net, data, 2)
    second = sx.train(net, data, 3, if_running="queue")
    third = sx.train(net, data, 4, if_running="queue")
    hold.arrive()

    assert (first.status, second.status, third.status) == ("training", "queued", "queued")
    hold.release()

    assert epochs(first.result(LONG)) == 2
    assert epochs(second.result(LONG)) == 5
    assert epochs(third.result(LONG)) == 9


def test_the_live_run_is_the_one_that_trains_not_the_one_that_waits() -> None:
    net, data = some_net(), some_data()
    first = sx.train(net, data, ENDLESS)
    sx.train(net, data, 1, if_running="queue")

    with pytest.raises(AlreadyTraining) as caught:
        sx.train(net, data, 1)

    assert caught.value.run is first


def test_a_queue_of_none_begins_at_once() -> None:
    assert epochs(sx.train(some_net(), some_data(), 2, if_running="queue").result(LONG)) == 2


@pytest.mark.parametrize("how", ["cancel", "stop"])
def test_a_queued_run_can_be_ended_at_once_and_those_behind_it_keep_their_turn(how: str) -> None:
    net, data = some_net(), some_data()
    hold = Hold(net)
    first = sx.train(net, data, 2)
    second = sx.train(net, data, 100, if_running="queue")
    third = sx.train(net, data, 1, if_running="queue")
    hold.arrive()

    assert second.cancel() if how == "cancel" else second.stop()

    assert second.wait(0)
    assert second.status == ("cancelled" if how == "cancel" else "stopped")
    assert second.epochs_done == 0
    assert net.value.training.status == "training"
    assert (first.done(), third.done()) == (False, False)
    hold.release()
    assert epochs(first.result(LONG)) == 2
    assert epochs(third.result(LONG)) == 3


async def test_a_queued_run_under_a_timeout_is_ended_at_once() -> None:
    net, data = some_net(), some_data()
    hold = Hold(net)
    first = sx.train(net, data, 2)
    await hold.arrives()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(sx.train(net, data, 1, if_running="queue"), 0.01)

    assert not first.done()
    hold.release()
    assert epochs(await first) == 2


def test_a_queued_run_goes_on_after_a_failure() -> None:
    net = some_net()
    hold = Hold(net)
    first = sx.train(net, some_data(), ENDLESS)
    second = sx.train(net, some_data(), 2, if_running="queue")
    hold.arrive()
    good = net.value
    net.reset(sx.mlp([5, 4], "softmax").value)
    hold.release()

    assert isinstance(first.exception(LONG), ShapeError)
    assert isinstance(second.exception(LONG), ShapeError)  # that is what the cell holds now
    assert net.value.training.status == "failed"

    net.reset(good)
    assert epochs(sx.train(net, some_data(), 1).result(LONG)) == 2


def test_a_queued_run_whose_net_no_longer_fits_fails_and_says_so() -> None:
    net = some_net()
    first = sx.train(net, some_data(), ENDLESS)
    second = sx.train(net, some_data(), 2, if_running="queue")
    some_epochs(net)
    net.add_watch(
        "swap", lambda key, atom, old, new: new.training.status == "stopped" and atom.reset(xor_net().value)
    )
    first.stop()

    assert isinstance(second.exception(LONG), ShapeError)
    assert second.status == "failed"
    assert net.value.training.status == "failed"


def test_pausing_a_queued_run_does_not_pause_the_one_before() -> None:
    net, data = some_net(), some_data()
    first = sx.train(net, data, ENDLESS)
    second = sx.train(net, data, 1, if_running="queue")

    assert not second.pause()
    assert not second.resume()

    some_epochs(net)
    assert first.status == "training"


def test_a_run_that_is_over_does_not_pause_the_one_behind() -> None:
    net, data = some_net(), some_data()
    first = sx.train(net, data, 1)
    first.result(LONG)
    second = sx.train(net, data, ENDLESS)

    assert not first.pause()
    assert not first.stop()
    assert not first.cancel()

    some_epochs(net)
    assert second.status == "training"


def test_replace_stops_the_run_before_gracefully() -> None:
    net, data = some_net(), some_data()
    first = sx.train(net, data, ENDLESS)
    some_epochs(net)

    second = sx.train(net, data, 2, if_running="replace")

    assert epochs(second.result(LONG)) == epochs(first.result(0)) + 2
    assert first.status == "stopped"


def test_replace_ends_those_that_wait_too() -> None:
    net, data = some_net(), some_data()
    hold = Hold(net)
    first = sx.train(net, data, ENDLESS)
    waiting = sx.train(net, data, ENDLESS, if_running="queue")
    hold.arrive()

    last = sx.train(net, data, 1, if_running="replace")
    hold.release()

    assert epochs(last.result(LONG)) == 2
    assert epochs(first.result(0)) == 1
    assert waiting.done()
    assert waiting.epochs_done == 0


async def test_replace_again_and_again_leaves_one_training() -> None:
    net, data = xor_net(), xor()

    runs = [sx.train(net, data, ENDLESS, if_running="replace") for _ in range(20)]
    await asyncio.wait(runs[:-1])

    assert [run.done() for run in runs] == [True] * 19 + [False]
    runs[-1].stop()
    await runs[-1]


def test_a_watch_may_train_another_net() -> None:
    net, other = some_net(seed=1), some_net(seed=2)
    runs: list[sx.TrainingRun] = []

    def train_other(key: Any, atom: Any, old: Any, new: Any) -> None:
        if new.training.status == "done":
            runs.append(sx.train(other, some_data(), 3))

    net.add_watch("other", train_other)
    sx.train(net, some_data(), 1).result(LONG)

    assert epochs(runs[0].result(LONG)) == 3


def test_a_watch_may_wait_for_another_training() -> None:
    net, other = some_net(seed=1), some_net(seed=2)
    seen: list[int] = []

    def train_other(key: Any, atom: Any, old: Any, new: Any) -> None:
        if new.training.status == "done":
            seen.append(epochs(sx.deref(sx.train(other, some_data(), 3), timeout=LONG)))

    net.add_watch("other", train_other)
    sx.train(net, some_data(), 1).result(LONG)

    assert seen == [3]


def test_a_watch_may_queue_the_same_net_again() -> None:
    net, data = some_net(), some_data()
    runs: list[sx.TrainingRun] = []

    def again(key: Any, atom: Any, old: Any, new: Any) -> None:
        if new.training.status == "done" and epochs(new) < 6:
            runs.append(sx.train(atom, data, 2, if_running="queue"))

    net.add_watch("again", again)
    sx.train(net, data, 2).result(LONG)
    reach(net, lambda new: epochs(new) == 6 and new.training.status == "done")

    assert [epochs(run.result(LONG)) for run in runs] == [4, 6]


def test_a_watch_may_put_the_best_snapshot_back_and_stop() -> None:
    net = some_net()
    kept: list[Any] = []

    def back(key: Any, atom: Any, old: Any, new: Any) -> None:
        if epochs(new) == 2 and not kept:
            kept.append(new)
        if epochs(new) == 4:
            atom.reset(kept[0])
            sx.stop_training(atom)

    net.add_watch("back", back)
    snapshot = sx.train(net, some_data(), ENDLESS).result(LONG)

    assert snapshot is net.value
    assert snapshot.params == kept[0].params
    assert epochs(snapshot) == 2
    assert snapshot.training.status == "stopped"


def test_a_watch_that_undoes_every_end_does_not_hang_it() -> None:
    net = some_net()

    def restless(key: Any, atom: Any, old: Any, new: Any) -> None:
        if new.training.status == "done":
            atom.swap(with_status, "idle")

    net.add_watch("restless", restless)

    assert epochs(sx.train(net, some_data(), 2).result(LONG)) == 2
