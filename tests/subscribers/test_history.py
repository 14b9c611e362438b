"""Time travel: what is kept, what it costs, and going back while training goes on."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.errors import OptionError
from synapse_rx.snapshot import Net, with_status
from synapse_rx.subscribers.packed import Packed, own_bytes
from tests.nets import blobs, small_net, trained, without_times
from tests.subscribers.snapshots import begin, fresh, publish, with_epochs


def learnt(n: int = 6, capacity: int = 100, algorithm: str = "adam") -> tuple[sx.Atom[Net], sx.History]:
    """
    Return a network after ``n`` epochs and its history.
    """
    net = sx.atom(small_net(algorithm))
    history = sx.History(net, capacity=capacity)
    sx.deref(sx.train(net, blobs(), n))
    return net, history


def test_every_epoch_is_kept_as_it_was() -> None:
    seen: list[Net] = []
    net = sx.atom(small_net("adam"))
    net.add_watch("seen", lambda key, cell, old, new: seen.append(new))
    history = sx.History(net)
    sx.deref(sx.train(net, blobs(), 6))

    assert history.epochs() == (0, 1, 2, 3, 4, 5, 6)
    published = {new.training.stats.epochs: new for new in seen if new.training.stats.epochs}
    assert {epoch: history.at(epoch) for epoch in published} == published
    assert history.at(-1) == net.value
    assert history.at(-7).training.stats.epochs == 0


def test_older_snapshots_give_way() -> None:
    _, history = learnt(10, capacity=4)

    assert history.epochs() == (7, 8, 9, 10)
    with pytest.raises(OptionError, match=r"no snapshot after 3 epochs; kept: 7 to 10; a larger capacity="):
        history.at(3)


def test_an_edit_is_kept_too_and_a_status_is_not() -> None:
    net = fresh()
    history = sx.History(net)
    net.swap(sx.with_learning_rate, 0.7)
    net.swap(with_status, "training")
    net.swap(with_status, "paused")

    assert history.at(0).training.algorithm.learning_rate == 0.7
    assert history.undo().training.algorithm.learning_rate == 0.1
    with pytest.raises(OptionError, match="net 1 has 0 snapshots to undo, not 1"):
        history.undo()


def test_publications_within_an_epoch_are_not_kept_but_where_it_ended() -> None:
    net = sx.atom(small_net())
    history = sx.History(net)

    @net.add_watch("stop")
    def stop(key: Any, cell: sx.Atom[Net], old: Net, new: Net) -> None:
        if new.training.stats.epochs == 2 and new.training.state.position is not None:
            sx.stop_training(cell)

    sx.deref(sx.train(net, blobs(), 5, publish=sx.every(batches=1)))

    assert history.epochs() == (0, 1, 2)
    assert history.at(2).params == net.value.params
    assert history.at(2).training.state.position is not None
    assert history.undo().training.state.position is None


def test_undo_and_redo_go_to_and_fro() -> None:
    net, history = learnt(5)
    last = net.value

    assert history.undo().training.stats.epochs == 4
    assert history.undo(2).training.stats.epochs == 2
    assert history.redo(3).training.stats.epochs == 5
    assert net.value.params == last.params
    assert net.value.training.state == last.training.state
    with pytest.raises(OptionError, match="net 1 has 0 snapshots to redo, not 1"):
        history.redo()


def test_what_was_undone_is_an_event_and_the_status_stays() -> None:
    net, history = learnt(3)
    net.swap(with_status, "stopped")

    assert history.undo(2).training.status == "stopped"
    (event,) = net.value.training.stats.events
    assert (event.epoch, event.what, event.detail) == (1, "undo", "epoch 3 -> 1")


def test_learning_after_undo_takes_the_place_of_what_was_undone() -> None:
    net, history = learnt(5)
    history.undo(3)
    net.swap(sx.with_learning_rate, 0.02)
    sx.deref(sx.train(net, blobs(), 1))

    assert history.epochs() == (0, 1, 2, 3)
    assert history.at(3).training.algorithm.learning_rate == 0.02
    with pytest.raises(OptionError, match="to redo"):
        history.redo()


def test_undo_takes_a_training_under_way_back_and_it_goes_on_from_there() -> None:
    net = sx.atom(small_net("adam"))
    plain = trained(net.value, blobs(), 9)
    history = sx.History(net)
    undone = threading.Event()

    @net.add_watch("undo")
    def undo(key: Any, cell: sx.Atom[Net], old: Net, new: Net) -> None:
        if new.training.stats.epochs == 6 and not undone.is_set():
            undone.set()
            history.undo(4)

    run = sx.train(net, blobs(), 5)
    again = sx.train(net, blobs(), 4, if_running="queue")
    sx.deref(run)
    snapshot = sx.deref(again)

    assert undone.is_set()
    assert run.watch_errors == []
    # It replays: the same seed, the same data, the same place.
    known = without_times(plain).training.stats
    assert list(snapshot.training.stats.loss) == list(known.loss[: snapshot.training.stats.epochs])
    assert any(event.what == "state" for event in snapshot.training.stats.events)


def test_a_branch_replays_what_the_network_did() -> None:
    net, history = learnt(6)

    branch = history.branch(2)
    assert branch.value.training.status == "idle"
    assert branch.meta["name"] == "net 1 @ 2"
    replayed = sx.deref(sx.train(branch, blobs(), 4))

    assert replayed.params == net.value.params
    assert replayed.training.state == net.value.training.state
    assert net.value.training.stats.epochs == 6


def test_a_branch_goes_its_own_way() -> None:
    net, history = learnt(4)
    branch = history.branch(2, name="bold")
    branch.swap(sx.with_learning_rate, 0.5)
    history.attach(branch)
    sx.deref(sx.train(branch, blobs(), 2))

    assert branch.value.params != net.value.params
    assert history.epochs(branch) == (2, 3, 4)
    assert history.diff(net.value, branch.value, net).settings == {"learning_rate": "0.001 -> 0.5"}


def test_a_snapshot_put_back_by_hand_is_recognised() -> None:
    net, history = learnt(4)
    net.reset(history.at(2))

    assert history.redo().training.stats.epochs == 3


def test_the_difference_is_told_in_numbers_and_words() -> None:
    net, history = learnt(2)
    net.swap(sx.with_learning_rate, 0.5)
    sx.deref(sx.train(net, blobs(), 2))

    found = history.diff(2, 4)

    assert found.epochs == (2, 4)
    before, after = history.at(2), history.at(4)
    moved = after.params["0.W"].astype(float) - before.params["0.W"]
    assert found.params["0.W"][0] == pytest.approx(np.linalg.norm(moved))
    assert found.params["0.W"][1] == pytest.approx(
        np.linalg.norm(moved) / np.linalg.norm(before.params["0.W"])
    )
    assert found.errors["loss"] == (before.training.stats.loss[-1], after.training.stats.loss[-1])
    assert found.settings == {}  # the newest snapshot after two epochs has the new rate already
    assert history.diff(1, 4).settings == {"learning_rate": "0.001 -> 0.5"}
    assert "epoch 2 -> 4\nloss: " in repr(found)
    assert "0.W moved by" in repr(found)


def test_nothing_differs_between_a_snapshot_and_itself() -> None:
    _, history = learnt(2)

    found = history.diff(2, 2)

    assert {norm for norm, _ in found.params.values()} == {0.0}
    assert found.settings == {}
    assert found.events == ()


def test_each_network_has_its_own_history() -> None:
    nets = [fresh("a"), fresh("b")]
    history = sx.History(nets)
    for net, n in zip(nets, (2, 5), strict=True):
        begin(net)
        publish(net, n, "done")

    assert [history.epochs(net)[-1] for net in nets] == [2, 5]
    with pytest.raises(OptionError, match="say which one"):
        history.at(1)


def wide(frozen: bool) -> sx.Atom[Net]:
    """
    Return a network whose first layer holds nearly all of its parameters.
    """
    net = sx.mlp([3, 20_000, 2], ["tanh", "softmax"], sx.training("adam", seed=1))
    if frozen:
        net.swap(sx.freeze, 0)
    return net


def test_edits_cost_next_to_nothing() -> None:
    net = wide(frozen=False)
    history = sx.History(net, capacity=1000)
    first = history.nbytes()
    for n in range(200):
        net.swap(sx.with_learning_rate, 0.002 + n * 1e-6)

    assert len(history._tracks[net].memory.kept) == 201
    assert history.nbytes() == first


def test_memory_grows_by_what_changed_only() -> None:
    grown = {}
    for frozen in (False, True):
        net = wide(frozen)
        history = sx.History(net, capacity=1000)
        sx.deref(sx.train(net, blobs(), 2))
        before = history.nbytes()
        sx.deref(sx.train(net, blobs(), 10))
        grown[frozen] = (history.nbytes() - before) / 10

    net = wide(frozen=True).value
    learns = sum(values.nbytes for name, values in net.params.items() if name.startswith("1."))
    every = 3 * net.params.flat.nbytes  # parameters, and Adam's two moments of each
    assert every <= grown[False] < 1.01 * every
    assert 3 * learns <= grown[True] < 3 * learns + 2000
    assert grown[True] < 0.5 * grown[False]


def test_histories_of_statistics_are_shared() -> None:
    net = sx.mlp([3, 2], "softmax")
    history = sx.History(net, capacity=2000)
    begin(net)
    publish(net, 1000, "done")

    # Kept apart, a thousand histories of up to a thousand numbers would be 4 MB each.
    assert history.nbytes() < 1_000_000


def test_what_is_dropped_is_let_go() -> None:
    net = wide(frozen=True)
    history = sx.History(net, capacity=3)
    sx.deref(sx.train(net, blobs(), 20))

    assert history.nbytes() < 3 * 3.1 * net.value.params.flat.nbytes


@given(st.lists(st.sampled_from(["learn", "part", "edit", "momentum"]), max_size=8), st.integers(0, 3))
def test_what_is_packed_comes_back_equal(steps: list[str], seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = small_net("adam", seed=seed)
    net = trained(net, blobs(), 1)
    nets = [net]
    for step in steps:
        flat = net.params.flat.copy()
        if step == "learn":
            flat += rng.standard_normal(flat.shape).astype(flat.dtype)
        if step == "part":
            flat[:5] += 1
        if step in ("learn", "part"):
            net = evolve(net, params=net.params.with_flat(flat))
        elif step == "edit":
            net = sx.with_learning_rate(net, float(rng.random()) + 0.1)
        else:
            net = with_epochs(sx.with_algorithm(net, "backprop", momentum=0.5))
        nets.append(net)

    packed: list[Packed] = []
    for each in nets:
        packed.append(Packed(each, packed[-1] if packed else None))

    assert [one.unpack() for one in packed] == nets
    assert own_bytes(packed) <= own_bytes([Packed(each) for each in nets])


def test_packed_snapshots_share_what_is_equal() -> None:
    net = trained(small_net("adam"), blobs(), 1)
    flat = net.params.flat.copy()
    flat[-1] += 1
    changed = evolve(net, params=net.params.with_flat(flat))

    one = Packed(net)
    two = Packed(changed, one)
    three = Packed(evolve(changed, params=changed.params.with_flat(flat)), two)

    assert one.unpack() is net
    assert three.values["params"] is two.values["params"]
    assert [piece.size for piece in two.values["params"]] == [12, 4, 8, 2]
    assert two.unpack() == changed
    assert own_bytes([one, two, three]) == own_bytes([one]) + flat.nbytes


@pytest.mark.parametrize("capacity", [0, 1, True, 2.5, "all"])
def test_capacity_is_a_number_of_snapshots(capacity: Any) -> None:
    with pytest.raises(OptionError, match="capacity must be a whole number >= 2"):
        sx.History(capacity=capacity)


@pytest.mark.parametrize("steps", [0, -1, True, 1.0])
def test_steps_are_counted(steps: Any) -> None:
    _, history = learnt(2)

    with pytest.raises(OptionError, match="steps must be a whole number >= 1"):
        history.undo(steps)


def test_many_threads_may_travel_at_once() -> None:
    net, history = learnt(20)
    errors: list[BaseException] = []

    def travel() -> None:
        try:
            for _ in range(20):
                history.undo()
                history.redo()
        except OptionError:
            pass  # another thread was faster
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=travel) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert errors == []
    assert net.value.params == history.at(net.value.training.stats.epochs).params


def test_what_layers_keep_is_there_in_every_snapshot() -> None:
    net = sx.neural_net([sx.Input(3), sx.Dense(4), sx.BatchNorm(), sx.Dense(2, activation="softmax")])
    net.swap(sx.freeze, 0)  # so that snapshots are packed
    history = sx.History(net)
    seen: dict[int, Net] = {}
    net.add_watch("seen", lambda key, cell, old, new: seen.update({new.training.stats.epochs: new}))
    sx.deref(sx.train(net, blobs(), 4))

    assert [history.at(epoch).kept for epoch in range(1, 5)] == [seen[epoch].kept for epoch in range(1, 5)]
    assert len({history.at(epoch).kept for epoch in range(1, 5)}) == 4
    assert history.branch(2).value.kept == seen[2].kept
