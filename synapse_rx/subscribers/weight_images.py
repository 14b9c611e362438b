"""Pictures of weights as they are learnt."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from ..errors import OptionError
from ..snapshot import Net
from .base import Track
from .follower import Follower, checked_share
from .mosaic import weight_entry, weight_mosaic
from .news import News, ends, new_epochs
from .png import png
from .whole_file import file_name, write_whole

WAITING = 4
"""Snapshots of a network that wait to be drawn."""

SHARE = 0.005
"""Of a processor, that drawing may take."""


class WeightImages(Follower):
    """
    Draws what each unit of a layer looks at, every so many epochs: ``WeightImages("weights", every=5).attach(net)``.

    A picture of each unit's weights, all side by side: blue is negative, white is 0, orange is positive. Files are
    called by network and epoch, "net-1-epoch-00005.png". They are drawn on a thread of its own; if epochs are quicker
    than drawing, some are left out. The network as it was when it was attached, and as it was at the end, are drawn in
    any case.

    Args:
        folder: Where to; it is made.
        every: Epochs from one picture to the next.
        parameter: The full name of the weights, such as "0.W"; by default the first layer's.
        share: The share of a processor that drawing may take: with more of it, fewer pictures are left out.

    Raises:
        OptionError: If ``every`` is no whole number >= 1 or ``share`` out of range; from `attach`, if a network has no
            such weights.
        OSError: If there is no such folder and none can be made.
    """

    def __init__(
        self,
        folder: str | PathLike[str],
        *,
        every: int = 1,
        parameter: str | None = None,
        share: float = SHARE,
    ) -> None:
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise OptionError(f"every must be a whole number of epochs >= 1, not {every!r}")
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._every = every
        self._parameter = parameter
        super().__init__(capacity=WAITING, share=checked_share(share))

    def _begun(self, track: Track, net: Net) -> None:
        weight_entry(net, self._parameter)
        super()._begun(track, net)

    def _wants(self, old: Net, new: Net) -> bool:
        due = [
            place
            for place in new_epochs(old.training.stats, new.training.stats)
            if not (place + 1) % self._every
        ]
        return bool(due) or ends(old, new)

    def _tell(self, news: News) -> None:
        name = f"{file_name(news.name)}-epoch-{news.net.training.stats.epochs:05}.png"
        write_whole(self._folder / name, png(weight_mosaic(news.net, self._parameter)))
