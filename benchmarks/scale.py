"""
On paper: a thousand workers and a million watchers, from what was measured with two workers and ten thousand watchers.

**Gradients.** Every worker computes its share of a step, then all add their gradients up. A step ends when the slowest
worker has come and the sum has gone round: recursive doubling for few bytes, Rabenseifner's algorithm for many,
whichever is quicker (Thakur, Rabenseifner & Gropp, 2005, section 4). Latency and bandwidth are fitted to measured
rounds, and how unequal steps are to the measured efficiency of two workers.

**News.** Every worker process sends its statistics to one driver in a batch, so many times a second. The driver takes
one after the other; what a batch and what one of its events costs is fitted to measured rates.

**Watchers.** A server tells all its readers of an epoch, one after the other, and the next one when it is through; news
that come meanwhile are conflated. Beyond one server they reach the others over a hop. What telling one costs is fitted
to the shares of a core that servers took.

Measurements are those in docs/benchmarks, where ``parallel``, ``fleet`` and ``watchers`` leave them with ``--csv``; the
first ones where there is no file. What the models do not explain is printed beside them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from .harness import peer, table
from .plots import FOLDER
from .scaling.fitted import Models
from .scaling.measured import Measured, measured
from .scaling.model import LINKS, news_delay, watching
from .scaling.picture import draw, of_runs, of_servers, often

PICTURE = Path("docs/images/scale.svg")

WORKERS = (1, 2, 8, 32, 128, 1000)

CROWDS = (1_000, 10_000, 100_000, 1_000_000)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--plot", type=Path, metavar="FILE", help=f"draw a picture, such as {PICTURE}")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the measurements are")


def run(quick: bool = False, plot: Path | None = None, folder: Path = FOLDER) -> None:
    steps = 50 if quick else 400
    found = measured(folder)
    models = Models.of(found, steps)
    fits(models, found, steps)
    gradients(models, steps)
    news(models)
    watchers(models, found)
    if plot is not None and peer("matplotlib") is not None:
        draw(plot, models, steps)


def fits(models: Models, found: Measured, steps: int) -> None:
    """
    Print where the measurements are from, what was fitted to them, and what that leaves.
    """
    table("Measured by", ["", "file"], [[what, source] for what, source in found.sources.items()])
    rows = [
        [f"{name}: latency", f"{1e6 * link.latency:.0f}", "us"] for name, link in models.links.items()
    ] + [[f"{name}: bandwidth", f"{link.bandwidth / 1e9:.2f}", "GB/s"] for name, link in models.links.items()]
    rows += [
        ["a sample on one core", f"{1e6 * models.sample:.1f}", "us"],
        ["how unequal steps are", f"{models.jitter:.1%}", ""],
        ["a batch of news at the driver", f"{1e3 * models.costs[0]:.3f}", "ms"],
        ["an event in it", f"{1e6 * models.costs[1]:.1f}", "us"],
        ["a server without readers", f"{models.idle:.2%}", "of a core"],
        ["telling one reader", f"{1e6 * models.telling:.1f}", "us"],
        ["taking one reader", f"{1e3 * found.connecting:.2f}", "ms"],
        ["holding one reader", f"{found.held / 1024:.1f}", "KiB"],
    ]
    table("Fitted", ["", "value", "unit"], rows)
    table(
        "Measured, and what the models make of it",
        ["", "measured", "model", "unit", "too much by"],
        [
            [what, f"{value:.4g}", f"{told:.4g}", unit, f"{told / value - 1:.0%}"]
            for what, unit, value, told in models.residuals(found, steps)
        ],
    )


def gradients(models: Models, steps: int) -> None:
    """
    Print how much of their work workers lose.
    """
    values = {
        f"{name}, {often(every)}": [models.efficiency(link, n, every, steps) for n in WORKERS]
        for name, link in LINKS.items()
        for every in (1, 50)
    }
    for every in (1, 50):
        here = models.efficiency(models.links["shared memory"], 2, every, steps)
        values[f"one machine, shared memory, {often(every)}"] = [1.0, here]
    table(
        "784-512-512-10, 512 samples a worker and step: efficiency by workers",
        ["", *map(str, WORKERS)],
        [
            [name, *(f"{value:.0%}" for value in row), *[""] * (len(WORKERS) - len(row))]
            for name, row in values.items()
        ],
    )


def news(models: Models) -> None:
    """
    Print how late a driver hears of its runs.
    """
    rates = {
        f"{rate:g} Hz, {of_runs(runs)} a worker": [
            news_delay(models.costs, n, rate, runs) for n in WORKERS[1:]
        ]
        for rate, runs in ((20, 1), (20, 100), (2, 100))
    }
    table(
        "News of all runs at one driver: p99 delay in ms by workers",
        ["", *map(str, WORKERS[1:])],
        [[name, *map(_delay, values)] for name, values in rates.items()],
    )
    batch, event = models.costs
    table(
        "Workers that take all of the driver's core",
        ["", "workers", "runs"],
        [
            [f"{rate:g} Hz, {of_runs(runs)} a worker", f"{many:,.0f}", f"{runs * many:,.0f}"]
            for rate, runs in ((20, 1), (20, 100), (2, 100))
            for many in [1 / (rate * (batch + runs * event))]
        ],
    )


def watchers(models: Models, found: Measured) -> None:
    """
    Print how late readers hear of an epoch, and what servers need.
    """
    told = {n: [watching(models.telling, crowd, n) for crowd in CROWDS] for n in (1, 10, 100)}
    table(
        "Readers of one run, an epoch a second: p99 delay in ms by readers",
        ["", *(f"{crowd:,}" for crowd in CROWDS)],
        [[of_servers(n), *(_delay(one.p99) for one in row)] for n, row in told.items()],
    )
    table(
        "What a server of them needs, an epoch a second",
        ["", "of a core", "Mbit/s", "MiB", "epochs of 60", "s till all are back"],
        [
            [
                f"{crowd // n:,} readers each",
                f"{min(1.0, models.idle + one.core):.0%}",
                f"{one.bits / 1e6:,.0f}",
                f"{crowd // n * found.held / 2**20:,.0f}",
                f"{one.told}",
                f"{crowd // n * found.connecting:,.0f}",
            ]
            for crowd, n in ((10_000, 1), (1_000_000, 100), (1_000_000, 10), (1_000_000, 1))
            for one in [watching(models.telling, crowd, n)]
        ],
    )


def _delay(seconds: float) -> str:
    if seconds == float("inf"):
        return "-"
    return f"{1e3 * seconds:,.1f}" if seconds < 0.01 else f"{1e3 * seconds:,.0f}"
