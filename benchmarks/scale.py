"""
On paper: a thousand workers and a million watchers, from what was measured with two workers and ten thousand watchers.

**Gradients.** Every worker computes its share of a step, then all add their gradients up. A step ends when the slowest
worker has come and the sum has gone round: recursive doubling for few bytes, Rabenseifner's algorithm for many,
whichever is quicker (Thakur, Rabenseifner & Gropp, 2005, section 4). Latency and bandwidth are fitted to measured
rounds.

**News.** Every worker process sends its statistics to one driver in a batch, so many times a second. The driver takes
one after the other; what a batch and what one of its events costs is fitted to measured rates.

**Watchers.** A server tells all its readers of an epoch, one after the other, and the next one when it is through; news
that come meanwhile are conflated. Beyond one server they reach the others over a hop.

All of it is simulated with a seed; nothing here takes a second or a network.
"""

from __future__ import annotations

import argparse
import heapq
from collections.abc import Sequence
from math import ceil, log2
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from synapse_rx.typing import Array

from .harness import peer, table

ROUNDS = {
    "shared memory": ((320e3, 0.08e-3), (8e6, 1.9e-3), (44e6, 26e-3)),
    "loopback TCP": ((320e3, 0.2e-3), (8e6, 4.3e-3), (44e6, 51e-3)),
    "gloo": ((320e3, 0.7e-3), (8e6, 9e-3), (44e6, 41e-3)),
}
"""Bytes and seconds of an all-reduce between two workers of one machine: Open MPI in place, the same over TCP, gloo."""

CACHED = 10e6
"""Bytes of a round beyond which memory is what is waited for; such rounds are not fitted."""

EVENTS = ((1, 2_250.0), (50, 53_000.0))
"""Events in a batch, and events a second that one driver took in from Ray."""

TELLING = 8e-6
"""Seconds of a processor that telling one reader takes: ``python -m benchmarks watchers``, 8 % of a core for 10 000."""

CONNECTING = 0.5e-3
"""Seconds of a processor that taking a reader takes, the first message included."""

HELD = 19 * 1024
"""Bytes that a server holds of a reader."""

SAMPLE = 34.6e-6
"""Seconds in which one core learns a sample of 784-512-512-10 by Adam (``python -m benchmarks mlp``)."""

PARAMETERS = 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10

MESSAGE, HEAD = 450, 66
"""Bytes of an epoch's message, and of what carries it (Ethernet, IP, TCP)."""

JITTER = 0.05
"""The standard deviation of the logarithm of a step's compute time on one worker."""

HOP = 1.5e-3
"""Seconds from a publication to a server over Redis, in one network."""

PICTURE = Path("docs/images/scale.svg")


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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--plot", type=Path, metavar="FILE", help=f"draw a picture, such as {PICTURE}")


def run(quick: bool = False, plot: Path | None = None) -> None:
    workers = (1, 2, 8, 32, 128, 1000)
    fitted = {name: fitted_link(rounds) for name, rounds in ROUNDS.items()}
    table(
        "Two workers of one machine, fitted",
        ["", "latency us", "GB/s", "44 MB: ms", "measured"],
        [
            [
                name,
                f"{1e6 * link.latency:.0f}",
                f"{link.bandwidth / 1e9:.1f}",
                f"{1e3 * link.all_reduce(2, ROUNDS[name][-1][0]):.0f}",
                f"{1e3 * ROUNDS[name][-1][1]:.0f}",
            ]
            for name, link in fitted.items()
        ],
    )
    steps = 50 if quick else 400
    gradients = {
        f"{name}, {_often(every)}": [efficiency(link, n, 512, every, steps) for n in workers]
        for name, link in LINKS.items()
        for every in (1, 50)
    }
    for every in (1, 50):
        here = efficiency(fitted["shared memory"], 2, 512, every, steps)
        gradients[f"one machine, shared memory, {_often(every)}"] = [1.0, here]
    table(
        "784-512-512-10, 512 samples a worker and step: efficiency by workers",
        ["", *map(str, workers)],
        [
            [name, *(f"{value:.0%}" for value in values), *[""] * (len(workers) - len(values))]
            for name, values in gradients.items()
        ],
    )
    rates = {
        f"{rate:g} Hz, {_runs(runs)} a worker": [news_delay(n, rate, runs) for n in workers[1:]]
        for rate, runs in ((20, 1), (20, 100), (2, 100))
    }
    table(
        "News of all runs at one driver: p99 delay in ms by workers",
        ["", *map(str, workers[1:])],
        [[name, *map(_delay, values)] for name, values in rates.items()],
    )
    crowds = (1_000, 10_000, 100_000, 1_000_000)
    servers = (1, 10, 100)
    told = {n: [watching(crowd, n) for crowd in crowds] for n in servers}
    table(
        "Readers of one run, an epoch a second: p99 delay in ms by readers",
        ["", *(f"{crowd:,}" for crowd in crowds)],
        [[_servers(n), *(_delay(one.p99) for one in found)] for n, found in told.items()],
    )
    table(
        "What a server of them needs, an epoch a second",
        ["", "of a core", "Mbit/s", "MiB", "epochs of 60", "s till all are back"],
        [
            [
                f"{crowd // n:,} readers each",
                f"{one.core:.0%}",
                f"{one.bits / 1e6:,.0f}",
                f"{crowd // n * HELD / 2**20:,.0f}",
                f"{one.told}",
                f"{crowd // n * CONNECTING:,.0f}",
            ]
            for crowd, n in ((10_000, 1), (1_000_000, 100), (1_000_000, 10), (1_000_000, 1))
            for one in [watching(crowd, n)]
        ],
    )
    if plot is not None and peer("matplotlib") is not None:
        draw(plot, steps)


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


