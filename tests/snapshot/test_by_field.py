"""Snapshots field by field: what travels, and what comes back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.errors import FormatError
from synapse_rx.files.strict_json import dumps, loads
from synapse_rx.snapshot import Event, Stats
from synapse_rx.snapshot.by_field import ALL, assembled, changed, fields_from_data, fields_to_data, replaced
from synapse_rx.snapshot.stats_by_epoch import stats_from_data, stats_to_data
from tests.snapshot.tools import stats
from tests.trainer.tools import some_data, some_net


def travelled(new: Stats, told: Stats | None) -> tuple[Any, Stats]:
    arrays: dict[str, np.ndarray] = {}
    data = loads(dumps(stats_to_data(new, told, arrays, "stats")))
    return data, stats_from_data(data, told, arrays, "stats")


def test_a_network_comes_back_from_its_fields() -> None:
    net = some_net("adam", averaging=0.9)
    sx.deref(sx.train(net, some_data(), 2))
    arrays: dict[str, np.ndarray] = {}

    data = loads(dumps(fields_to_data(net.value, ALL, arrays)))
    back = assembled(fields_from_data(data, arrays, None))

    assert back == net.value
    assert not arrays
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
