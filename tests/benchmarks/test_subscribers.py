"""The benchmarks of subscribers and of the dashboard measure what they say."""

from __future__ import annotations

from inspect import isabstract
from pathlib import Path

import pytest

import synapse_rx.subscribers as package
from benchmarks.contestants.stream_readers import main as read
from benchmarks.dashboard import Reader, _publish, _small
from benchmarks.subscribers import Cost, makes, measure, samples
from synapse_rx import Subscriber, dashboard

for name in ("starlette", "uvicorn", "rich", "matplotlib", "tensorboardX", "prometheus_client"):
    pytest.importorskip(name, reason=f"{name} is not installed")


def test_every_subscriber_is_measured() -> None:
    found = [getattr(package, name) for name in dir(package)]
    kinds = {one.__name__ for one in found if isinstance(one, type) and issubclass(one, Subscriber)}
    abstract = {one.__name__ for one in found if isinstance(one, type) and isabstract(one)}

    assert {*makes(samples(quick=True)[1])} == (kinds - abstract) | {"dashboard"}


def test_what_they_cost_is_measured_for_each_round(tmp_path: Path) -> None:
    data, tests = samples(quick=True)
    kinds = makes(tests)

    costs = measure(data, 1, 2, {"two": [kinds["CSVLog"], kinds["EarlyStopping"]]}, tmp_path)

    assert {name: len(cost.wall) for name, cost in costs.items()} == {"alone": 2, "two": 2}
    two = costs["two"]
    assert all(0 < watches < spent for watches, spent in zip(two.watches, two.training, strict=True))
    assert list(tmp_path.iterdir()) == []


def test_what_is_beside_training_is_what_watches_take_and_the_share_of_other_threads() -> None:
    cost = Cost(wall=[2.0], training=[1.1], watches=[0.1], others=[0.04], first=[0.0], last=[0.0])

    assert cost.beside == pytest.approx(0.1 + 0.02)


def test_messages_are_counted_for_all_readers() -> None:
    net = _small()
    with dashboard(net) as board:
        reader = Reader(board)
        _publish(net, 3)
        reader.wait(3)
        quiet = read(board.host, board.port, board.token, 3, 0.2)

    assert quiet["messages"] == 0
