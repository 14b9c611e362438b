"""Checkpoints: the newest, the best, whatever the disk does, and going on from them as if nothing had been."""

from __future__ import annotations

import errno
import logging
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.io import checkpoints
from synapse_rx.io.checkpoints import numbered
from synapse_rx.snapshot import Net, with_status
from tests.nets import blobs, without_times
from tests.subscribers.snapshots import begin, fresh, with_epochs, with_stats


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run" / "one"


def epochs(folder: Path) -> list[int]:
    """
    Return after how many epochs the checkpoints in ``folder`` are, the oldest first.
    """
    return [sx.load_snapshot(path).training.stats.epochs for path in numbered(folder)]


def learn(net: sx.Atom[Net], n: int = 1, check: sx.Checkpoint | None = None) -> None:
    """
    Publish ``n`` epochs, waiting after each for what is written.
    """
    for _ in range(n):
        net.swap(with_epochs)
        if check is not None:
            assert check.flush()


def test_every_epoch_is_written_and_the_newest_are_kept(folder: Path) -> None:
    net = fresh()
    check = sx.Checkpoint(folder, keep=2).attach(net)
    begin(net)
    learn(net, 4, check)

    assert epochs(folder) == [3, 4]
    assert sx.load_snapshot(numbered(folder)[-1]) == evolve(
        net.value, training=evolve(net.value.training, status="stopped")
    )


def test_all_are_kept_if_asked_for(folder: Path) -> None:
    net = fresh()
    check = sx.Checkpoint(folder, keep=None).attach(net)
    begin(net)
    learn(net, 5, check)

    assert epochs(folder) == [1, 2, 3, 4, 5]


def test_every_so_many_epochs_and_the_last(folder: Path) -> None:
    net = fresh()
    check = sx.Checkpoint(folder, every=3, keep=None).attach(net)
    begin(net)
    learn(net, 7, check)
    net.swap(with_status, "done")

    assert epochs(folder) == [3, 6, 7]


def test_every_so_many_batches(folder: Path) -> None:
    net = fresh()
    check = sx.Checkpoint(folder, every=sx.every(batches=20), keep=None).attach(net)
    begin(net)
    learn(net, 5, check)  # each of ten updates

    assert epochs(folder) == [2, 4]


def test_every_so_many_seconds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 0.5, 1.0, 1.0, 1.5, 2.5, 2.5])
    monkeypatch.setattr("synapse_rx.subscribers.checkpoint.monotonic", lambda: next(clock))
    net = fresh()
    check = sx.Checkpoint(folder, every=sx.every(seconds=1), keep=None).attach(net)
    begin(net)
    learn(net, 4, check)

    assert epochs(folder) == [2, 4]


def test_the_end_of_a_training_waits_for_the_disk(folder: Path) -> None:
    net = fresh()
    check = sx.Checkpoint(folder, keep=1).attach(net)
    begin(net)
    learn(net)
    net.swap(lambda net: with_status(with_epochs(net), "done"))

    assert check.error is None
    assert sx.resume(folder).value == net.value


def test_the_end_takes_the_place_of_the_same_moment(folder: Path) -> None:
    net = fresh()
    check = sx.Checkpoint(folder, keep=2).attach(net)
    begin(net)
    learn(net, 2, check)
    net.swap(with_status, "stopped")

    assert epochs(folder) == [1, 2]
    assert sx.resume(folder).value == net.value


def test_what_is_put_in_at_rest_is_written_too(folder: Path) -> None:
    net = fresh()
    sx.Checkpoint(folder).attach(net)
    begin(net)
    learn(net)
    net.swap(with_status, "done")
    net.swap(lambda net: evolve(net, params=net.params.with_flat(0 * net.params.flat)))

    assert sx.resume(folder).value == net.value
    assert epochs(folder) == [1]


def test_the_best_is_kept_beside_the_newest(folder: Path) -> None:
    net = fresh()
    check = sx.Checkpoint(folder, keep=1, best="validation:misclassification").attach(net)
    begin(net)
    for error in (0.5, 0.2, float("nan"), 0.4, 0.2):
        net.swap(
            with_stats,
            training={"misclassification": error},
            validation={"misclassification": error},
        )
        assert check.flush()

    assert epochs(folder) == [5]
    assert sx.load_snapshot(folder / "best.safetensors").training.stats.epochs == 2
    assert sx.resume(folder).value.training.stats.epochs == 5


