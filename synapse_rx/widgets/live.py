"""The live view of networks below the cell of a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from threading import RLock
from typing import Any, cast

from ..atoms import Atom
from ..dashboards.steering import steer
from ..errors import OptionError, SynapseError
from ..snapshot import Net
from ..subscribers import Follower, News
from ..subscribers.base import Attachable, Track, cells_of
from ..subscribers.follower import checked_share
from .state import state
from .widget import widget_class

REST = 0.2
"""Seconds that lie between two pictures at least."""

SHARE = 0.015
"""Of a processor, that telling the browser may take."""


class LiveView(Follower):
    """
    Networks below the cell of a notebook, live: curves, numbers and live edits, and knobs to steer with.

    As the last line of a cell, or under ``display``, it shows itself, and stays up to date while other cells run: it is
    told what is newest on a thread of its own, and training never waits for it. Pause, resume, stop and the sliders are
    swaps of the cell (`steer`); what is refused changes nothing, and the view says why. Works in Jupyter, marimo and
    whatever else shows widgets of anywidget; where none are shown (a page made of a notebook) a table and a curve are.
    Needs the extra ``notebook``; its script comes with this package, nothing comes from another host.

    Args:
        *nets: Cells of networks, runs of `train`, or lists of them; more can be attached later. Where there are
            several, each is called by the "name" in its ``meta``.
        read_only: Whether there is nothing to steer with.
        share: The share of a processor that telling the browser may take: with more of it, pictures are newer.

    Raises:
        MissingExtraError: If anywidget is not installed.
        OptionError: If something else than networks is given, or ``share`` is out of range.
    """

    def __init__(self, *nets: Attachable, read_only: bool = False, share: float = SHARE) -> None:
        if not isinstance(cast(object, read_only), bool):
            raise OptionError(f"read_only must be True or False, not {read_only!r}")
        self._read_only = read_only
        self._shown: dict[int, Atom[Net]] = {}
        self._lock = RLock()
        self._widget: Any = widget_class()()
        self._widget.on_msg(self._asked)
        super().__init__(rest=REST, share=checked_share(share))
        self.attach(*nets)
        self._show()  # what is displayed at once is not empty

    @property
    def widget(self) -> Any:
        """The widget itself, to be laid out among others: ``ipywidgets.HBox([one.widget, other.widget])``."""
        return self._widget

    @property
    def read_only(self) -> bool:
        """Whether there is nothing to steer with."""
        return self._read_only

    @property
    def gone(self) -> bool:
        """Whether nobody can see it any more: the widget was closed, as marimo does when a cell runs again."""
        comm = self._widget.comm
        return comm is None or bool(getattr(comm, "_closed", False))

    def _key(self, track: Any) -> Any:
        return self  # one picture for all: whatever changes, it is shown once

    def _tell(self, news: News) -> None:
        if self.gone:
            self.detach()
        else:
            self._show()

    def _begun(self, track: Track, net: Net) -> None:
        with self._lock:
            number = max(self._shown, default=0) + 1
            self._shown = {**self._shown, number: track.cell}
        super()._begun(track, net)

    def _ended(self, track: Track) -> None:
        with self._lock:
            rest = {number: cell for number, cell in self._shown.items() if cell is not track.cell}
            self._shown = rest
            if rest:
                self._show()
            else:  # what was shown last is left standing
                self._widget.nets = [{**last, "steered": False, "knobs": []} for last in self._widget.nets]

    def _show(self) -> None:
        with self._lock:  # whoever comes later looks later
            several, shown = len(self._shown) > 1, self._shown
            said = [
                {
                    "id": number,
                    **state(cell.value, read_only=self._read_only),
                    "name": _name(cell, number, several),
                }
                for number, cell in shown.items()
            ]
            if said:
                self._widget.nets = said

    def _asked(self, widget: Any, content: Any, buffers: Any) -> None:
        """Do what somebody asks for in the browser. What is sent is never more than data."""
        try:
            if self._read_only:
                raise OptionError("this view shows, and does not steer")
            asked: Mapping[str, Any] = content if isinstance(content, Mapping) else {}
            cell = self._shown.get(asked.get("id", 0))
            if cell is None:
                raise OptionError("this network is not shown any more")
            steer(cell, asked.get("command"))
        except (SynapseError, TypeError) as error:
            self._widget.send({"refused": str(error)})

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give what notebooks show: the widget, and for whoever shows none what its networks are now."""
        bundle = self._widget._repr_mimebundle_() or {}
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        now = "".join(cell.value._repr_html_() for cell in self.nets)
        return {**data, "text/plain": repr(self), "text/html": now}, metadata

    def _display_(self) -> Any:
        """Give marimo what it knows how to show."""
        return self._widget


def live(*nets: Attachable, read_only: bool = False) -> LiveView:
    """
    Show networks below the cell of a notebook, live: ``sx.live(net)`` as its last line.

    It stays up to date while other cells run, and never holds up training or the next cell; see `LiveView`. Asked for
    the same networks again, as by a cell that is run again, it gives the view there is.

    Args:
        *nets: Cells of networks, runs of `train`, or lists of them.
        read_only: Whether there is nothing to steer with.

    Raises:
        MissingExtraError: If anywidget is not installed.
        OptionError: If something else than networks is given, or nothing at all.
    """
    cells = tuple(dict.fromkeys(cell for given in nets for cell in cells_of(given, "live")))
    if not cells:
        raise OptionError("live shows networks: give it the cell of one, as in sx.live(net)")
    for view in [*cells[0].watches]:
        if (
            isinstance(view, LiveView)
            and view.nets == cells
            and view.read_only == read_only
            and not view.gone
        ):
            return view
    return LiveView(*cells, read_only=read_only)


def _name(cell: Atom[Net], number: int, several: bool) -> str:
    return str(cell.meta.get("name", f"net {number}" if several else ""))
