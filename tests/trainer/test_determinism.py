"""One seed gives one result, bit for bit, however the training was cut up."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

import synapse_rx as sx
from tests.trainer.tools import LONG, Told, epochs, learnt, some_data, some_net

HOW: dict[str, dict[str, Any]] = {
    "plain": {},
    "momentum": {"momentum": 0.9},
    "nesterov": {"momentum": 0.9, "nesterov": True},
    "adam": {"algorithm": "adam"},
    "rmsprop": {"algorithm": "rmsprop"},
    "rprop": {"algorithm": "rprop"},
    "lbfgs": {"algorithm": "lbfgs"},
    "averaging": {"averaging": 0.9},
    "measured anew": {"evaluation": "full", "stats": ["squared_error", "gradient_norm"]},
    "scheduled": {"learning_rate": "exponential"},
}

DATA: dict[str, dict[str, Any]] = {
    "in order": {"shuffle": False},
    "shuffled once": {"shuffle": "once"},
    "shuffled every epoch": {"shuffle": "epoch"},
    "without validation": {"nvalid": 0, "shuffle": "epoch"},
    "even batches": {"n": 160, "batch": 16},
}


def net_for(how: str) -> sx.Atom[Any]:
    options = dict(HOW[how])
    if options.get("learning_rate") == "exponential":
        options["learning_rate"] = {"kind": "exponential", "start": 0.5, "factor": 0.9}
    return some_net(options.pop("algorithm", "backprop"), **options)


@pytest.fixture(params=HOW)
def make(request: pytest.FixtureRequest) -> Callable[[], sx.Atom[Any]]:
    try:
        net_for(request.param)
    except Exception as error:
        pytest.skip(str(error))
    return lambda: net_for(request.param)


@pytest.fixture(params=DATA)
def data(request: pytest.FixtureRequest) -> sx.TrainingSet:
    return some_data(**DATA[request.param])


def test_the_same_again(make: Any, data: sx.TrainingSet) -> None:
    first, second = (sx.train(make(), data, 4).result(LONG) for _ in range(2))

    assert learnt(first) == learnt(second)


def test_two_trainings_are_one(make: Any, data: sx.TrainingSet) -> None:
    whole, parts = make(), make()

    sx.train(whole, data, 6).result(LONG)
    sx.train(parts, data, 2).result(LONG)
    sx.train(parts, data, 4).result(LONG)

    assert learnt(whole.value) == learnt(parts.value)


def test_stopped_anywhere_and_trained_again_is_uninterrupted(make: Any, data: sx.TrainingSet) -> None:
    whole, parts = make(), make()
    sx.train(whole, data, 4).result(LONG)

    stop_now_and_then(parts)
    while epochs(parts.value) < 4:
        sx.train(parts, data, 4 - epochs(parts.value), publish=sx.every(batches=3)).result(LONG)

    assert learnt(whole.value) == learnt(parts.value)


def stop_now_and_then(net: sx.Atom[Any]) -> None:
    published = count()

    def stop(key: Any, atom: Any, old: Any, new: Any) -> None:
        if new.version != old.version and next(published) in (2, 3, 7, 12, 13):
            sx.stop_training(atom)

    net.add_watch("stop", stop)


def test_paused_and_resumed_is_uninterrupted(make: Any, data: sx.TrainingSet) -> None:
    whole, paused = make(), make()
    sx.train(whole, data, 3).result(LONG)

    def pause(key: Any, atom: Any, old: Any, new: Any) -> None:
        if new.version % 2 and new.version != old.version and sx.pause_training(atom):
            sx.resume_training(atom)

    paused.add_watch("pause", pause)
    sx.train(paused, data, 3, publish=sx.every(batches=3)).result(LONG)

    assert learnt(whole.value) == learnt(paused.value)


def test_every_snapshot_is_a_place_to_branch_from(make: Any) -> None:
    data = some_data(shuffle="epoch")
    net = make()
    told = Told(net)
    last = sx.train(net, data, 3, publish=sx.every(batches=4)).result(LONG)

    for snapshot in told.all:
        missing = 3 - epochs(snapshot)
        if missing:
            branch = sx.atom(snapshot)
            assert learnt(sx.train(branch, data, missing).result(LONG)) == learnt(last)
    assert net.value is last


def test_the_executor_makes_no_difference(make: Any) -> None:
    data = some_data(shuffle="epoch")

    threaded = sx.train(make(), data, 3).result(LONG)
    inline = sx.train(make(), data, 3, executor="inline").result(LONG)

    assert learnt(threaded) == learnt(inline)


def test_other_nets_in_training_make_no_difference() -> None:
    data = some_data(shuffle="epoch")
    alone = sx.train(some_net(momentum=0.9), data, 5).result(LONG)

    runs = [sx.train(some_net(momentum=0.9), data, 5) for _ in range(8)]

    assert [learnt(run.result(LONG)) for run in runs] == [learnt(alone)] * 8


def test_another_seed_is_another_result() -> None:
    first = sx.train(some_net(seed=1), some_data(), 2).result(LONG)
    second = sx.train(some_net(seed=2), some_data(), 2).result(LONG)

    assert learnt(first) != learnt(second)


def test_an_epoch_begun_on_other_data_is_not_continued() -> None:
    first, second = some_data(seed=3), some_data(seed=4)
    net = some_net()
    told = Told(net)
    sx.train(net, first, 1, publish=sx.every(batches=4)).result(LONG)
    interrupted = told.all[1]
    assert interrupted.training.state.position.batch == 4

    snapshot = sx.train(sx.atom(interrupted), second, 1).result(LONG)

    assert snapshot.training.stats.steps == 4 + 10


def test_an_epoch_begun_with_another_loss_is_continued_and_counts_from_there() -> None:
    data = some_data()
    net = some_net()
    told = Told(net)
    sx.train(net, data, 1, publish=sx.every(batches=4)).result(LONG)

    branch = sx.atom(told.all[1])
    branch.swap(sx.with_loss, "squared_error")
    snapshot = sx.train(branch, data, 1).result(LONG)

    assert snapshot.training.stats.steps == 10
