"""Event files: what TensorBoard reads."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator, Mapping
from os import getpid
from pathlib import Path
from socket import gethostname
from typing import Any

import numpy as np

from ..errors import MissingExtraError
from ..network.weights import Histogram
from ..snapshot import Event
from ..typing import Array
from .news import News
from .png import png
from .rows import rows
from .text_file import TextFile


class EventFile:
    """
    One event file: a stream of protocol buffers, each with its length and checksums (TFRecord).

    Attributes:
        folder: Where it lies.
        pictured: The epoch of the last pictures; 0 before the first.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pictured = 0
        self._proto = proto()
        self._ending: Any = None
        self._piece = bytearray()
        self._on_disk: tuple[int, Any] = (0, None)
        # Written below tensorboardX's own thread, queue and buffer: there is a thread already, and a record of which
        # a full disk took a part would spoil all that follow.
        name = f"events.out.tfevents.{time.time():010.0f}.{gethostname()}.{getpid()}.{time.monotonic_ns()}"
        self._file = TextFile(folder / name)
        self._add(self._proto.event.Event(wall_time=time.time(), file_version="brain.Event:2"))
        self.flush()

    def write_scalars(self, news: News) -> None:
        """Write the numbers of all new epochs, each at the time it was complete, as far as that is known."""
        stats = news.net.training.stats
        took = stats.seconds.array[news.epochs.start :]
        ends = time.time() - (took.sum() - took.cumsum())
        for row, end in zip(rows(stats, news.epochs), ends.tolist(), strict=True):
            values = [{"tag": tag, "simple_value": value} for tag, value in _scalars(row)]
            self._write(values, int(row["epoch"]), end)

    def write_events(self, events: tuple[Event, ...]) -> None:
        """Write what was done to the network, as text."""
        for event in events:
            text = f"epoch {event.epoch}, batch {event.batch}: {event.what} {event.detail}"
            self.write_text("events", text, event.epoch)

    def write_histogram(self, tag: str, histogram: Histogram, step: int) -> None:
        """Write how numbers are distributed."""
        counts, edges, middle = histogram.counts, histogram.edges, histogram.centres
        content = self._proto.summary.HistogramProto(
            min=float(edges[0]),
            max=float(edges[-1]),
            num=float(counts.sum()),
            sum=float((counts * middle).sum()),
            sum_squares=float((counts * middle**2).sum()),
            bucket_limit=edges[1:].tolist(),
            bucket=counts.tolist(),
        )
        self._write([{"tag": tag, "histo": content}], step)

    def write_image(self, tag: str, pixels: Array, step: int) -> None:
        """Write a picture (height, width, 3), uint8."""
        height, width = pixels.shape[:2]
        content = self._proto.summary.Summary.Image(
            height=height, width=width, colorspace=3, encoded_image_string=png(pixels)
        )
        self._write([{"tag": tag, "image": content}], step)

    def write_text(self, tag: str, text: str, step: int) -> None:
        """Write a text in Markdown."""
        value = self._proto.text(tag, text).value[0]
        self._write([value], step)

    def describe(self, settings: Mapping[str, float | bool | str], news: News) -> None:
        """Write the hyper-parameters, and which numbers runs are compared by; once."""
        if self._ending is None:
            first = rows(news.net.training.stats, [0])
            metrics = {tag: 0.0 for row in first for tag, _ in _scalars(row)}
            experiment, start, self._ending = self._proto.hparams(settings, metrics)
            self._write([*experiment.value, *start.value], 0)

    def end(self) -> None:
        """Write that the training is over."""
        if self._ending is not None:
            self._write(list(self._ending.value), 0)

    def begin(self) -> None:
        """Begin another piece, in the place of one that was not flushed."""
        self._piece.clear()
        self.pictured, self._ending = self._on_disk

    def flush(self) -> None:
        """
        Write the piece into the file.

        Raises:
            OSError: If that fails, as on a full disk; the file is what it was.
        """
        self._file.write_bytes(self._piece)
        self._piece.clear()
        self._on_disk = self.pictured, self._ending

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _write(self, values: list[Any], step: int, when: float | None = None) -> None:
        summary = self._proto.summary.Summary
        made = [summary.Value(**value) if isinstance(value, Mapping) else value for value in values]
        event = self._proto.event.Event(
            wall_time=time.time() if when is None else when, step=step, summary=summary(value=made)
        )
        self._add(event)

    def _add(self, event: Any) -> None:
        data = event.SerializeToString()
        length = struct.pack("<Q", len(data))
        self._piece += length + self._checksum(length) + data + self._checksum(data)

    def _checksum(self, data: bytes) -> bytes:
        return struct.pack("<I", self._proto.checksum(data))


class Proto:
    """The parts of tensorboardX that are used."""

    def __init__(self) -> None:
        from tensorboardX.proto import event_pb2, summary_pb2
        from tensorboardX.record_writer import masked_crc32c
        from tensorboardX.summary import hparams, text

        self.event: Any = event_pb2
        self.summary: Any = summary_pb2
        self.hparams: Any = hparams
        self.text: Any = text
        self.checksum: Any = masked_crc32c


def proto() -> Proto:
    """
    Return the parts of tensorboardX that are used.

    Raises:
        MissingExtraError: If it is not installed.
    """
    try:
        return Proto()
    except ImportError as error:
        raise MissingExtraError(
            "event files are written with tensorboardX, which is not installed: "
            "pip install 'synapse-rx[tensorboard]'"
        ) from error


def _scalars(row: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Yield tags and values of a row: "training:cross_entropy" is "training/cross_entropy"; NaN was not measured."""
    for name, value in row.items():
        if name != "epoch" and not np.isnan(value):
            yield name.replace(":", "/"), float(value)
