"""Learning curves that grow while training goes on."""

from __future__ import annotations

import io
from base64 import b64encode
from os import PathLike
from pathlib import Path
from typing import Any

from ..errors import OptionError
from ..snapshot import Net
from .curves import canvas_class, curves_figure
from .follower import Follower, checked_share
from .learning_curve import check_picture
from .news import News
from .notebook import Place, in_marimo, in_notebook
from .whole_file import write_whole

REST = 0.5
"""Seconds that lie between two pictures at least."""

SHARE = 0.015
"""Of a processor, that drawing may take."""

EMPTY = {"text/plain": "no epoch is complete yet"}


class Plot(Follower):
    """
    Keeps a picture of the learning curves up to date: ``Plot("curves.png").attach(net)``.

    It draws what `learning_curve` draws, several networks below each other, on a thread of its own and the newest
    snapshots only, so it never holds training back. Whoever opens the file sees a whole picture at any time. Without a
    path, in a Jupyter notebook, the picture stands below the cell that made it and grows while other cells run. In any
    notebook ``plot`` as the last line of a cell shows the present one; in marimo, beside a ``mo.ui.refresh``, again and
    again. Needs the extra ``plot``.

    Args:
        path: Where to; the ending says what: ".png", ".svg", ".pdf", ... None for a notebook.
        kind: The one error to draw, such as "misclassification"; None for all that are recorded.
        share: The share of a processor that drawing may take: with more of it, pictures are newer.

    Raises:
        OptionError: If the ending of ``path`` is unknown, there is none and this is no notebook, or ``share`` is out of
            range.
        OSError: If there is no writing there.
        MissingExtraError: If matplotlib is not installed.
    """

    def __init__(
        self, path: str | PathLike[str] | None = None, *, kind: str | None = None, share: float = SHARE
    ) -> None:
        canvas_class()
        self._path = None if path is None else check_picture(path)
        self._kind = kind
        self._place: Place | None = None
        if path is None and in_notebook():
            self._place = Place(EMPTY)
        elif path is None and not in_marimo():
            raise OptionError("Plot needs a path, such as 'curves.png', where there is no notebook")
        super().__init__(rest=REST, share=checked_share(share))

    @property
    def path(self) -> Path | None:
        """Where it draws; None for below a cell."""
        return self._path

    def _wants(self, old: Net, new: Net) -> bool:
        return new.training.stats is not old.training.stats

    def _key(self, track: Any) -> Any:
        return self  # one picture for all: whatever changes, it is drawn once

    def _tell(self, news: News) -> None:
        if self._path is not None:
            picture = self._drawn(self._path.suffix.lower().removeprefix("."))
            if picture is not None:
                write_whole(self._path, picture)
        elif self._place is not None and (picture := self._drawn("png")) is not None:
            self._place.show(_png_content(picture))

    def _drawn(self, what: str) -> bytes | None:
        """Return the picture of all networks that have learnt an epoch; None if none has."""
        standing = [(track.name, track.cell.value) for track in self._tracks.values()]
        nets = [(name, net) for name, net in standing if net.training.stats.epochs]
        if not nets:
            return None
        picture = io.BytesIO()
        titled = nets if len(nets) > 1 else [(None, nets[0][1])]
        curves_figure(titled, self._kind).savefig(picture, format=what)
        return picture.getvalue()

    def _repr_png_(self) -> bytes | None:
        return self._drawn("png")


def _png_content(picture: bytes) -> dict[str, Any]:
    return {"image/png": b64encode(picture).decode(), "text/plain": "learning curves"}
