"""How a snapshot shows itself in a REPL and in a notebook."""

from __future__ import annotations

import html as escape
from typing import Any

import numpy as np

from ..typing import Array

_WIDTH, _HEIGHT = 320, 90
_COLORS = {"training": "#4c78a8", "validation": "#f58518"}
_MOST_EVENTS = 3
"""Live edits that are told, the newest."""


def text(net: Any) -> str:
    """Return one line: architecture, number of parameters, status, epochs and the errors worth a glance."""
    newest = "".join(f", {name} {value:.4g}" for name, value in _telling(net.training.stats).items())
    return (
        f"<Net {net.arch}, {net.params.flat.size:,} parameters, {net.training.algorithm.kind}, "
        f"{net.training.status}, {_progress(net)}{newest}>"
    )


def html(net: Any) -> str:
    """Return a small table, the newest statistics and an inline learning curve."""
    how, stats = net.training, net.training.stats
    rows = {
        "architecture": str(net.arch),
        "parameters": f"{net.params.flat.size:,} ({net.params.flat.dtype})",
        "training": f"{how.algorithm!r}" + ("" if how.loss is None else f", {how.loss.kind}"),
        "status": f"{how.status}, {_progress(net)}{_pace(stats)}",
    } | {name: f"{value:.4g}" for name, value in stats.last_errors().items()}
    if stats.events:
        rows["edits"] = "; ".join(
            f"epoch {event.epoch}: {event.what} {event.detail}".rstrip()
            for event in stats.events[-_MOST_EVENTS:]
        )
    cells = "".join(
        f"<tr><th style='text-align:left'>{escape.escape(name)}</th>"
        f"<td style='text-align:left'>{escape.escape(value)}</td></tr>"
        for name, value in rows.items()
    )
    return f"<div><table>{cells}</table>{_curves(stats)}</div>"


def _progress(net: Any) -> str:
    position = net.training.state.position
    within = f" and {_counted(position.batch, 'batch', 'batches')}" if position is not None else ""
    return _counted(net.training.stats.epochs, "epoch", "epochs") + within


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _pace(stats: Any) -> str:
    if not stats.seconds:
        return ""
    return f", {stats.seconds[-1]:.2g} s an epoch, {stats.samples_per_second[-1]:,.0f} samples a second"


def _telling(stats: Any) -> dict[str, float]:
    """Return the newest loss and the errors of one kind, unless that is the loss under another name."""
    newest, kind = stats.last_errors(), _shown_kind(stats)
    shown = {
        name: newest[name] for name in ("loss", f"training {kind}", f"validation {kind}") if name in newest
    }
    if shown.get(f"training {kind}") == shown.get("loss"):
        shown.pop(f"training {kind}", None)
    return shown


def _curves(stats: Any) -> str:
    kind = _shown_kind(stats)
    if kind is None or stats.epochs < 2:
        return ""
    curves = {
        name: np.asarray(histories[kind])
        for name, histories in (("training", stats.training), ("validation", stats.validation))
        if kind in histories
    }
    finite = np.concatenate([curve[np.isfinite(curve)] for curve in curves.values()])
    if not finite.size:
        return ""
    low, high = float(finite.min()), float(finite.max())
    lines = "".join(
        f'<polyline fill="none" stroke="{_COLORS[name]}" stroke-width="1.5" points="{_points(curve, low, high)}"/>'
        for name, curve in curves.items()
    )
    shown = escape.escape(kind)
    legend = " ".join(f'<span style="color:{_COLORS[name]}">&#9632; {name}</span>' for name in curves)
    return (
        f'<svg role="img" aria-label="{shown} by epoch" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}">{lines}</svg>'
        f"<div>{shown}, {low:.4g} to {high:.4g} in {stats.epochs} epochs: {legend}</div>"
    )


def _shown_kind(stats: Any) -> str | None:
    kinds = list(stats.training) or list(stats.validation)
    return "misclassification" if "misclassification" in kinds else kinds[0] if kinds else None


def _points(curve: Array, low: float, high: float) -> str:
    # A curve wider than the picture shows no more than its pixels: long runs stay small on the page.
    index = np.unique(np.linspace(0, len(curve) - 1, min(len(curve), _WIDTH)).astype(int))
    x = index / max(1, len(curve) - 1) * (_WIDTH - 4) + 2
    with np.errstate(all="ignore"):  # of a diverged training, what can be drawn is drawn
        y = _HEIGHT - 4 - (curve[index] - low) / ((high - low) or 1.0) * (_HEIGHT - 8)
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True) if np.isfinite(b))
