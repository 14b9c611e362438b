"""What a fleet is made of, without any process."""

from __future__ import annotations

import contextlib
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.errors import FormatError
from synapse_rx.fleets import outbox
from synapse_rx.fleets.engine import Settings
from synapse_rx.fleets.fields import ALL, assembled, changed, fields_from_data, fields_to_data, replaced
from synapse_rx.fleets.histories import stats_from_data, stats_to_data
from synapse_rx.fleets.host import Host
from synapse_rx.fleets.lines import add_line, continued, with_lines, without_lines
from synapse_rx.fleets.messages import pack, unpack
from synapse_rx.fleets.roster import Roster
from synapse_rx.fleets.shared_folder import SharedFolder
from synapse_rx.snapshot import Event, Stats
from tests.trainer.tools import some_data, some_net


def stats(*losses: float, since: Stats | None = None, validation: bool = True) -> Stats:
    found = since or Stats()
    for loss in losses:
        found = found.with_epoch(
            steps=found.steps + 3,
            loss=loss,
            training={"misclassification": loss / 2},
            validation={"misclassification": loss} if validation else {},
            seconds=0.1 + loss,
            samples=7,
        )
    return found


def travelled(new: Stats, told: Stats | None) -> tuple[Any, Stats]:
    arrays: dict[str, np.ndarray] = {}
    message = pack({"stats": stats_to_data(new, told, arrays, "stats")}, arrays)
    data, got = unpack(message)
    return data["stats"], stats_from_data(data["stats"], told, dict(got), "stats")


def test_a_network_comes_back_from_its_fields() -> None:
    net = some_net("adam", averaging=0.9)
    sx.deref(sx.train(net, some_data(), 2))
    arrays: dict[str, np.ndarray] = {}

    data, got = unpack(pack({"fields": fields_to_data(net.value, ALL, arrays)}, arrays))
    back = assembled(fields_from_data(data["fields"], got, None))

    assert back == net.value
    assert not got
    assert not back.params.flat.flags.writeable


def test_only_what_is_new_of_a_history_travels() -> None:
    old = stats(0.5, 0.25)
    new = evolve(stats(math.nan, 0.125, since=old), events=(Event(2, 0, "paused", "was training"),))

    data, back = travelled(new, old)

    assert back == new
    assert (data["since"], data["epochs"], data["loss"]) == (2, 2, ["nan", 0.125])


@pytest.mark.parametrize(
    "told", [stats(0.5, 0.75), stats(0.5, 0.25, 0.1, 0.2), stats(0.5, 0.25, validation=False)]
)
def test_another_history_travels_as_a_whole(told: Stats) -> None:
    new = stats(0.5, 0.25, 0.125)

    data, back = travelled(new, told)

    assert list(data) == ["all"]
    assert back == new


def test_what_goes_on_from_something_else_is_refused() -> None:
    data = stats_to_data(stats(0.5, 0.25), stats(0.5), {}, "stats")

    with pytest.raises(FormatError, match="others than were told"):
        stats_from_data(data, Stats(), {}, "stats")


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


def test_changes_are_told_by_field() -> None:
    net = some_net().value

    assert changed(net, sx.with_learning_rate(net, 0.5)) == ["training.algorithm"]
    assert changed(net, replaced(net, {"version": 7})) == ["version"]
    assert changed(net, sx.with_learning_rate(net, net.training.algorithm.learning_rate)) == []


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
