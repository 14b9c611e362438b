"""Draw what benchmarks wrote with ``--csv``: a picture NAME.svg beside every NAME.csv of a folder."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .harness import peer

FOLDER = Path("docs/benchmarks")
COLUMNS = (
    "ours/theirs",
    "theirs/ours",
    "/ ours",
    "PyTorch/ours",
    "/ parameters",
    "/ one",
    "of one",
    "/ synapse_rx",
    "/ without",
    "of idle",
    "held/said",
    "/ Atom",
    "efficiency",
    "p99",
    "us/step",
)
"""What is drawn of a table: the first of these columns that it has, else its first."""

Tables = Mapping[str, Mapping[str, float]]
"""By title and column the bars by name."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the files are")


def run(quick: bool = False, folder: Path = FOLDER) -> None:
    if peer("matplotlib") is None:
        return
    for path in sorted(folder.glob("*.csv")):
        tables = read(path)
        if tables:
            draw(path.stem, tables, path.with_suffix(".svg"))
            print(path.with_suffix(".svg"))


def read(path: Path) -> Tables:
    """
    Return the bars of every table in a file.
    """
    found: dict[str, dict[str, dict[str, float]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            try:
                value = float(line["value"])
            except ValueError:
                continue
            found.setdefault(line["table"], {}).setdefault(line["column"], {})[line["row"]] = value
    tables = {}
    for title, columns in found.items():
        chosen = next((column for column in COLUMNS if column in columns), next(iter(columns)))
        tables[f"{title}: {chosen}"] = columns[chosen]
    return tables


def draw(name: str, tables: Tables, path: Path) -> None:
    """
    Draw bars, a table below the other, and write the picture.
    """
    import matplotlib
    from matplotlib.figure import Figure

    heights = [len(bars) for bars in tables.values()]
    # The same numbers give the same file.
    with matplotlib.rc_context({"svg.hashsalt": name, "font.size": 9}):
        figure = Figure(figsize=(8, sum(0.28 * height + 0.75 for height in heights)), layout="constrained")
        rows: Any = figure.subplots(len(tables), 1, squeeze=False, height_ratios=[h + 1 for h in heights])
        for (axes,), (title, bars) in zip(rows, tables.items(), strict=True):
            names = list(bars)
            colours = ["#c0542d" if _is_ours(each) else "#8a9ba8" for each in names]
            drawn = axes.barh(names, list(bars.values()), color=colours)
            axes.bar_label(drawn, fmt="%.3g", padding=3)
            axes.set_title(title, loc="left", fontsize=9, wrap=True)
            axes.invert_yaxis()
            axes.margins(x=0.12)
            axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, metadata={"Date": None})


def _is_ours(name: str) -> bool:
    return (
        name.startswith(("synapse_rx", "its learner", "Atom"))
        or name.endswith((" ours", " Atom"))
        or name in ("ours", "ours, 2 terms")
    )
