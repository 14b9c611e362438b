"""Many trainings at once, of which threads and an event loop ask everything at random."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import AlreadyTraining
from synapse_rx.trainer.lines import LINES
from synapse_rx.trainer.workers import WORKERS, Workers
from tests.trainer.tools import ENDLESS, LONG, let_go, some_data, some_net, xor, xor_net

pytestmark = pytest.mark.slow

NETS, ACTORS, WISHES = 40, 4, 300


class Crowd:
    """Networks, everything that can be asked of them, and all runs there ever were."""

    def __init__(self) -> None:
        self.nets = [some_net(seed=seed) for seed in range(NETS)]
        self.data = some_data()
        self.runs: list[sx.TrainingRun] = []
        self.errors: list[BaseException] = []

    def act(self, seed: int) -> None:
        """Ask this and that."""
        chance = random.Random(seed)
        wishes = [
            self.train,
            self.stop,
            self.cancel,
            self.pause,
            self.resume,
            self.edit,
            self.reset,
            self.wait,
        ]
        try:
            for _ in range(WISHES):
                chance.choice(wishes)(chance.choice(self.nets), chance)
        except BaseException as error:
            self.errors.append(error)

    def train(self, net: sx.Atom[Any], chance: random.Random) -> None:
        how = chance.choice(["raise", "queue", "replace"])
        try:
            self.runs.append(sx.train(net, self.data, chance.choice([1, 3, ENDLESS]), if_running=how))
        except AlreadyTraining as error:
            assert how == "raise" and isinstance(error.run, sx.TrainingRun)

    def stop(self, net: sx.Atom[Any], chance: random.Random) -> None:
        sx.stop_training(net)

    def cancel(self, net: sx.Atom[Any], chance: random.Random) -> None:
        turn = LINES.first(net)
        if turn is not None:
            turn.run.cancel()

    def pause(self, net: sx.Atom[Any], chance: random.Random) -> None:
        sx.pause_training(net)

    def resume(self, net: sx.Atom[Any], chance: random.Random) -> None:
        sx.resume_training(net)

    def edit(self, net: sx.Atom[Any], chance: random.Random) -> None:
        net.swap(sx.with_algorithm, chance.choice(["adam", "rmsprop", "backprop"]))

    def reset(self, net: sx.Atom[Any], chance: random.Random) -> None:
        net.reset(chance.choice(self.nets).value)

    def wait(self, net: sx.Atom[Any], chance: random.Random) -> None:
        if self.runs:
            chance.choice(self.runs).wait(0.001)

    async def live(self, seed: int) -> None:
        """Await trainings, most of which are given no time."""
        chance = random.Random(seed)
        for _ in range(WISHES // 4):
            try:
                async with asyncio.timeout(chance.random() * 0.02):
                    executor = chance.choice(["thread", "inline"])
                    net, how = chance.choice(self.nets), chance.choice(["queue", "replace"])
                    self.runs.append(run := sx.train(net, self.data, 2, if_running=how, executor=executor))
                    await run
            except (TimeoutError, asyncio.CancelledError):  # the others cancel as well
                pass


def test_whatever_many_ask_of_many_trainings_all_come_to_an_end() -> None:
    crowd = Crowd()
    threads = [threading.Thread(target=crowd.act, args=(seed,)) for seed in range(ACTORS)]
    threads.append(threading.Thread(target=lambda: asyncio.run(crowd.live(99))))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
        assert not thread.is_alive()

    assert crowd.errors == []
    for turn in LINES.everyone():
        turn.run.stop()
    assert all(run.wait(LONG) for run in crowd.runs)
    assert LINES.everyone() == []
    ends = [None if run.cancelled() else run.exception() for run in crowd.runs]
    assert ends == [None] * len(crowd.runs)
    let_go()
    assert (WORKERS._threads, WORKERS._idle, len(WORKERS._jobs)) == (0, 0, 0)  # pyright: ignore
    assert not WORKERS.slots.crowded


def test_a_hundred_have_turns_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: Counter[Any] = Counter()
    take, lock, enough = Workers._take, threading.Lock(), threading.Event()  # pyright: ignore
    since: Counter[Any] | None = None

    def counted(self: Workers) -> Any:
        trainer = take(self)
        with lock:
            turns[trainer] += 1
            if since is not None and all(turns[one] - before >= 6 for one, before in since.items()):
                enough.set()
        return trainer

    monkeypatch.setattr(Workers, "_take", counted)
    nets = [xor_net(seed=seed) for seed in range(100)]
    runs = [sx.train(net, xor(), ENDLESS) for net in nets]
    with lock:
        since = Counter({turn.trainer: turns[turn.trainer] for turn in LINES.everyone()})
    assert enough.wait(LONG)
    with lock:
        had = [turns[trainer] - before for trainer, before in since.items()]
    for run in runs:
        run.stop()

    assert len(had) == 100
    assert max(had) <= 3 * min(had)
    assert all(run.wait(LONG) for run in runs)
