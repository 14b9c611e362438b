"""
The models: workers that add up gradients, a driver that takes news, servers that tell readers.

Everything is simulated with a seed; nothing takes a second or a network.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from math import ceil, log2

import numpy as np
from attrs import frozen

from synapse_rx.typing import Array

PARAMETERS = 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10

BATCH = 512
"""Samples of a worker in a step."""

CACHED = 10e6
"""Bytes of a round beyond which memory is what is waited for; such rounds are not fitted."""

MESSAGE, HEAD = 450, 66
"""Bytes of an epoch's message, and of what carries it (Ethernet, IP, TCP)."""

JITTER = 0.05
"""The standard deviation of the logarithm of a step's compute time on one worker, where it is not known."""

HOP = 1.5e-3
"""Seconds from a publication to a server over Redis, in one network."""


@frozen
class Link:
    """
    What carries bytes between two machines.

    Args:
        latency: Seconds that a message takes however short.
        bandwidth: Bytes a second.
    """

    latency: float
    bandwidth: float

    def all_reduce(self, workers: int, size: float) -> float:
        """
        Return the seconds in which ``workers`` add up ``size`` bytes.
        """
        if workers == 1:
            return 0.0
        rounds = ceil(log2(workers))
        doubling = rounds * (self.latency + size / self.bandwidth)
        halving = 2 * rounds * self.latency + 2 * (1 - 1 / workers) * size / self.bandwidth
        return min(doubling, halving)


LINKS = {
    "10 Gbit/s Ethernet": Link(30e-6, 1.1e9),
    "100 Gbit/s, RDMA": Link(3e-6, 11e9),
}
"""Between machines: not measured here, but what vendors and benchmarks of MPI commonly say."""


def fitted_link(rounds: Sequence[tuple[float, float]]) -> Link:
    """
    Return the latency and the bandwidth that explain measured rounds between two workers best, by relative error.

    Args:
        rounds: Bytes and seconds; those of more bytes than are `CACHED` are left out.
    """
    sizes, seconds = np.array([one for one in rounds if one[0] <= CACHED]).T
    # seconds = latency + size / bandwidth, each equation divided by its right side
    table_ = np.stack([1 / seconds, sizes / seconds], axis=1)
    (latency, each), *_ = np.linalg.lstsq(table_, np.ones(len(seconds)), rcond=None)
    return Link(max(float(latency), 0.0), 1 / float(each))


def fitted_driver(rates: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """
    Return the seconds that a batch and an event in it cost, from two measured rates of events.
    """
    (few, slow), (many, fast) = rates
    event = (many / fast - few / slow) / (many - few)
    return few / slow - few * event, event


def fitted_jitter(link: Link, measured: float, steps: int, sample: float) -> float:
    """
    Return how unequal steps are if two workers over ``link`` reach the efficiency measured, with a sum at each step.

    It is `JITTER` where the link alone takes as much as is lost, so that nothing is known.
    """
    low, high = 0.0, 1.0
    if efficiency(link, 2, 1, steps, sample, low) <= measured:
        return JITTER
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if efficiency(link, 2, 1, steps, sample, middle) > measured else (low, middle)
        )
    return low