def test_the_best_is_not_written_twice_where_it_is_the_newest(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = fresh()
    check = sx.Checkpoint(folder, keep=1, best="loss").attach(net)
    begin(net)
    net.swap(with_stats, training={"cross_entropy": 0.5}, validation={})
    assert check.flush()
    (first,), best = numbered(folder), folder / "best.safetensors"
    assert best.samefile(first)

    net.swap(with_stats, training={"cross_entropy": 0.7}, validation={})
    assert check.flush()
    assert epochs(folder) == [2] and sx.load_snapshot(best).training.stats.epochs == 1

    def no_links(*arguments: Any, **options: Any) -> None:
        raise OSError(errno.EPERM, "no second names here")

    monkeypatch.setattr(os, "link", no_links)
    net.swap(with_stats, training={"cross_entropy": 0.3}, validation={})
    assert check.flush()
    assert not best.samefile(numbered(folder)[-1])
    assert sx.load_snapshot(best) == sx.load_snapshot(numbered(folder)[-1])
    assert check.error is None


def test_the_best_of_an_earlier_process_counts(folder: Path) -> None:
    net = fresh()
    first = sx.Checkpoint(folder, best="loss").attach(net)
    begin(net)
    for loss in (0.5, 0.1, 0.3):
        net.swap(with_stats, training={"cross_entropy": loss}, validation={})
    first.close()

    again = sx.resume(folder)
    second = sx.Checkpoint(folder, best="loss").attach(again)
    begin(again)
    again.swap(with_stats, training={"cross_entropy": 0.2}, validation={})
    assert second.flush()
    assert sx.load_snapshot(folder / "best.safetensors").training.stats.epochs == 2

    again.swap(with_stats, training={"cross_entropy": 0.05}, validation={})
    assert second.flush()
    assert sx.load_snapshot(folder / "best.safetensors").training.stats.epochs == 5


def test_the_newest_is_the_one_written_last_not_the_one_of_most_epochs(folder: Path) -> None:
    for n in (5, 2):
        net = fresh()
        check = sx.Checkpoint(folder, keep=4).attach(net)
        begin(net)
        learn(net, n, check)
        check.close()

    assert epochs(folder)[-2:] == [1, 2]
    assert sx.resume(folder).value.training.stats.epochs == 2


class Disk:
    """
    A disk that can be stopped, and that can fail.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.works = threading.Event()
        self.works.set()
        self.begun = threading.Event()
        self.full = False
        self.writer: threading.Thread | None = None
        self._write = checkpoints.write_snapshot
        monkeypatch.setattr(checkpoints, "write_snapshot", self.write)

    def write(self, net: Any, path: Any, **how: Any) -> None:
        self.writer = threading.current_thread()
        self.begun.set()
        assert self.works.wait(60)
        if self.full:
            raise OSError(errno.ENOSPC, "no space left on device")
        self._write(net, path, **how)


def test_a_slow_disk_holds_nobody_up_and_gets_the_newest(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    net = fresh()
    check = sx.Checkpoint(folder, keep=None).attach(net)
    begin(net)
    disk.works.clear()
    learn(net)
    assert disk.begun.wait(60)
    learn(net, 20)  # returns, though nothing is written
    assert not check.flush(0.0)
    disk.works.set()

    assert check.flush()
    assert epochs(folder) == [1, 21]
    assert disk.writer is not threading.current_thread()


def test_a_full_disk_is_reported_once_and_harms_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    disk = Disk(monkeypatch)
    net = fresh()
    check = sx.Checkpoint(folder, best="loss").attach(net)
    begin(net)
    learn(net, 1, check)
    disk.full = True
    with caplog.at_level(logging.ERROR, "synapse_rx"):
        learn(net, 3, check)

    assert net.value.training.stats.epochs == 4
    assert isinstance(check.error, OSError)
    assert len(caplog.records) == 1
    assert epochs(folder) == [1]

    disk.full = False
    net.swap(with_stats, training={"cross_entropy": 9.0}, validation={})
    assert check.flush()
    assert epochs(folder) == [1, 5]
    assert sx.load_snapshot(folder / "best.safetensors").training.stats.epochs == 4


def test_closing_writes_what_waits_and_lets_go(folder: Path) -> None:
    net = fresh()
    with sx.Checkpoint(folder).attach(net):
        begin(net)
        learn(net, 3)
    learn(net, 2)

    assert epochs(folder)[-1] == 3


def test_a_damaged_checkpoint_is_left_out(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    net = fresh()
    check = sx.Checkpoint(folder).attach(net)
    begin(net)
    learn(net, 2, check)
    newest = numbered(folder)[-1]
    newest.write_bytes(newest.read_bytes()[:-1])

    assert sx.resume(folder).value.training.stats.epochs == 1
    assert newest.name in caplog.text

    numbered(folder)[0].write_bytes(b"")
    with pytest.raises(sx.errors.FormatError, match=newest.name):
        sx.resume(folder)


def test_without_checkpoints_one_begins_afresh(folder: Path) -> None:
    net = fresh()

    with pytest.raises(FileNotFoundError, match="there is no checkpoint"):
        sx.resume(folder)
    assert sx.resume(folder, net) is net


def test_what_a_killed_process_left_behind_is_removed(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / ".000001-epoch-1.safetensors.abc.part").write_bytes(b"half")
    (folder / "notes.txt").write_text("mine")

    sx.Checkpoint(folder)

    assert os.listdir(folder) == ["notes.txt"]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda folder: sx.Checkpoint(folder, every=0), "every is a whole number of epochs"),
        (lambda folder: sx.Checkpoint(folder, every=True), "every is a whole number of epochs"),
        (lambda folder: sx.Checkpoint(folder, keep=0), "keep is a whole number of files"),
        (lambda folder: sx.Checkpoint(folder, best="error"), "monitor is 'loss'"),
        (lambda folder: sx.Checkpoint(folder).attach(3), "listens to the cell of a network"),
        (lambda folder: sx.Checkpoint(folder).attach(fresh(), fresh()), "are of one network"),
        (lambda folder: sx.Checkpoint(folder).attach(custom()), "custom_loss holds functions"),
    ],
)
def test_the_error_says_what_is_wrong(made: Any, said: str, folder: Path) -> None:
    with pytest.raises(sx.errors.OptionError, match=said):
        made(folder)


def custom() -> sx.Atom[Net]:
    return sx.mlp([3, 2], "linear", sx.training(loss=sx.CustomLoss(lambda y, t: y[:, 0], lambda y, t: y)))


def test_a_folder_that_cannot_be_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OSError):
        sx.Checkpoint(tmp_path / "file" / "run")


@pytest.mark.parametrize("publish", ["epoch", sx.every(batches=3)], ids=str)
def test_a_training_resumed_is_the_training(folder: Path, publish: Any) -> None:
    data = blobs(nvalid=4, shuffle="epoch")

    def make() -> sx.Atom[Net]:
        return sx.mlp([3, 8, 2], ["tanh", "softmax"], sx.training("adam", averaging=0.9, seed=3))

    whole = sx.train(make(), data, 6, publish=publish).result(60)
    net = make()
    stop = 3 if publish == "epoch" else 2

    def at(key: Any, cell: sx.Atom[Net], old: Net, new: Net) -> None:
        place = new.training.state.position
        if new.training.stats.epochs == stop and (publish == "epoch" or place is not None):
            sx.stop_training(cell)

    net.add_watch("stop", at)
    every: Any = 1 if publish == "epoch" else sx.every(batches=1)
    with sx.Checkpoint(folder, every).attach(net):
        sx.train(net, data, 6, publish=publish).result(60)

    again = sx.resume(folder)
    assert again.value == net.value
    left = 6 - again.value.training.stats.epochs
    end = sx.train(again, data, left, publish=publish).result(60)
    assert end.params == whole.params
    assert without_times(end).training.stats.loss == without_times(whole).training.stats.loss
    assert end.training.state.slots == whole.training.state.slots
    assert end.training.state.generator == whole.training.state.generator


def test_a_run_that_is_over_has_its_last_snapshot_on_the_disk(folder: Path) -> None:
    net = sx.mlp([3, 8, 2], ["tanh", "softmax"])
    check = sx.Checkpoint(folder, every=100, best="validation:misclassification").attach(net)

    sx.train(net, blobs(nvalid=4), 3).result(60)

    assert sx.resume(folder).value == net.value
    assert check.error is None
    check.close()
