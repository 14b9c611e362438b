"""How a snapshot shows itself in a REPL and in a notebook."""

from __future__ import annotations

import html as escape
from typing import Any

import numpy as np

from ..typing import Array

_WIDTH, _HEIGHT = 320, 90
_COLORS = {"training": "#4c78a8", "validation": "#f58518"}


def text(net: Any) -> str:
    """Return one line: architecture, number of parameters, status, epochs and newest errors."""
    stats = net.training.stats
    errors = "".join(f", {name} {value:.4g}" for name, value in stats.last_errors().items())
    return (
        f"<Net {net.arch}, {net.params.flat.size:,} parameters, {net.training.algorithm.kind}, "
        f"{net.training.status}, {stats.epochs} epochs{errors}>"
    )


def html(net: Any) -> str:
    """Return a small table and an inline learning curve."""
    stats = net.training.stats
    rows = {
        "architecture": str(net.arch),
        "parameters": f"{net.params.flat.size:,} ({net.params.flat.dtype})",
        "training": f"{net.training.algorithm!r}",
        "status": f"{net.training.status}, {stats.epochs} epochs",
    } | {name: f"{value:.4g}" for name, value in stats.last_errors().items()}
    cells = "".join(
        f"<tr><th style='text-align:left'>{escape.escape(name)}</th>"
        f"<td style='text-align:left'>{escape.escape(value)}</td></tr>"
        for name, value in rows.items()
    )
    return f"<div><table>{cells}</table>{_curves(stats)}</div>"


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
        f"<div>{shown}, {low:.4g} to {high:.4g}: {legend}</div>"
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
