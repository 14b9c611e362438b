"""``synapse-rx predict``."""

from __future__ import annotations

import csv
import math
import sys
from argparse import Namespace
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, BinaryIO

from attrs import frozen

from ..activations.joined import Joined
from ..errors import OptionError
from ..network import Inference
from ..snapshot import Net
from ..typing import Array, Shape
from .networks import read_network
from .samples import Samples
from .status import DONE

STANDARD_INPUT = "-"


def predict_command(options: Namespace) -> int:
    """Answer rows of numbers with labels or outputs, a row each, as they come."""
    net = read_network(options.file)
    outputs = _outputs(net, options.probabilities)
    answer = Inference(net)  # not compiled: loading a compiler would take longer than most answers
    with _opened(options.samples) as file:
        name = "standard input" if options.samples == STANDARD_INPUT else options.samples
        samples = Samples(file, name, math.prod(answer.in_shape), answer.dtype, options.header)
        try:
            _write(samples, answer, outputs)
        finally:
            samples.close()
    return DONE


@frozen
class _Output:
    """
    One of the outputs of a network, as columns.

    Attributes:
        name: What its columns begin with, "" for the only one.
        shape: Its shape.
        labels: Its classes, if labels are asked for.
        values: Whether its numbers are columns, too.
    """

    name: str
    shape: Shape
    labels: tuple[Any, ...] | None
    values: bool

    @property
    def columns(self) -> list[str]:
        """The names of its columns."""
        if self.labels is not None:
            named = ["label", *(map(str, self.labels) if self.values else ())]
        else:
            size = math.prod(self.shape)
            named = ["output"] if size == 1 else [f"output.{index}" for index in range(size)]
        return [f"{self.name}{column}" for column in named]

    def cells(self, answers: Array) -> list[list[str]]:
        """Return the cells of these columns, row by row."""
        rows = [list(map(str, row)) for row in answers.reshape(len(answers), -1)] if self.values else None
        if self.labels is None:
            return rows or []
        named = [[str(self.labels[index])] for index in answers.argmax(axis=1)]
        return named if rows is None else [[*label, *row] for label, row in zip(named, rows, strict=True)]


def _outputs(net: Net, probabilities: bool) -> list[_Output]:
    shapes: tuple[Shape, ...] = net.arch.outputs
    several = len(shapes) > 1
    labels: tuple[Any, ...] = (net.labels or (None,) * len(shapes)) if several else (net.labels,)
    function = net.arch.output
    ranges = [one.range for one in (function.functions if isinstance(function, Joined) else (function,))]
    found: list[_Output] = []
    for index, (shape, classes, (low, high)) in enumerate(zip(shapes, labels, ranges, strict=True)):
        classes = classes if len(shape) == 1 else None
        if probabilities and classes is not None and not 0 <= low <= high <= 1:
            raise OptionError("its outputs are no probabilities, as those of softmax or sigmoid would be")
        found.append(
            _Output(f"{index}." if several else "", shape, classes, classes is None or probabilities)
        )
    if probabilities and all(output.labels is None for output in found):
        raise OptionError(
            "it learnt values, not classes, so there are no probabilities; leave --probabilities away"
        )
    return found


def _write(samples: Samples, answer: Any, outputs: list[_Output]) -> None:
    table = csv.writer(sys.stdout, lineterminator="\n")
    if samples.header is not None:
        table.writerow([column for output in outputs for column in output.columns])
    for block in samples:
        answers = answer(block.reshape(-1, *answer.in_shape))
        parts: tuple[Any, ...] = answers if len(outputs) > 1 else (answers,)
        cells = [output.cells(part) for output, part in zip(outputs, parts, strict=True)]
        table.writerows([cell for part in row for cell in part] for row in zip(*cells, strict=True))
        sys.stdout.flush()


@contextmanager
def _opened(path: str) -> Generator[BinaryIO]:
    if path != STANDARD_INPUT:
        with open(path, "rb") as file:
            yield file
    elif sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]  # it was closed before the program began
        raise OptionError(
            "standard input is closed; give the file with the samples behind that of the network"
        )
    else:
        yield sys.stdin.buffer
