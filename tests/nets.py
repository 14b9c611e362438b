"""Small networks and training sets, and training them on the spot: no thread, no event loop."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve

import synapse_rx as sx
from synapse_rx.backends import backend
from synapse_rx.network import NetworkLearner
from synapse_rx.snapshot import Net
from synapse_rx.trainer.on_device import OnDevice

SECONDS = 60.0  # more than any of these take, so that no test depends on a clock


def learner(net: Net, data: sx.TrainingSet, **options: Any) -> NetworkLearner:
    """
    Return a learner where trainings compute by default, at work in the context that belongs to it (`OnDevice`).
    """
    engine = backend()
    if not engine.remote:
        return NetworkLearner(net, data, engine, **options)
    with engine.active():
        made: Any = Entered(NetworkLearner(net, data, engine, **options), engine)
    return made


class Entered(OnDevice):
    """
    A learner on a device of which tests may ask everything.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(self._there, name)


def finish_epoch(learning: NetworkLearner, net: Net, batches: int | None = None) -> Net:
    """
    Learn to the end of the epoch, ``batches`` at a time, and return ``net`` with it merged in.
    """
    while not learning.learn(SECONDS, batches).epoch_done:
        continue
    return learning.merge(net)


def trained(net: Net, data: sx.TrainingSet, epochs: int = 1, **options: Any) -> Net:
    """
    Return ``net`` after some epochs.
    """
    learning = learner(net, data, **options)
    for _ in range(epochs):
        net = finish_epoch(learning, net)
    return net


def blobs(n: int = 23, *, features: int = 3, **options: Any) -> sx.TrainingSet:
    """
    Return n samples of two classes, "a" and "b", which overlap a little; by default in batches of 5.
    """
    rng = np.random.default_rng(7)
    labels = np.arange(n) % 2
    x = rng.standard_normal((n, features)) + 1.5 * labels[:, None]
    return sx.training_set(x, np.where(labels, "b", "a"), **{"batch": 5, "seed": 1, **options})


def small_net(algorithm: Any = "backprop", *, seed: int = 0, dtype: str = "float32", **options: Any) -> Net:
    """
    Return an untrained 3-4-2 network for `blobs`.
    """
    how = sx.training(algorithm, seed=seed, **options)
    return sx.mlp([3, 4, 2], ["tanh", "softmax"], how, dtype=dtype).value


def without_times(net: Net) -> Net:
    """
    Return ``net`` without the measured seconds, in which no two trainings are equal.
    """
    how = net.training
    stats = evolve(how.stats, seconds=sx.Series(), samples_per_second=sx.Series())
    position = how.state.position
    state = evolve(how.state, position=None if position is None else evolve(position, seconds=0.0))
    return evolve(net, training=evolve(how, stats=stats, state=state))
