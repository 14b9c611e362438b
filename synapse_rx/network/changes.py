"""What was edited between two snapshots, in words."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import fields

from ..algorithms import Algorithm
from ..described import Described
from ..learner import Edit
from ..snapshot import Net
from ..typing import Array


def changes(seen: Net, net: Net) -> tuple[Edit, ...]:
    """
    Return what a trainer must take over to go on from ``net`` where it had ``seen``.

    Parts are compared by identity first, so an unedited snapshot costs nothing. Hyper-parameters are named one by one;
    "algorithm" means another kind of algorithm.
    """
    was, now = seen.training, net.training
    edits: list[Edit] = []
    if net.arch is not seen.arch and net.arch != seen.arch:
        edits.append(("arch", f"{seen.arch} -> {net.arch}"))
    if not edits and net.kept is not seen.kept and _differ(seen.kept.flat, net.kept.flat):
        edits.append(("kept", "replaced"))  # a consequence, where what keeps it was replaced itself
    if net.params is not seen.params:
        before, after = seen.params.flat.dtype, net.params.flat.dtype
        edits.append(("params", "replaced") if before == after else ("dtype", f"{before} -> {after}"))
    if now.algorithm is not was.algorithm:
        edits += _algorithm(was.algorithm, now.algorithm)
    if now.loss is not was.loss and now.loss != was.loss:
        edits.append(("loss", f"{was.loss} -> {now.loss}"))
    if net.normalization != seen.normalization:
        edits.append(("normalization", f"{seen.normalization} -> {net.normalization}"))
    if now.update is not was.update:
        edits += _options(was.update, now.update)
    for name in ("recorded", "evaluation"):
        before, after = getattr(was, name), getattr(now, name)
        if before != after:
            edits.append((name, f"{before} -> {after}"))
    if now.state is not was.state or now.stats.epochs != was.stats.epochs:
        edits.append(("state", f"epoch {was.stats.epochs} -> {now.stats.epochs}"))
    return tuple(edits)


def _differ(before: Array, after: Array) -> bool:
    return not np.array_equal(before, after.astype(before.dtype), equal_nan=True)


def _algorithm(was: Algorithm, now: Algorithm) -> list[Edit]:
    if type(was) is not type(now):
        return [("algorithm", f"{was!r} -> {now!r}")]
    return _options(was, now)


def _options(was: Described, now: Described) -> list[Edit]:
    names = [option.name for option in fields(type(now))]
    pairs = [(name, getattr(was, name), getattr(now, name)) for name in names]
    return [(name, _told(name, before, after)) for name, before, after in pairs if before != after]


def _told(name: str, before: Any, after: Any) -> str:
    if name != "factors":
        return f"{before} -> {after}"
    was, now = dict(before), dict(after)
    changed = [layer for layer in {**was, **now} if was.get(layer, 1.0) != now.get(layer, 1.0)]
    return ", ".join(_factor(layer, was.get(layer, 1.0), now.get(layer, 1.0)) for layer in changed)


def _factor(layer: int | str, was: float, now: float) -> str:
    if now == 0:
        return f"layer {layer} is frozen"
    return f"layer {layer} learns again" if was == 0 and now == 1 else f"layer {layer}: {was:g} -> {now:g}"
