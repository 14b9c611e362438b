"""What all subscribers have in common: being put on networks and taken off, and doing no harm."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx import subscribers
from synapse_rx.errors import OptionError, WatchError
from synapse_rx.snapshot import Net
from synapse_rx.subscribers import worker
from synapse_rx.subscribers.base import Track
from tests.nets import blobs, small_net
from tests.subscribers.snapshots import begin, fresh, publish
from tests.trainer.tools import Hold

Make = Callable[[Path], sx.Subscriber]

WITHOUT_EXTRAS: dict[str, Make] = {
    "BestSoFar": lambda folder: sx.BestSoFar(),
    "CSVLog": lambda folder: sx.CSVLog(folder / "log.csv"),
    "EarlyStopping": lambda folder: sx.EarlyStopping(patience=1000),
    "History": lambda folder: sx.History(),
    "JSONLinesLog": lambda folder: sx.JSONLinesLog(folder / "log.jsonl"),
    "Logger": lambda folder: sx.Logger(),
    "Notify": lambda folder: sx.Notify("end", lambda net, snapshot: None),
    "Schedule": lambda folder: sx.Schedule(learning_rate=[(2, 0.2), (3, 0.1)]),
    "WeightImages": lambda folder: sx.WeightImages(folder),
}
WITH_EXTRAS: dict[str, tuple[str, Make]] = {
    "Plot": ("matplotlib", lambda folder: sx.Plot(folder / "curves.png")),
    "Prometheus": ("prometheus_client", lambda folder: sx.Prometheus()),
    "TensorBoard": ("tensorboardX", lambda folder: sx.TensorBoard(folder)),
}
EVERY = sorted([*WITHOUT_EXTRAS, *WITH_EXTRAS])


@pytest.fixture
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], sx.Subscriber]]:
    """
    Make the subscriber that is called so; all are closed at the end.
    """
    name = request.param
    extra, maker = WITH_EXTRAS.get(name, (None, WITHOUT_EXTRAS.get(name)))
    if extra is not None:
        pytest.importorskip(extra)
    assert maker is not None
    made: list[sx.Subscriber] = []

    def one() -> sx.Subscriber:
        made.append(maker(tmp_path))
        return made[-1]

    yield one
    for subscriber in made:
        subscriber.close()


def test_every_subscriber_is_tested_here() -> None:
    elsewhere = {"Subscriber", "Follower", "Progress", "Checkpoint"}
    exported = {
        name
        for name, value in vars(subscribers).items()
        if isinstance(value, type) and issubclass(value, sx.Subscriber)
    }

    assert exported - elsewhere == set(EVERY)


@pytest.mark.parametrize("make", EVERY, indirect=True)
def test_it_is_attached_before_training(make: Callable[[], sx.Subscriber]) -> None:
    net = sx.atom(small_net())

    with make().attach(net) as subscriber:
        run = sx.train(net, blobs(), 4)
        snapshot = sx.deref(run)
        assert subscriber.nets == (net,)

    assert snapshot.training.stats.epochs == 4
    assert run.watch_errors == []
    assert getattr(subscriber, "error", None) is None
    assert subscriber.nets == ()
    assert not net.watches


@pytest.mark.parametrize("make", EVERY, indirect=True)
def test_it_is_attached_and_detached_during_training(make: Callable[[], sx.Subscriber]) -> None:
    net = sx.atom(small_net())
    subscriber = make()
    run = sx.train(net, blobs(), 300)

    for _ in range(3):
        subscriber.attach(run)
        subscriber.detach(net)
    subscriber.attach(run)
    snapshot = sx.deref(run)
    subscriber.close()

    assert snapshot.training.stats.epochs == 300
    assert run.watch_errors == []
    assert getattr(subscriber, "error", None) is None


@pytest.mark.parametrize("make", EVERY, indirect=True)
def test_it_is_attached_after_training(make: Callable[[], sx.Subscriber]) -> None:
    net = sx.atom(small_net())
    sx.deref(sx.train(net, blobs(), 4))

    subscriber = make().attach(net)
    subscriber.close()

    assert getattr(subscriber, "error", None) is None


@pytest.mark.parametrize("make", EVERY, indirect=True)
def test_it_is_attached_to_many_and_used_again(make: Callable[[], sx.Subscriber]) -> None:
    nets = [sx.atom(small_net(seed=seed)) for seed in range(3)]
    subscriber = make()

    for _ in range(2):
        with subscriber.attach(nets[0], nets[1:]):
            assert subscriber.nets == tuple(nets)
            runs = [sx.train(net, blobs(), 3) for net in nets]
            assert [sx.deref(run).training.status for run in runs] == ["done"] * 3

    assert [net.value.training.stats.epochs for net in nets] == [6] * 3
    assert getattr(subscriber, "error", None) is None


@pytest.mark.parametrize("make", EVERY, indirect=True)
@pytest.mark.parametrize("given", [None, 3, "net", sx.atom(3), small_net(), [small_net()]])
def test_only_networks_can_be_listened_to(make: Callable[[], sx.Subscriber], given: Any) -> None:
    subscriber, net = make(), fresh()

    with pytest.raises(OptionError, match=f"{type(subscriber).__name__} listens to the cell of a network"):
        subscriber.attach(net, given)

    assert subscriber.nets == ()
    assert not net.watches


class Counting(sx.Subscriber):
    """Counts changes; raises at one of them."""

    def __init__(self, *nets: Any, fails_at: int = -1) -> None:
        self.changes: list[tuple[Net, Net]] = []
        self.begun: list[Net] = []
        self.ended: list[str] = []
        self.fails_at = fails_at
        super().__init__(*nets)

    def _begun(self, track: Track, net: Net) -> None:
        self.begun.append(net)

    def _changed(self, track: Track, old: Net, new: Net) -> None:
        self.changes.append((old, new))
        if len(self.changes) == self.fails_at:
            raise RuntimeError("I am broken")

    def _ended(self, track: Track) -> None:
        self.ended.append(track.name)


def test_every_change_is_told_in_order() -> None:
    net = fresh()
    counting = Counting(net)
    begin(net)
    publish(net, 3)

    assert counting.begun == [counting.changes[0][0]]
    assert all(
        before[1] is after[0] for before, after in zip(counting.changes, counting.changes[1:], strict=False)
    )
    assert len(counting.changes) == 4


def test_one_that_is_attached_twice_is_told_once() -> None:
    net = fresh()
    counting = Counting(net, [net]).attach(net)
    begin(net)

    assert len(counting.begun) == len(counting.changes) == 1


def test_detaching_what_is_not_attached_is_fine() -> None:
    counting = Counting().detach().detach(fresh())

    assert counting.ended == []


def test_what_is_known_can_be_asked_for_until_it_is_attached_again() -> None:
    one, other = fresh(), fresh()
    with sx.BestSoFar().attach(one) as best:
        publish(one, 3)

    assert best.epoch() == best.epoch(one) == 3

    best.attach(other)
    with pytest.raises(OptionError, match="not attached to Atom; attach it first"):
        best.epoch(one)


def test_networks_are_called_by_their_names_or_numbers() -> None:
    counting = Counting(fresh("small"), fresh())
    counting.close()

    assert counting.ended == ["small", "net 2"]


def test_one_that_raises_is_taken_off_told_of_once_and_silences_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    net = sx.atom(small_net())
    broken, sound = Counting(net, fails_at=3), Counting(net)

    with caplog.at_level(logging.ERROR, "synapse_rx"):
        run = sx.train(net, blobs(), 10)
        snapshot = sx.deref(run)

    assert snapshot.training.stats.epochs == 10
    assert [str(error) for error in run.watch_errors] == ["I am broken"]
    assert "Counting is off for net 1" in str(run.watch_errors[0].__notes__)
    assert len(caplog.records) == 1
    assert broken.nets == ()
    assert len(broken.changes) == 3
    assert len(sound.changes) > 10


def test_one_that_raises_stays_on_other_networks() -> None:
    one, other = fresh(), fresh()
    broken = Counting(one, other, fails_at=1)

    with pytest.raises(WatchError):
        begin(one)
    begin(other)

    assert broken.nets == (other,)
    assert len(broken.changes) == 2


def test_one_that_cannot_begin_is_not_attached() -> None:
    class Unwilling(Counting):
        def _begun(self, track: Track, net: Net) -> None:
            raise OptionError("not this one")

    net = fresh()
    with pytest.raises(OptionError, match="not this one"):
        Unwilling(net)

    assert not net.watches


def test_it_can_detach_itself_when_told() -> None:
    class Shy(Counting):
        def _changed(self, track: Track, old: Net, new: Net) -> None:
            super()._changed(track, old, new)
            self.detach(track.cell)

    net = fresh()
    shy = Shy(net)
    begin(net)
    publish(net, 3)

    assert len(shy.changes) == 1


def test_changes_that_are_told_while_it_is_attached_wait_for_its_beginning() -> None:
    reached, go_on = threading.Event(), threading.Event()
    order: list[str] = []

    class Slow(Counting):
        def _begun(self, track: Track, net: Net) -> None:
            reached.set()
            go_on.wait(100)
            order.append("begun")

        def _changed(self, track: Track, old: Net, new: Net) -> None:
            order.append("changed")

    net = fresh()
    attaching = threading.Thread(target=Slow, args=(net,))
    attaching.start()
    assert reached.wait(100)
    telling = threading.Thread(target=begin, args=(net,))
    telling.start()
    go_on.set()
    attaching.join(100)
    telling.join(100)

    assert order == ["begun", "changed"]


def test_it_goes_away_with_its_network() -> None:
    net = fresh()
    gone = weakref.ref(Counting(net))
    assert gone() is not None

    del net
    gc.collect()

    assert gone() is None


async def test_it_listens_to_runs_on_an_event_loop() -> None:
    net = sx.atom(small_net())
    hold = Hold(net)
    run = sx.train(net, blobs(), 200)

    with Counting(run) as counting:
        hold.release()
        await asyncio.wait_for(run, 60)

    assert counting.changes[-1][1].training.status == "done"


@pytest.mark.slow
def test_coming_and_going_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.0)
    nets = [fresh(), fresh()]
    others = set(threading.enumerate())  # such as the loop that trainings without one share

    def cycle(n: int) -> None:
        for name, maker in WITHOUT_EXTRAS.items():
            with maker(tmp_path / str(n % 3)) if name != "WeightImages" else maker(tmp_path) as one:
                one.attach(nets)
                publish(nets[0], 1)

    def left() -> tuple[int, int, int]:
        gc.collect()
        threads = [thread for thread in threading.enumerate() if thread not in others]
        for thread in threads:
            thread.join(100)
        alive = [thread for thread in threads if thread.is_alive()]
        files = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
        return len(alive), files, sum(sx.Subscriber in type(thing).__mro__ for thing in gc.get_objects())

    cycle(0)
    before = left()
    for n in range(100):
        cycle(n)

    # Less is fine: what tests before this one left behind may go meanwhile.
    assert all(now <= then for now, then in zip(left(), before, strict=True))
    assert not any(net.watches for net in nets)
