"""Errors by epoch as a figure of matplotlib."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..described import normal_name
from ..errors import DataError, MissingExtraError, OptionError
from ..snapshot import Event, Net, Stats
from ..typing import Array
from .standing import error_text

COLORS = {"training": "#4c78a8", "validation": "#e8760a"}
INK, FAINT, MARK = "#333333", "#e4e4e4", "#999999"
MOST_EVENTS = 8
"""Live edits that are marked; with more of them the picture would show nothing else."""
HEIGHTS = (0.74, 0.62, 0.50)
"""Where live edits are told, in shares of the picture's height: neighbours do not write over each other."""
MOST_WORDS = 36
"""Letters that a live edit is told in."""
WIDE = 20
"""How many times its smallest value the largest must be for a curve to be drawn on a logarithmic axis."""
NARROW = 1000
"""Below so many times, a logarithmic axis has ticks between the powers of ten."""


def curves_figure(nets: Sequence[tuple[str | None, Net]], kind: str | None = None) -> Any:
    """
    Return a figure with a row for each network and a panel for each of its errors, live edits marked.

    Args:
        nets: What stands above each row, None for architecture and algorithm, and the snapshot.
        kind: The one error to draw; None for all that were recorded.

    Raises:
        DataError: If a network has no complete epoch.
        OptionError: If ``kind`` was not recorded.
    """
    rows = [_panels(net.training.stats, kind) for _, net in nets]
    columns = max(map(len, rows))
    figure = _figure(len(rows), columns)
    parts = figure.subfigures(len(rows), 1, squeeze=False)[:, 0] if len(rows) > 1 else [figure]
    for part, (title, net), panels in zip(parts, nets, rows, strict=True):
        for index, (name, curves) in enumerate(panels.items(), 1):
            axes = part.add_subplot(1, columns, index)
            _draw_panel(axes, name, curves)
            _mark_events(axes, net.training.stats, words=index == 1)
        part.suptitle(_title(net) if title is None else title, x=0.008, ha="left", fontsize=10, color=INK)
    return figure


def canvas_class() -> Any:
    """
    Return what turns a figure into a picture.

    Raises:
        MissingExtraError: If matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ImportError as error:
        raise MissingExtraError(
            "pictures are drawn with matplotlib, which is not installed: pip install 'synapse-rx[plot]'"
        ) from error
    return FigureCanvasAgg


def _figure(rows: int, columns: int) -> Any:
    from matplotlib.figure import Figure

    # The object interface and no pyplot: a watch may draw on any thread, beside whatever the user draws.
    figure: Any = Figure(
        figsize=(1.2 + 4.2 * columns, 3.4 * rows), dpi=150, layout="constrained", facecolor="white"
    )
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.08)
    canvas_class()(figure)
    return figure


def _panels(stats: Stats, kind: str | None) -> dict[str, dict[str, Array]]:
    """Return for each error kind the curves in its panel, by name."""
    if not stats.epochs:
        raise DataError("there is nothing to draw yet: the network has not learnt one complete epoch")
    recorded = dict.fromkeys((*stats.training, *stats.validation))
    kinds = (
        sorted(recorded, key=lambda name: name != "misclassification")
        if kind is None
        else [normal_name(kind)]
    )
    if kinds[0] not in recorded:
        raise OptionError(f"{kind!r} was not recorded; recorded: {', '.join(recorded)}")
    both = {"training": stats.training, "validation": stats.validation}
    return {name: {part: one[name].array for part, one in both.items() if name in one} for name in kinds}


def _draw_panel(axes: Any, kind: str, curves: Mapping[str, Array]) -> None:
    shares = kind == "misclassification"
    for part, curve in curves.items():
        measured = np.flatnonzero(np.isfinite(curve))  # not every epoch measures everything
        values = curve[measured] * (100 if shares else 1)
        marker = "o" if len(measured) <= 30 else ""
        axes.plot(measured + 1, values, color=COLORS[part], linewidth=1.8, marker=marker, markersize=3)
    axes.set_title(kind.replace("_", " "), loc="left", fontsize=10, fontweight="bold", color=INK)
    axes.set_xlabel("epoch", fontsize=9, color=INK)
    axes.set_ylabel("wrong, % of samples" if shares else "mean per sample", fontsize=9, color=INK)
    _tidy(axes)
    _scale(axes, curves)
    newest = [f"{part}  {error_text(kind, curve[-1])}" for part, curve in curves.items()]
    axes.legend(
        newest,
        loc="upper right",
        fontsize=9,
        facecolor="white",
        edgecolor="none",
        labelcolor=INK,
        framealpha=0.8,
    )


def _scale(axes: Any, curves: Mapping[str, Array]) -> None:
    epochs = max(len(curve) for curve in curves.values())
    axes.set_xlim(0.5, epochs + 0.5)
    values = np.concatenate([curve[np.isfinite(curve)] for curve in curves.values()])
    if values.size and values.min() > 0 and values.max() > WIDE * values.min():
        axes.set_yscale("log")
        _tick_plainly(axes, narrow=values.max() < NARROW * values.min())
    elif values.size and values.min() >= 0:
        # The margin above is a share of the curve's height, of which a single point has none.
        axes.set_ylim(0, max(axes.get_ylim()[1], 1.1 * axes.dataLim.y1))


def _tick_plainly(axes: Any, *, narrow: bool) -> None:
    """Write 0.01, 0.1, 1 and not powers of ten; where these are few, 2 and 5 between them, too."""
    from matplotlib.ticker import LogLocator, NullLocator

    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if narrow else (1.0,)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())


def _tidy(axes: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, length=0, which="both", colors=INK)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(MARK)


def _mark_events(axes: Any, stats: Stats, *, words: bool) -> None:
    """Mark what was done to the network, between the epochs it was done in."""
    done: dict[int, list[str]] = {}
    for event in [event for event in stats.events if event.epoch < stats.epochs][-MOST_EVENTS:]:
        done.setdefault(event.epoch, []).append(_words(event))
    for index, (epoch, whats) in enumerate(done.items()):
        axes.axvline(epoch + 0.5, color=MARK, linewidth=0.9, linestyle=(0, (3, 3)), zorder=0)
        if words:
            place = {
                "xy": (epoch + 0.5, HEIGHTS[index % len(HEIGHTS)]),
                "xycoords": axes.get_xaxis_transform(),
            }
            offset = {"xytext": (4, 0), "textcoords": "offset points"}
            text = axes.annotate("\n".join(whats), **place, **offset, va="top", fontsize=7.5, color="#666666")
            text.set(parse_math=False, in_layout=False, clip_on=True)  # words yield to the curves


def _words(event: Event) -> str:
    """Return what was done in a few words: "algorithm Backprop → Adam" and none of their options."""
    detail = (
        re.sub(r"(?<=\w)\([^()]*\)", "", event.detail) if len(event.detail) > MOST_WORDS else event.detail
    )
    whole = f"{event.what.replace('_', ' ')} {detail}".replace("->", "→")
    return whole if len(whole) <= MOST_WORDS else f"{whole[:MOST_WORDS]}…"


def _title(net: Net) -> str:
    epochs = net.training.stats.epochs
    return f"{net.arch},  {net.training.algorithm.kind},  {epochs} epoch{'s' if epochs != 1 else ''}"
