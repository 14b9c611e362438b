"""What a fleet is made of, without any process."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.errors import FormatError
from synapse_rx.fleets import outbox
from synapse_rx.fleets.engine import Settings
from synapse_rx.fleets.host import Host
from synapse_rx.fleets.lines import add_line, continued, with_lines, without_lines
from synapse_rx.fleets.messages import unpack
from synapse_rx.fleets.roster import Roster
from synapse_rx.fleets.shared_folder import SharedFolder
from synapse_rx.snapshot import Event, Stats
from synapse_rx.snapshot.by_field import replaced
from tests.snapshot.tools import stats
from tests.trainer.tools import some_net


def with_stats(net: sx.Net, new: Stats) -> sx.Net:
    return replaced(net, {"training.stats": new, "version": net.version + 1})


@given(st.lists(st.floats(), max_size=4), st.booleans())
def test_epochs_travel_in_a_line(losses: list[float], validation: bool) -> None:
    old = stats(0.5, 0.25, validation=validation)
    new = stats(*losses, since=old, validation=validation)
    told = with_stats(some_net().value, old)
    numbers: list[float] = []

    for run in (3, 4):
        assert add_line(numbers, run, 7, 1.5, told, with_stats(told, new))
    lines, rest = without_lines(with_lines(numbers, b"{}"))
    first, second = lines

    assert (first.run, second.run, first.seen, first.at, first.version, rest) == (3, 4, 7, 1.5, 2, b"{}")
    assert continued(old, first) == continued(old, second) == new
    with pytest.raises(FormatError, match="others than were told"):
        continued(stats(0.5), first)


@pytest.mark.parametrize(
    "net",
    [
        lambda net: sx.with_learning_rate(net, 0.5),
        lambda net: with_stats(net, stats(0.5, 0.75, 0.1)),
        lambda net: with_stats(net, stats(0.1, since=stats(0.5, 0.25, validation=False))),
        lambda net: with_stats(net, evolve(net.training.stats, events=(Event(2, 0, "paused", ""),))),
    ],
)
def test_what_is_more_than_epochs_is_told_in_no_line(net: Any) -> None:
    told = with_stats(some_net().value, stats(0.5, 0.25))
    numbers: list[float] = []

    assert not add_line(numbers, 1, 0, 0.0, told, net(told))
    assert not numbers


@given(st.binary(max_size=200))
def test_damaged_lines_are_refused(rubbish: bytes) -> None:
    whole = with_lines([1.0, 0.0, 0.0, 1.0, 3.0, 1.0, 1.0, 4.0, 0.5, 0.1, 2.0, 7.0], b"")
    with pytest.raises(FormatError, match="damaged"):
        without_lines(whole[:-8])
    with contextlib.suppress(FormatError):
        for line in without_lines(b"line" + rubbish)[0]:
            continued(stats(0.5, 0.25), line)


def test_telling_takes_no_more_of_the_time_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BEAT", 0.0)
    news = outbox.Outbox(rate=1e9, checkpoint_seconds=1e9, share=1e-9)
    cell = some_net()
    told = outbox.Told(1, cell, cell.value, False, 0)
    news.enter(told)

    def learn(epochs: int) -> bytes:
        cell.swap(with_stats, stats(*[0.5] * epochs))
        news.note(told)
        return news.take(0)

    assert len(unpack(learn(1))[0]["events"]) == 1
    assert len(list(without_lines(learn(2))[0])) == 1  # what the first one took was not known yet
    assert unpack(learn(3))[0]["events"] == []

    news.hurry(told)  # unless somebody asked
    lines, _ = without_lines(news.take(0))
    assert [line.epochs for line in lines] == [1]


@given(st.binary(max_size=60))
def test_a_host_answers_rubbish_with_an_error(host: Host, rubbish: bytes) -> None:
    answer, _ = unpack(host.handle(rubbish))

    assert set(answer) == {"error"}


@pytest.fixture(scope="module")
def host() -> Host:
    return Host(Settings(rate=20, checkpoint_seconds=1, beat=1, threads=2).to_data())


@pytest.mark.skipif(os.name != "posix", reason="files in use cannot be removed there")
def test_what_an_owner_left_behind_is_removed_with_the_next_folder(tmp_path: Path) -> None:
    live, dead = SharedFolder(tmp_path), SharedFolder(tmp_path)
    Path(dead.path, "1.safetensors").touch()
    dead._owner.close()  # as the system does when a process is killed

    newest = SharedFolder(tmp_path)

    assert {str(path) for path in tmp_path.iterdir()} == {live.path, newest.path}
    for folder in (live, newest):
        folder.remove()
    assert not list(tmp_path.iterdir())


def test_runs_go_to_the_worker_with_the_fewest() -> None:
    roster: Roster[str, int] = Roster()

    assert roster.place(0) is None
    assert roster.join("a") == ([0], [])
    assert [roster.place(run) for run in range(3)] == ["a", "a", "a"]
    waiting, back = roster.join("b")
    assert (waiting, len(back)) == ([], 1)
    assert roster.place(back[0]) == "b"
    assert sorted(roster.leave("a") + roster.leave("b")) == [0, 1, 2]
    assert roster.place(0) is None
