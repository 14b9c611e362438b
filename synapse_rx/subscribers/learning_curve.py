"""Draw the errors of a training by epoch."""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path

from ..atoms import Atom
from ..errors import DataError, OptionError
from ..snapshot import Net
from .curves import canvas_class, curves_figure


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
    figure = curves_figure([(title, snapshot)], kind)
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
    known = canvas_class().get_supported_filetypes()
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
