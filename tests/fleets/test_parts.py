"""What a fleet is made of, without any process."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.errors import FormatError
from synapse_rx.fleets.fields import ALL, assembled, changed, fields_from_data, fields_to_data, replaced
from synapse_rx.fleets.histories import stats_from_data, stats_to_data
from synapse_rx.fleets.host import Host
from synapse_rx.fleets.messages import pack, unpack
from synapse_rx.fleets.roster import Roster
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
    return Host({"rate": 20, "checkpoint_seconds": 1, "beat": 1, "threads": 2, "imports": [], "share": 0.03, "folder": None})


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
