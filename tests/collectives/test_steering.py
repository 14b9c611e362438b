"""Process 0 is watched and steered, and all others follow at the same step."""

from __future__ import annotations

import logging
from asyncio import CancelledError
from threading import Event
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.errors import CollectiveError, DataError, Diverged, OptionError
from tests.collectives.groups import LONG, begun, trained
from tests.nets import blobs, small_net

ENDLESS = 10**9
NET = small_net("adam", dtype="float64")


def steer(key: str, cell: Any, old: sx.Net, new: sx.Net) -> None:
    """
    Edit between epochs whatever can be edited.
    """
    epochs = new.training.stats.epochs
    if epochs == old.training.stats.epochs:
        return
    if epochs == 1:
        cell.swap(sx.with_learning_rate, 0.05)
    elif epochs == 2:
        cell.swap(lambda net: sx.with_update(net, clip_norm=0.1, factors={0: 0.5}))
    elif epochs == 3:
        cell.swap(lambda net: sx.with_algorithm(net, "rmsprop", learning_rate=0.01))
    elif epochs == 4:
        cell.swap(lambda net: evolve(net, params=net.params.with_flat(np.roll(net.params.flat, 1))))
    elif epochs == 5:
        cell.swap(sx.with_loss, "squared_error")


def test_edits_take_effect_at_the_same_step_everywhere() -> None:
    data = blobs(23, nvalid=5, shuffle="epoch")
    cell = sx.atom(NET)
    cell.add_watch("test", steer)
    one = sx.deref(sx.train(cell, data, 7))

    many = trained(NET, data, 7, 3, watch=steer)

    told = [event.what for event in one.training.stats.events]
    assert {"learning_rate", "clip_norm", "algorithm", "params", "loss"} <= set(told)
    for snapshot in many:
        np.testing.assert_allclose(snapshot.params.flat, one.params.flat, rtol=0, atol=1e-9)
        assert snapshot.training.stats.events == one.training.stats.events
        assert snapshot.training.algorithm == one.training.algorithm


def test_another_architecture_is_taken_over_by_all() -> None:
    wider = sx.mlp([3, 6, 2], ["tanh", "softmax"], sx.training("adam"), dtype="float64").value

    def widen(key: str, cell: Any, old: sx.Net, new: sx.Net) -> None:
        if new.training.stats.epochs == 1 and new.arch == NET.arch:
            cell.swap(lambda net: evolve(net, arch=wider.arch, params=wider.params, kept=wider.kept))

    first, other = trained(NET, blobs(23), 3, watch=widen)

    assert first.arch == other.arch == wider.arch
    assert first.params == other.params


def test_phases_and_conditions_are_those_of_process_0() -> None:
    phases = [(1, {"learning_rate": 0.1}), (2, {"learning_rate": 0.01, "loss": "squared_error"})]

    for snapshot in trained(NET, blobs(23), phases):
        assert snapshot.training.stats.epochs == 3
        assert snapshot.training.stats.learning_rate.array.tolist() == [0.1, 0.01, 0.01]


def test_a_pause_holds_all_and_they_go_on() -> None:
    paused, goes_on = Event(), Event()
    first, other = begun(NET, blobs(23), ENDLESS)

    def note(key: str, cell: Any, old: sx.Net, new: sx.Net) -> None:
        if new.training.status == "paused":
            paused.set()
        elif paused.is_set() and new.training.stats.epochs > old.training.stats.epochs:
            goes_on.set()

    other.net.add_watch("note", note)
    assert first.pause()
    assert paused.wait(LONG)
    held = other.net.value.training.stats.epochs

    assert first.net.value.training.stats.epochs == held
    assert not other.resume() and first.resume()
    assert goes_on.wait(LONG)
    assert first.stop()
    assert first.result(LONG).params == other.result(LONG).params
    assert first.status == other.status == "stopped"


@pytest.mark.parametrize("rank", [0, 1])
def test_a_stop_in_any_process_ends_all_of_them(rank: int) -> None:
    runs = begun(NET, blobs(23), ENDLESS)

    assert runs[rank].stop()

    assert runs[0].result(LONG).params == runs[1].result(LONG).params
    assert {run.status for run in runs} == {"stopped"}


@pytest.mark.parametrize("rank", [0, 1])
def test_a_cancel_in_any_process_ends_all_of_them(rank: int) -> None:
    runs = begun(NET, blobs(23), ENDLESS)

    runs[rank].cancel()

    for run in runs:
        with pytest.raises(CancelledError):
            run.result(LONG)
        assert run.status == "cancelled"


