"""What steers networks at home steers those of a fleet: the dashboard's routes, and members that learn from others."""

from __future__ import annotations

import asyncio

import pytest
from reactivex import operators as ops

import synapse_rx as sx
from tests.dashboards.conftest import Asker
from tests.fleets.tools import learnt, reached
from tests.trainer.tools import ENDLESS, LONG, epochs, some_data, some_net


def test_a_dashboard_steers_what_a_fleet_trains(fleet: sx.Fleet) -> None:
    nets = [some_net("adam", seed=seed) for seed in range(2)]
    history = sx.History(*nets)
    runs = [fleet.train(net, some_data(), ENDLESS, snapshots=True) for net in nets]
    with sx.dashboard(nets, history=history) as board, Asker(board) as ask:
        second = nets[1]
        learnt(second, 2)
        assert ask.command(1, command="options", options={"learning_rate": 0.0625}).status_code < 300
        assert ask.command(1, command="freeze", layer=0).status_code < 300
        runs[0].confirmed().result(LONG)
        there = runs[0].snapshot().result(LONG).training
        assert there.algorithm.learning_rate == 0.0625
        assert there.update.factors == ((0, 0.0),)

        assert ask.command(2, command="pause").status_code < 300
        assert ask.nets()[1]["status"] == "paused"
        runs[1].confirmed().result(LONG)
        held = runs[1].snapshot().result(LONG)
        back = history.epochs(second)[0]
        assert ask.command(2, command="rewind", epoch=back).status_code < 300
        assert ask.command(2, command="resume").status_code < 300
        learnt(second, epochs(held) + 2)

        for number in (1, 2):
            assert ask.command(number, command="stop").status_code < 300
        lasts = [run.result(LONG) for run in runs]
        assert [net["status"] for net in ask.nets()] == ["stopped", "stopped"]
    edited, rewound = ({event.what for event in last.training.stats.events} for last in lasts)
    assert {"learning_rate", "factors"} <= edited
    assert {"params", "state"} <= rewound


def test_members_take_over_what_others_have_learnt(fleet: sx.Fleet) -> None:
    rates = {"slow": 1e-7, "quick": 0.01}
    population = sx.population(
        {name: some_net("adam", learning_rate=rate) for name, rate in rates.items()}, train=fleet.train
    )
    copied: list[sx.Net] = []

    def look(news: sx.News) -> None:
        if not copied and epochs(population["quick"].value) >= 5:
            teacher = population["quick"].value
            copied.append(teacher)
            news.cell.swap(lambda net: sx.with_learning_rate(sx.with_learnt(net, teacher), 0.005))

    population.pipe(ops.filter(lambda news: news.name == "slow" and bool(news.epochs))).subscribe(look)
    run = population.train(some_data(), ENDLESS, snapshots=True)
    reached(population["slow"], lambda net: any(e.what == "params" for e in net.training.stats.events))
    slow = reached(population["slow"], lambda net: net.training.stats.learning_rate[-1:] == 0.005)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        run.result(LONG)

    assert slow.training.stats.loss[-1] < slow.training.stats.loss[0] / 2