def efficiency(
    link: Link, workers: int, every: int, steps: int, sample: float, jitter: float = JITTER, seed: int = 0
) -> float:
    """
    Return the work that workers do in a second, as a share of as many times that of one.

    Args:
        link: Between the workers.
        workers: How many.
        every: Steps between two sums.
        steps: Steps that are simulated.
        sample: Seconds in which one learns a sample.
        jitter: How unequal steps are.
        seed: Of the simulation.
    """
    rng = np.random.default_rng(seed)
    rounds = max(1, steps // every)
    alone = BATCH * sample
    worked = rng.lognormal(0.0, jitter, (rounds, every, workers)).sum(axis=1) * alone
    waited = worked.max(axis=1) + link.all_reduce(workers, 4.0 * PARAMETERS)
    return float(worked.mean() / waited.mean())


def news_delay(
    costs: tuple[float, float], workers: int, rate: float, runs: int, seconds: float = 20.0, seed: int = 0
) -> float:
    """
    Return the p99 delay, in seconds, of batches at one driver; infinity if it cannot take them all.

    Args:
        costs: Seconds of the driver for a batch, and for each event in it.
        workers: Processes that send batches.
        rate: Batches that each sends a second.
        runs: Events in a batch.
        seconds: How long it is simulated for.
        seed: Of the phases.
    """
    service = costs[0] + runs * costs[1]
    if workers * rate * service >= 1:
        return float("inf")
    rng = np.random.default_rng(seed)
    # A worker may be late by a little, and batches of different ones then come at once.
    times = rng.random((workers, 1)) + np.arange(int(seconds * rate))
    arrivals = np.sort((times + 0.1 * rng.standard_normal(times.shape)).ravel()) / rate
    return float(np.quantile(waits(arrivals, service), 0.99))


def fitted_telling(shares: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """
    Return the share of a core that a server takes without readers, and with each: least squares of relative errors.

    Args:
        shares: Readers and shares, measured at an epoch a second.
    """
    readers, cores = np.array(shares, float).T
    if len(shares) == 1:
        return 0.0, float(cores[0] / readers[0])
    (fixed, each), *_ = np.linalg.lstsq(np.stack([1 / cores, readers / cores], axis=1), np.ones(len(cores)))
    if fixed < 0:  # a server cannot take less than none
        return 0.0, float(np.mean(cores / readers))
    return float(fixed), float(each)


def waits(arrivals: Array, service: float) -> Array:
    """
    Return how long each has to wait, its own service included, where one is served after the other (Lindley, 1952).
    """
    number = np.arange(len(arrivals))
    # It begins when it has come and all before it are done: the largest of a running maximum.
    begins = np.maximum.accumulate(arrivals - number * service) + number * service
    return begins + service - arrivals


@frozen
class Told:
    """
    How readers are told.

    Attributes:
        p99: Seconds from a publication to its reader, of those that are told.
        core: The share of a core that a server takes.
        bits: A second that a server sends.
        told: Of sixty epochs, how many messages a reader gets; the others were conflated into these.
    """

    p99: float
    core: float
    bits: float
    told: int


def watching(
    telling: float,
    readers: int,
    servers: int,
    rate: float = 1.0,
    cable: float = 10e9,
    epochs: int = 60,
    seed: int = 0,
) -> Told:
    """
    Simulate servers that tell of epochs: publications reach each over the hop; it tells all its readers in a round.

    Args:
        telling: Seconds of a core that telling one reader takes.
        readers: How many, spread evenly.
        servers: How many of them.
        rate: Epochs a second.
        cable: Bits a second that a server can send.
        epochs: How many are published.
        seed: Of the delays of the hop.
    """
    rng = np.random.default_rng(seed)
    each = ceil(readers / servers)
    round_ = each * max(telling, 8 * (MESSAGE + HEAD) / cable)
    delays: list[Array] = []
    free, told = 0.0, 0
    # Few servers are enough to know all: they do the same, but for the hop.
    for _ in range(min(servers, 5)):
        events = [(epoch / rate + (servers > 1) * rng.exponential(HOP), epoch) for epoch in range(epochs)]
        heapq.heapify(events)
        free, began = 0.0, []
        while events:
            time, epoch = heapq.heappop(events)
            start = max(time, free)
            while events and events[0][0] <= start:  # conflated: the newest is told
                time, epoch = heapq.heappop(events)
            free = start + round_
            began.append(start - epoch / rate)
        delays += [wait + round_ * np.linspace(0, 1, 200) for wait in began]
        told = len(began)
    share = told * round_ / max(epochs / rate, free)
    return Told(
        p99=float(np.quantile(np.concatenate(delays), 0.99)),
        core=share * telling * each / round_,
        bits=8 * (MESSAGE + HEAD) * each * told / max(epochs / rate, free),
        told=told,
    )