def efficiency(
    link: Link, workers: int, batch: int, every: int, steps: int, jitter: float = JITTER, seed: int = 0
) -> float:
    """
    Return the work that workers do in a second, as a share of as many times that of one.

    Args:
        link: Between the workers.
        workers: How many.
        batch: Samples of each in a step.
        every: Steps between two sums.
        steps: Steps that are simulated.
        jitter: How unequal steps are.
        seed: Of the simulation.
    """
    rng = np.random.default_rng(seed)
    rounds = max(1, steps // every)
    alone = batch * SAMPLE
    worked = rng.lognormal(0.0, jitter, (rounds, every, workers)).sum(axis=1) * alone
    waited = worked.max(axis=1) + link.all_reduce(workers, 4 * PARAMETERS)
    return float(worked.mean() / waited.mean())


def news_delay(workers: int, rate: float, runs: int, seconds: float = 20.0, seed: int = 0) -> float:
    """
    Return the p99 delay, in seconds, of batches at one driver; infinity if it cannot take them all.

    Args:
        workers: Processes that send batches.
        rate: Batches that each sends a second.
        runs: Events in a batch.
        seconds: How long it is simulated for.
        seed: Of the phases.
    """
    batch, event = fitted_driver(EVENTS)
    service = batch + runs * event
    if workers * rate * service >= 1:
        return float("inf")
    rng = np.random.default_rng(seed)
    # A worker may be late by a little, and batches of different ones then come at once.
    times = rng.random((workers, 1)) + np.arange(int(seconds * rate))
    arrivals = np.sort((times + 0.1 * rng.standard_normal(times.shape)).ravel()) / rate
    return float(np.quantile(waits(arrivals, service), 0.99))


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
    readers: int, servers: int, rate: float = 1.0, cable: float = 10e9, epochs: int = 60, seed: int = 0
) -> Told:
    """
    Simulate servers that tell of epochs: publications reach each over the hop; it tells all its readers in a round.

    Args:
        readers: How many, spread evenly.
        servers: How many of them.
        rate: Epochs a second.
        cable: Bits a second that a server can send.
        epochs: How many are published.
        seed: Of the delays of the hop.
    """
    rng = np.random.default_rng(seed)
    each = ceil(readers / servers)
    round_ = each * max(TELLING, 8 * (MESSAGE + HEAD) / cable)
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
        core=share * TELLING * each / round_,
        bits=8 * (MESSAGE + HEAD) * each * told / max(epochs / rate, free),
        told=told,
    )


def draw(path: Path, steps: int) -> None:
    """
    Draw the three curves, and where they break.
    """
    import matplotlib
    from matplotlib.figure import Figure

    ours, others = "#c0542d", ("#8a9ba8", "#4f6d7a", "#d9a441")
    with matplotlib.rc_context({"svg.hashsalt": "scale", "font.size": 9}):
        figure = Figure(figsize=(8, 8.4), layout="constrained")
        axes: Any = figure.subplots(3, 1)
        workers = np.unique(np.logspace(0, 3, 25).astype(int))
        for (name, link), colour in zip(LINKS.items(), (ours, others[1]), strict=True):
            for every, style in ((1, "-"), (50, "--")):
                values = [efficiency(link, int(n), 512, every, steps) for n in workers]
                axes[0].plot(workers, values, style, color=colour, label=f"{name}, {_often(every)}")
        axes[0].set(
            xscale="log", ylim=(0, 1.05), ylabel="efficiency", xlabel="workers that share one network"
        )
        for (rate, runs), colour in zip(((20, 1), (20, 100), (2, 100)), (ours, *others), strict=False):
            values = np.array([news_delay(int(n), rate, runs) for n in workers])
            known = np.isfinite(values)
            label = f"{rate} Hz, {_runs(runs)} a worker"
            axes[1].plot(workers[known], 1e3 * values[known], color=colour, label=label)
            if not known.all():
                axes[1].axvline(workers[known][-1], color=colour, linestyle=":", linewidth=1)
        axes[1].set(xscale="log", yscale="log", ylabel="p99 delay, ms", xlabel="workers that tell one driver")
        crowds = np.logspace(3, 6, 25).astype(int)
        for servers, colour in zip((1, 10, 100), (ours, *others), strict=False):
            values = np.array([watching(int(n), servers).p99 for n in crowds])
            axes[2].plot(crowds, 1e3 * values, color=colour, label=_servers(servers))
        axes[2].axhline(1e3, color="black", linestyle=":", linewidth=1)
        axes[2].set(
            xscale="log", yscale="log", ylabel="p99 delay, ms", xlabel="readers of one run, an epoch a second"
        )
        for one in axes:
            one.grid(alpha=0.3)
            one.legend(fontsize=8)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None})


def _often(every: int) -> str:
    return "every step" if every == 1 else f"every {every} steps"


def _runs(runs: int) -> str:
    return "one run" if runs == 1 else f"{runs} runs"


def _servers(n: int) -> str:
    return "one server" if n == 1 else f"{n} servers"


def _delay(seconds: float) -> str:
    return (
        "-"
        if seconds == float("inf")
        else f"{1e3 * seconds:,.1f}"
        if seconds < 0.01
        else f"{1e3 * seconds:,.0f}"
    )
