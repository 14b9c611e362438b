"""What a network takes for what, and the samples that it takes for something else than they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

from ..atoms import Atom
from ..data import DataSet, TrainingSet
from ..errors import OptionError, SynapseError
from ..network import Evaluation, evaluate
from ..snapshot import Net
from ..typing import Array, Data
from .conflated import Conflated
from .sample_pictures import shown

MOST_SAMPLES = 10_000
"""Samples that networks are judged by; of a larger set every second, third, ... is taken."""

MOST_SHOWN = 48
"""Samples that are told of at once."""


@frozen(eq=False)
class Judgement:
    """
    What a snapshot made of every sample.

    Attributes:
        epochs: How much the network had learnt.
        found: The errors, and the confusion matrix.
        true: The class of each sample, or of each of its steps, one behind the other (N * steps,).
        taken: The class it was taken for.
        confidence: The output for that class.
    """

    epochs: int
    found: Evaluation
    true: Array
    taken: Array
    confidence: Array


class Mistakes:
    """
    Judges networks by a data set when somebody looks: on the thread that asks, never on the one that trains.

    Args:
        data: Samples with targets; of a training set its validation part, or the training part if it has none.

    Raises:
        OptionError: If it is something else, or has no targets.
    """

    def __init__(self, data: DataSet | TrainingSet | None) -> None:
        self._data = None if data is None else _part(data)
        self._judged = Conflated()

    def confusion(self, cell: Atom[Net]) -> dict[str, Data]:
        """Return ``labels`` and ``counts``, a row for each true class; or ``why`` there are none."""
        judged = self._judgement(cell)
        if isinstance(judged, str):
            return {"why": judged}
        found, data = judged.found, self._data
        assert data is not None and found.confusion is not None and found.labels is not None
        return {
            "epochs": judged.epochs,
            "samples": found.samples,
            "labels": [str(label) for label in found.labels],
            "counts": [[int(count) for count in row] for row in found.confusion],
            "errors": {name: value if np.isfinite(value) else None for name, value in found.errors.items()},
        }

    def samples(
        self, cell: Atom[Net], true: int | None = None, taken: int | None = None, first: int = 0
    ) -> dict[str, Data]:
        """
        Return samples that were taken for something else than they are, those first that it was surest of.

        Args:
            cell: The network.
            true: The place of their class among the labels; None for all.
            taken: That of the class they were taken for; None for all others. If it is the true one, what is returned
                was right, the doubtful first.
            first: How many to leave out.

        Returns:
            Their ``total`` number, and some ``samples``; or ``why`` there are none.
        """
        judged = self._judgement(cell)
        if isinstance(judged, str):
            return {"why": judged}
        rows = _sorted(judged, true, taken)
        told = [self._told(judged, int(row)) for row in rows[first : first + MOST_SHOWN]]
        return {"epochs": judged.epochs, "total": len(rows), "first": first, "samples": [*told]}

    def _judgement(self, cell: Atom[Net]) -> Judgement | str:
        data = self._data
        if data is None:
            return "No data set to judge by was given: dashboard(net, data=sx.load_test_set(...)) does that."
        return self._judged.newest(cell, "judgement", lambda net: _judged(net, data))

    def _told(self, judged: Judgement, row: int) -> dict[str, Data]:
        data, labels, sure = self._data, judged.found.labels, float(judged.confidence[row])
        assert data is not None and labels is not None
        index, step = divmod(row, len(judged.true) // len(data))
        return {
            "index": index,
            "step": step if len(judged.true) > len(data) else None,
            "true": str(labels[judged.true[row]]),
            "taken": str(labels[judged.taken[row]]),
            "confidence": sure if np.isfinite(sure) else None,
            **shown(data.x[index]),
        }


def _part(data: Any) -> DataSet:
    part = (data.valid or data.data) if isinstance(data, TrainingSet) else data
    if not isinstance(part, DataSet) or part.y is None:
        raise OptionError(f"data= takes samples with targets (see test_set) or a training set, not {data!r}")
    return part[:: -(-len(part) // MOST_SAMPLES)]


def _judged(net: Net, data: DataSet) -> Judgement | str:
    try:
        found = evaluate(net, data)
    except SynapseError as error:
        return f"This network cannot be judged by this data set: {error}"
    if isinstance(found.outputs, tuple):
        return "A network with several outputs has no single confusion matrix."
    if found.confusion is None:
        errors = ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in found.errors.items())
        return f"The targets are values, not classes, so nothing is confused. On {found.samples:,} samples: {errors}."
    n = len(found.confusion)
    true, answers = found.targets.reshape(-1, n).argmax(axis=1), found.outputs.reshape(-1, n)
    taken = answers.argmax(axis=1)
    return Judgement(
        net.training.stats.epochs,
        found,
        true,
        taken,
        np.take_along_axis(answers, taken[:, None], axis=1)[:, 0],
    )


def _sorted(judged: Judgement, true: int | None, taken: int | None) -> Array:
    chosen = judged.true != judged.taken if taken is None else judged.taken == taken
    if true is not None:
        chosen = chosen & (judged.true == true)
    rows = np.flatnonzero(chosen)
    right = true is not None and true == taken
    return rows[np.argsort(judged.confidence[rows] * (1 if right else -1), kind="stable")]
