"""Ray and Dask do what `local` does."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import FleetError, OptionError
from synapse_rx.fleets.dask_engine import DaskWorker
from synapse_rx.fleets.ray_engine import RayWorker
from tests.fleets.tools import learnt, reached
from tests.trainer.tools import ENDLESS, epochs, some_data, some_net

LONG = 110.0
"""Engines of others take their time to begin on a machine that is busy."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def ray_fleet() -> Iterator[sx.Fleet]:
    """
    One worker, a small object store, and no disk behind it.
    """
    yield from opened(
        "ray", object_store=80 * 2**20, init={"_system_config": {"local_fs_capacity_threshold": 0.0001}}
    )


@pytest.fixture(scope="module")
def dask_fleet() -> Iterator[sx.Fleet]:
    yield from opened("dask")


def opened(engine: str, **options: Any) -> Iterator[sx.Fleet]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNAPSE_RX_FAST", "0")
        fleet = sx.fleet(engine, processes=1, checkpoint_seconds=0.02, heartbeat=30, **options)
        fleet.open().result(LONG)
        yield fleet
        fleet.close(cancel=True).result(LONG)


async def serves(fleet: sx.Fleet) -> None:
    net, other = some_net("adam"), some_net("adam")
    run = fleet.train(net, some_data(), ENDLESS)
    net.swap(sx.with_learning_rate, 0.0625)
    await run.confirmed()
    snapshot = await run.snapshot()
    assert snapshot.training.algorithm.learning_rate == 0.0625
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert net.value.training.status == "cancelled"

    away = await fleet.train(other, some_data(), 3)
    at_home = await sx.train(some_net("adam"), some_data(), 3)
    np.testing.assert_allclose(away.params.flat, at_home.params.flat, rtol=1e-4, atol=1e-6)


def survives(fleet: sx.Fleet, number: int, run: sx.RemoteRun) -> None:
    learnt(run.net, 1)
    os.kill(number, signal.SIGKILL)
    lost = reached(run.net, lambda net: any(e.what == "worker" for e in net.training.stats.events))
    learnt(run.net, epochs(lost) + 1)
    run.stop()
    last = run.result(LONG)

    assert len(run.losses) == 1
    assert last.training.stats.events[0].what == "worker"
    assert epochs(last) > epochs(lost)


def only_worker(fleet: sx.Fleet) -> Any:
    return fleet._placing.roster.workers[0]._worker


@pytest.mark.peer("ray")
async def test_ray_serves(ray_fleet: sx.Fleet) -> None:
    await serves(ray_fleet)


@pytest.mark.peer("ray")
def test_a_full_object_store_is_told_clearly(ray_fleet: sx.Fleet) -> None:
    many = np.zeros((100_000, 900), np.uint8)
    data = sx.training_set(many, np.arange(100_000) % 4, batch=1000)
    run = ray_fleet.train(sx.mlp([900, 4], ["softmax"]), data, 1)

    with pytest.raises(FleetError, match="object store is full"):
        run.result(LONG)
    assert epochs(ray_fleet.train(some_net(), some_data(), 1).result(LONG)) == 1


@pytest.mark.peer("ray")
def test_a_killed_actor_is_replaced(ray_fleet: sx.Fleet) -> None:
    worker = only_worker(ray_fleet)
    assert isinstance(worker, RayWorker)

    run = ray_fleet.train(some_net("adam"), some_data(), ENDLESS)
    survives(ray_fleet, worker.process_number(), run)


@pytest.mark.peer("ray")
def test_ray_listens_on_loopback_only(ray_fleet: sx.Fleet) -> None:
    import ray

    assert ray.nodes()[0]["NodeManagerAddress"] == "127.0.0.1"


@pytest.mark.peer("distributed")
async def test_dask_serves(dask_fleet: sx.Fleet) -> None:
    await serves(dask_fleet)


@pytest.mark.peer("distributed")
def test_a_killed_dask_worker_is_replaced(dask_fleet: sx.Fleet) -> None:
    worker = only_worker(dask_fleet)
    assert isinstance(worker, DaskWorker)
    assert "//127.0.0.1:" in worker.name

    run = dask_fleet.train(some_net("adam"), some_data(), ENDLESS)
    survives(dask_fleet, worker.process_number(), run)


def test_an_unknown_option_of_an_engine_is_refused() -> None:
    with pytest.raises(OptionError, match="object_stores"):
        sx.fleet("local", object_stores=7)
