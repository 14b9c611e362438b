"""Where a network stands, as plain data: what readers of the stream get."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ..described import brief
from ..snapshot import Net, Series, Stats
from ..subscribers.hyper_parameters import hyper_parameters
from ..typing import Data
from .controls import algorithms, controls
from .diagram import diagram
from .position import Mark
from .thinning import MOST, thinned

SCHEMA = 1
"""The version of the form of what is sent."""

MOST_EVENTS = 500
"""Events that are sent at once, the newest."""


def statement(net: Net, known: Mark, now: Mark, most: int = MOST) -> dict[str, Data]:
    """
    Return where a network stands and what is new since ``known``.

    Args:
        net: The snapshot.
        known: What the reader knows; of another line of history it knows nothing.
        now: What it will know.
        most: Points of a curve at most.
    """
    how, stats = net.training, net.training.stats
    fresh = known.line != now.line or known.epochs > now.epochs or known.events > now.events
    epochs, events = (0, 0) if fresh else (known.epochs, known.events)
    position = how.state.position
    said: dict[str, Data] = {
        "reset": fresh,
        "status": how.status,
        "epochs": stats.epochs,
        "steps": stats.steps,
        "version": net.version,
        "batch": None if position is None else position.batch,
        "curves": {name: _points(series, epochs, most) for name, series in curves(stats)},
        "events": [
            {"epoch": event.epoch, "batch": event.batch, "what": event.what, "detail": event.detail}
            for event in stats.events[events:][-MOST_EVENTS:]
        ],
    }
    if fresh or known.description != now.description:
        said["description"] = described(net)
    return said


def curves(stats: Stats) -> Iterator[tuple[str, Series]]:
    """Yield every history with its name: "loss", "validation misclassification", "learning_rate"."""
    yield "loss", stats.loss
    for part, histories in (("training", stats.training), ("validation", stats.validation)):
        for kind, series in histories.items():
            yield f"{part} {kind}", series
    for name in ("learning_rate", "seconds", "samples_per_second"):
        yield name, getattr(stats, name)


def described(net: Net) -> dict[str, Data]:
    """Return what does not change with every epoch: layers, algorithm, options, and what they can be set to."""
    how = net.training
    return {
        "arch": str(net.arch),
        "parameters": int(net.params.flat.size),
        "dtype": net.params.flat.dtype.name,
        "seed": how.seed,
        "labels": None if net.labels is None else len(net.labels),
        "algorithm": how.algorithm.kind,
        "algorithms": [*algorithms()],
        "loss": None if how.loss is None else str(how.loss),
        "controls": [*controls(how)],
        "settings": _settings(net),
        "diagram": diagram(net),
        "layers": list(_layers(net)),
        "weights": [entry.name for entry in net.params.layout.entries if len(entry.shape) >= 2],
    }


def _settings(net: Net) -> dict[str, Data]:
    """Return the hyper-parameters, as JSON can hold them."""
    return {
        name: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in hyper_parameters(net).items()
        if value != "()"  # no layer has a factor of its own
    }


def _layers(net: Net) -> Iterator[Data]:
    factors = {str(layer): factor for layer, factor in net.training.update.factors}
    shapes = getattr(net.arch, "shapes", ())
    for index, layer in enumerate(getattr(net.arch, "layers", ())):
        path = layer.place((index,))
        name = ".".join(map(str, path))
        entries = [entry for entry in net.params.layout.entries if entry.path[: len(path)] == path]
        yield {
            "path": name,
            "layer": brief(layer),
            "shape": _shown(shapes[index + 1]) if index + 1 < len(shapes) else "",
            "parameters": sum(math.prod(entry.shape) for entry in entries),
            "frozen": factors.get(name) == 0,
        }


def _shown(shape: Any) -> str:
    several = bool(shape) and isinstance(shape[0], tuple)
    return " and ".join(map(_shown, shape)) if several else " x ".join(map(str, shape))


def _points(series: Series, first: int, most: int) -> Data:
    epochs, values = thinned(series.array[first:], first, most)
    return {"epochs": [*epochs], "values": [*values]}
