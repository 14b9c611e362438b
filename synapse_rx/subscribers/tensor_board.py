"""Trainings as event files that TensorBoard shows."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any

from ..data import DataSet
from ..errors import OptionError
from ..network import evaluate
from ..network.weights import weight_histograms
from ..snapshot import Net, Training
from ..typing import Array
from .event_file import EventFile, proto
from .follower import Follower, checked_share
from .hyper_parameters import hyper_parameters
from .mosaic import heat_map, weight_mosaic
from .news import News
from .whole_file import file_name

BINS = 30
SHARE = 0.005
"""Of a processor, that drawing and writing may take."""


class TensorBoard(Follower):
    """
    Writes event files for TensorBoard: ``TensorBoard("runs").attach(net)``, then ``tensorboard --logdir runs``.

    Each network has a folder of its own below ``folder``, called by its name. There are all numbers of every epoch, of
    those before it was attached, too; a histogram of each parameter, a picture of what the units of the first layer
    look at and, given data, the confusion matrix; the hyper-parameters, for TensorBoard's comparison of runs; and live
    edits as text. It works on a thread of its own; where epochs are quicker than it, histograms and pictures of some
    are left out. Needs the extra ``tensorboard``, which writes the files; TensorBoard itself shows them.

    Args:
        folder: Where to.
        every: Epochs from one set of histograms and pictures to the next.
        data: Samples with classes to make a confusion matrix of, such as a test set; None for none.
        share: The share of a processor that it may take: with more of it, fewer pictures are left out.

    Raises:
        MissingExtraError: If tensorboardX is not installed.
        OptionError: If ``every`` is no whole number >= 1, ``data`` no data set with classes, or ``share`` out of range.
    """

    def __init__(
        self,
        folder: str | PathLike[str],
        *,
        every: int = 1,
        data: DataSet | None = None,
        share: float = SHARE,
    ) -> None:
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise OptionError(f"every must be a whole number of epochs >= 1, not {every!r}")
        if data is not None and not (isinstance(data, DataSet) and data.labels is not None):
            raise OptionError(f"data= takes samples with classes (see test_set), not {data!r}")
        proto()
        self._folder = Path(folder)
        self._every = every
        self._data = data
        self._writers: dict[Any, EventFile] = {}
        super().__init__(share=checked_share(share))

    @property
    def folder(self) -> Path:
        """Where it writes."""
        return self._folder

    def _tell(self, news: News) -> None:
        file, net = self._file(news), news.net
        epoch = net.training.stats.epochs
        ended = net.training.status not in (*Training.LIVE, "idle")
        file.begin()
        file.write_scalars(news)
        file.write_events(news.events)
        if epoch:
            file.describe(hyper_parameters(net), news)
            if self._is_due(epoch, file.pictured, ended):
                self._write_pictures(file, net, epoch)
                file.pictured = epoch
        if ended and news.another_status:
            file.end()
        file.flush()

    def _is_due(self, epoch: int, last: int, ended: bool) -> bool:
        """Whether it is time for pictures; the first and the last are drawn in any case."""
        return not last or epoch < last or epoch - last >= (1 if ended else self._every)

    def _write_pictures(self, file: EventFile, net: Net, epoch: int) -> None:
        for name, histogram in weight_histograms(net, BINS).items():
            file.write_histogram(f"weights/{name}", histogram, epoch)
        if any(len(entry.shape) >= 2 for entry in net.params.layout.entries):
            file.write_image("weights", weight_mosaic(net), epoch)
        if self._data is not None:
            found = evaluate(net, self._data)
            assert found.confusion is not None
            file.write_image("confusion", heat_map(found.confusion), epoch)
            file.write_text("confusion", _table(found.confusion, found.labels), epoch)

    def _file(self, news: News) -> EventFile:
        file = self._writers.get(news.cell)
        if file is None:
            names = {each.folder.name for each in self._writers.values()}
            name = next(n for n in _names(file_name(news.name)) if n not in names)
            file = self._writers[news.cell] = EventFile(self._folder / name)
        return file

    def _release(self) -> None:
        while self._writers:
            self._writers.popitem()[1].close()


def _names(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1


def _table(confusion: Array, labels: Any) -> str:
    """Return counts as a Markdown table, a row for each true class."""
    lines = [["", *map(str, labels)], ["---"] * (len(labels) + 1)]
    lines += [[f"**{label}**", *map(str, counts)] for label, counts in zip(labels, confusion, strict=True)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