def test_edits_elsewhere_have_no_effect_and_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    first, other = begun(NET, blobs(23), ENDLESS)
    later = Event()
    with caplog.at_level(logging.WARNING, "synapse_rx"):
        other.net.swap(sx.with_learning_rate, 0.5)
        seen = other.net.value.training.stats.epochs
        other.net.add_watch(
            "later", lambda key, cell, old, new: new.training.stats.epochs > seen + 1 and later.set()
        )
        assert later.wait(LONG)
    first.stop()

    assert first.result(LONG) and other.result(LONG).training.algorithm == NET.training.algorithm
    assert [record.message for record in caplog.records] == [
        "edits in process 1 have no effect; make them in process 0"
    ]


def test_a_loss_that_is_not_finite_ends_all_in_the_same_place() -> None:
    net = sx.mlp(
        [3, 4, 2], ["relu", "softmax"], sx.training("backprop", learning_rate=1e300), dtype="float64"
    ).value

    errors = [run.exception(LONG) for run in begun(net, blobs(23), 5)]

    assert all(isinstance(error, Diverged) for error in errors)
    assert errors[0].batch == errors[1].batch
    assert {one.training.status for one in trained(net, blobs(23), 5, on_diverged="stop")} == {"stopped"}


def test_what_goes_wrong_in_process_0_is_said_in_the_others() -> None:
    def break_it(key: str, cell: Any, old: sx.Net, new: sx.Net) -> None:
        if new.training.stats.epochs == 2:
            raise KeyError("the disk is full")

    first, other = begun(NET, blobs(23), 5, watch=break_it, strict=True)

    assert "the disk is full" in str(first.exception(LONG).exceptions)
    with pytest.raises(CollectiveError, match="process 0 ended the training"):
        other.result(LONG)


@pytest.mark.parametrize(
    "other",
    [
        blobs(24, nvalid=5),
        blobs(23, nvalid=6),
        blobs(23, nvalid=5, batch=4),
        evolve(blobs(23, nvalid=5), data=evolve(blobs(23, nvalid=5).data, y=np.eye(2)[np.zeros(18, int)])),
    ],
    ids=["samples", "validation", "batch", "targets"],
)
def test_other_data_elsewhere_end_the_training_of_all(other: sx.TrainingSet) -> None:
    one, two = sx.thread_collectives(2)
    first = sx.train(sx.atom(NET), blobs(23, nvalid=5), 5, reduce=one)
    runs = first, sx.train(sx.atom(NET), other, 5, reduce=two)

    with pytest.raises(DataError, match="process 1 has other training data"):
        runs[1].result(LONG)
    with pytest.raises(CollectiveError, match="failed, left or did not come"):
        runs[0].result(LONG)


def test_one_that_never_comes_is_given_up() -> None:
    one, _ = sx.thread_collectives(2, timeout=0.05)

    run = sx.train(sx.atom(NET), blobs(23), 5, reduce=one)

    with pytest.raises(CollectiveError, match=r"0\.05 s"):
        run.result(LONG)
    assert run.net.value.training.status == "failed"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reduce": 3}, "reduce= takes what"),
        ({"average": sx.thread_collectives(2)[0]}, "average= takes a collective and a number"),
        ({"average": (sx.thread_collectives(2)[0], 0)}, "steps of average="),
        ({"reduce": sx.thread_collectives(2)[0], "average": (sx.thread_collectives(2)[0], 2)}, "not both"),
        ({"reduce": sx.thread_collectives(2)[0], "executor": "inline"}, "executor= must be 'thread'"),
        ({"reduce": sx.thread_collectives(9)[0]}, "batches of 5 cannot be shared by 9"),
    ],
)
def test_what_cannot_be_done_together_is_refused_at_once(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        sx.train(sx.atom(NET), blobs(23), 1, **options)


def test_networks_and_data_that_cannot_be_shared_are_refused() -> None:
    comm = sx.thread_collectives(2)[0]
    graph = sx.graph.graph_net(sx.graph.perceptron(3, 2, 2), sx.training("backprop"))
    stream = sx.stream_set(lambda: iter([]), sample_shape=(3,), labels=["a", "b"], batch=5)

    with pytest.raises(OptionError, match="networks of layers"):
        sx.train(graph, blobs(23), 1, reduce=comm)
    with pytest.raises(OptionError, match="this is a stream"):
        sx.train(sx.atom(NET), stream, 1, reduce=comm)
    with pytest.raises(OptionError, match="batch by batch"):
        sx.train(sx.atom(small_net("lbfgs")), blobs(23), 1, average=(comm, 2))


def test_a_group_of_one_trains_as_if_there_were_none() -> None:
    (comm,) = sx.thread_collectives(1)

    assert (
        sx.deref(sx.train(sx.atom(NET), blobs(23), 2, reduce=comm)).params
        == sx.deref(sx.train(sx.atom(NET), blobs(23), 2)).params
    )
