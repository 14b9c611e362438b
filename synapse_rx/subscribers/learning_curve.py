"""Draw the errors of a training by epoch."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..atoms import Atom
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


def learning_curve(
    net: Atom[Net] | Net, path: str | PathLike[str], *, kind: str | None = None, title: str | None = None
) -> Path:
    """
    Draw training and validation errors by epoch into a picture, with live edits marked.

    There is a panel for each recorded error, misclassification first. Needs the extra ``plot``; nothing global of
    matplotlib is touched, so it may be called from a watch.

    Args:
        net: A cell or a snapshot with at least one complete epoch.
        path: Where to; the ending says what: ".png", ".svg", ".pdf", ... Missing folders are made.
        kind: The one error to draw, such as "misclassification"; None for all that were recorded.
        title: What stands above it; by default architecture and algorithm.

    Returns:
        The path.

    Raises:
        DataError: If there is no complete epoch, or ``net`` is no network.
        OptionError: If ``kind`` was not recorded, or the ending of ``path`` is unknown.
        MissingExtraError: If matplotlib is not installed.
    """
    snapshot = net.value if isinstance(net, Atom) else net
    if not isinstance(snapshot, Net):
        raise DataError(f"learning_curve draws a network, a cell or a snapshot, not {type(net).__name__}")
    where = check_picture(path)
    panels = _panels(snapshot.training.stats, kind)
    figure = _figure(len(panels))
    for index, (name, curves) in enumerate(panels.items(), 1):
        axes = figure.add_subplot(1, len(panels), index)
        _draw_panel(axes, name, curves)
        _mark_events(axes, snapshot.training.stats, words=index == 1)
    figure.suptitle(_title(snapshot) if title is None else title, x=0.008, ha="left", fontsize=10, color=INK)
    where.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(where)
    return where


def check_picture(path: str | PathLike[str]) -> Path:
    """
    Return ``path`` if a picture can be drawn there.

    Raises:
        OptionError: If its ending is unknown, or it is a folder.
        OSError: If there is no writing there.
        MissingExtraError: If matplotlib is not installed.
    """
    where = Path(path)
    known = _canvas_class().get_supported_filetypes()
    if where.is_dir():
        raise OptionError(
            f"{str(where)!r} is a folder; give the name of a picture, such as {str(where / 'curve.png')!r}"
        )
    if where.suffix.lower().removeprefix(".") not in known:
        raise OptionError(
            f"a picture's name ends in .png, .svg or .pdf, which says what is drawn, not {where.name!r}; "
            f"known: {', '.join(sorted(known))}"
        )
    _check_writable(where)
    return where


def _check_writable(where: Path) -> None:
    folder = next(parent for parent in where.absolute().parents if parent.exists())
    if not folder.is_dir():
        raise NotADirectoryError(f"{str(where)!r} cannot be written: {str(folder)!r} is no folder")
    if not os.access(where if where.exists() else folder, os.W_OK):
        raise PermissionError(f"{str(where)!r} cannot be written: there is no permission to")


def _canvas_class() -> Any:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ImportError as error:
        raise MissingExtraError(
            "pictures are drawn with matplotlib, which is not installed: pip install 'synapse-rx[plot]'"
        ) from error
    return FigureCanvasAgg


def _figure(panels: int) -> Any:
    from matplotlib.figure import Figure

    # The object interface and no pyplot: a watch may draw on any thread, beside whatever the user draws.
    figure: Any = Figure(figsize=(1.2 + 4.2 * panels, 3.4), dpi=150, layout="constrained", facecolor="white")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.08)
    _canvas_class()(figure)
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
