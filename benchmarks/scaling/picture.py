"""The picture: efficiency by workers, delays by workers and by readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .fitted import Models
from .model import LINKS, news_delay, watching


def draw(path: Path, models: Models, steps: int) -> None:
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
                values = [models.efficiency(link, int(n), every, steps) for n in workers]
                axes[0].plot(workers, values, style, color=colour, label=f"{name}, {often(every)}")
        axes[0].set(
            xscale="log", ylim=(0, 1.05), ylabel="efficiency", xlabel="workers that share one network"
        )
        for (rate, runs), colour in zip(((20, 1), (20, 100), (2, 100)), (ours, *others), strict=False):
            values = np.array([news_delay(models.costs, int(n), rate, runs) for n in workers])
            known = np.isfinite(values)
            label = f"{rate} Hz, {of_runs(runs)} a worker"
            axes[1].plot(workers[known], 1e3 * values[known], color=colour, label=label)
            if not known.all():
                axes[1].axvline(workers[known][-1], color=colour, linestyle=":", linewidth=1)
        axes[1].set(xscale="log", yscale="log", ylabel="p99 delay, ms", xlabel="workers that tell one driver")
        crowds = np.logspace(3, 6, 25).astype(int)
        for servers, colour in zip((1, 10, 100), (ours, *others), strict=False):
            values = np.array([watching(models.telling, int(n), servers).p99 for n in crowds])
            axes[2].plot(crowds, 1e3 * values, color=colour, label=of_servers(servers))
        axes[2].axhline(1e3, color="black", linestyle=":", linewidth=1)
        axes[2].set(
            xscale="log", yscale="log", ylabel="p99 delay, ms", xlabel="readers of one run, an epoch a second"
        )
        for one in axes:
            one.grid(alpha=0.3)
            one.legend(fontsize=8)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None})


def often(every: int) -> str:
    """
    Say how often there is a sum.
    """
    return "every step" if every == 1 else f"every {every} steps"


def of_runs(runs: int) -> str:
    """
    Say how many runs there are.
    """
    return "one run" if runs == 1 else f"{runs} runs"


def of_servers(n: int) -> str:
    """
    Say how many servers there are.
    """
    return "one server" if n == 1 else f"{n} servers"
