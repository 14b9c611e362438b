"""Small nets and data, and watches that hold a training where a test wants it."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

import synapse_rx as sx
from synapse_rx.trainer import loops

LONG = 60.0
"""Seconds that nothing here takes; whoever waits longer has found a bug."""

ENDLESS = 10**9
"""Epochs of a training that is to be ended from outside."""

Snapshot = Any

HOLDS: list[Hold] = []
"""Every `Hold` of the test; what a failed one did not release, its end does."""


def some_data(
    n: int = 150, batch: int = 16, nvalid: int = 30, seed: int = 3, **options: Any
) -> sx.TrainingSet:
    """Four classes that can be told apart by 64 numbers; the last batch is a ragged one."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n + nvalid, 64)).astype(np.float32)
    labels = np.argmax(x[:, :4] + 0.1 * rng.normal(size=(n + nvalid, 4)), axis=1)
    return sx.training_set(x, labels, batch=batch, nvalid=nvalid, **options)


def xor() -> sx.TrainingSet:
    """One batch an epoch: an epoch takes next to no time."""
    return sx.training_set([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])


def some_net(*args: Any, **options: Any) -> sx.Atom[Snapshot]:
    """A net for `some_data`; arguments as for `training`."""
    return sx.mlp(
        [64, 16, 4], ["sigmoid", "softmax"], sx.training(*args, **options) if args or options else "backprop"
    )


def diverging_net() -> sx.Atom[Snapshot]:
    """A net whose loss is not finite any more in its first epoch."""
    return sx.mlp([64, 16, 4], ["relu", "softmax"], sx.training("backprop", learning_rate=1e30))


def xor_net(**options: Any) -> sx.Atom[Snapshot]:
    """A net for `xor`."""
    return sx.mlp([2, 4, 2], ["sigmoid", "softmax"], sx.training("backprop", **options))


class Hold:
    """
    A watch that keeps the training's thread once ``when(snapshot)``, by default at the first epoch from now.

    Wait for ``reached`` (or `arrive`), look or do something, then `release`.
    """

    def __init__(self, net: sx.Atom[Snapshot], when: Callable[[Snapshot], bool] | None = None) -> None:
        now = epochs(net.value)
        self.net = net
        self.reached = threading.Event()
        self.thread: threading.Thread | None = None
        self._go_on = threading.Event()
        self._when = when or (lambda new: epochs(new) > now)
        net.add_watch(self, self._look)
        HOLDS.append(self)

    def _look(self, key: Any, net: sx.Atom[Snapshot], old: Snapshot, new: Snapshot) -> None:
        if not self.reached.is_set() and self._when(new):
            self.thread = threading.current_thread()
            self.reached.set()
            assert self._go_on.wait(LONG), "nobody released the training"

    def arrive(self) -> Hold:
        assert self.reached.wait(LONG), "the training never came here"
        return self

    async def arrives(self) -> Hold:
        return await asyncio.to_thread(self.arrive)

    def release(self) -> None:
        self._go_on.set()


class Told:
    """A watch that keeps every snapshot it was told."""

    def __init__(self, net: sx.Atom[Snapshot]) -> None:
        self.all: list[Snapshot] = []
        net.add_watch(self, lambda key, atom, old, new: self.all.append(new))

    @property
    def epochs(self) -> list[int]:
        """The counts of complete epochs, each change once."""
        return list(dict.fromkeys(epochs(net) for net in self.all))

    @property
    def statuses(self) -> list[str]:
        """The statuses, repetitions in a row once."""
        found = [net.training.status for net in self.all]
        return [status for i, status in enumerate(found) if i == 0 or found[i - 1] != status]


def epochs(net: Snapshot) -> int:
    return net.training.stats.epochs


def events(net: Snapshot) -> list[tuple[str, str]]:
    return [(event.what, event.detail) for event in net.training.stats.events]


def when(net: sx.Atom[Snapshot], condition: Callable[[Snapshot], bool]) -> threading.Event:
    """Give an event that is set as soon as the cell holds such a snapshot."""
    happened = threading.Event()

    def look(key: Any, atom: Any, old: Snapshot, new: Snapshot) -> None:
        if condition(new):
            happened.set()

    net.add_watch(happened, look)
    if condition(net.value):
        happened.set()
    return happened


def reach(net: sx.Atom[Snapshot], condition: Callable[[Snapshot], bool]) -> None:
    """Wait till the cell holds such a snapshot."""
    happened = when(net, condition)
    assert happened.wait(LONG), f"this never came: {net!r}"
    net.remove_watch(happened)


def some_epochs(net: sx.Atom[Snapshot], more: int = 2) -> None:
    """Wait till the training of ``net`` has gone on for some epochs."""
    wanted = epochs(net.value) + more
    reach(net, lambda new: epochs(new) >= wanted)


def let_go() -> None:
    """Wait till no thread holds anything of a training that is over, and collect what is left of it."""
    for thread in threading.enumerate():
        if thread.name == "synapse-rx-train":
            thread.join(LONG)
            assert not thread.is_alive(), "something is in training still"
    loops.settle_background(LONG)
    gc.collect()


def learnt(net: Snapshot) -> dict[str, Any]:
    """Everything that one seed decides: parameters, the algorithm's state, histories; no timings, no events."""
    how = net.training
    state = {f"slot {name}": digest(value) for name, value in how.state.slots.items()}
    histories = {
        f"{part} {kind}": digest(series)
        for part, kinds in (("training", how.stats.training), ("validation", how.stats.validation))
        for kind, series in kinds.items()
    }
    position = how.state.position
    return (
        {
            "params": digest(net.params.flat),
            "loss": digest(how.stats.loss),
            "epochs": how.stats.epochs,
            "steps": how.stats.steps,
            "generator": how.state.generator,
            "position": position
            and (position.batch, position.since, {k: digest(v) for k, v in position.sums.items()}),
        }
        | state
        | histories
    )


def digest(values: Any) -> str:
    array = np.ascontiguousarray(values)
    return f"{array.dtype}{array.shape} {hashlib.blake2b(array, digest_size=6).hexdigest()}"
