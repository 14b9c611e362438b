"""The same targets for several outputs."""

from __future__ import annotations

from typing import TypeVar

import attrs
import numpy as np

from ..errors import DataError
from .data_set import DataSet
from .options import check_count
from .parts import Parts
from .trainset import TrainingSet

T = TypeVar("T", DataSet, TrainingSet)


def repeat_targets(data: T, times: int = 2) -> T:
    """
    Return a set whose samples have their target several times, one for each output of a network.

    Args:
        data: Samples with one target each.
        times: How often.

    Raises:
        DataError: If there are no targets, or several already.
        OptionError: If ``times`` is no whole number >= 2.
    """
    n = check_count("times", times, 2)
    if isinstance(data, TrainingSet):
        header = attrs.evolve(data.header, labels=None, batch_counts=(), valid_counts=())
        valid = None if data.valid is None else _repeated(data.valid, n)
        return attrs.evolve(data, data=_repeated(data.data, n), valid=valid, header=header)
    return _repeated(data, n)


def _repeated(data: DataSet, n: int) -> DataSet:
    if data.y is None or data.parts.targets:
        raise DataError(f"repeat_targets takes samples with one target each, not {data!r}")
    parts = Parts(data.parts.inputs, (data.outputs,) * n, (data.labels,) * n)
    return attrs.evolve(data, y=np.tile(data.y, (1, n)), labels=None, parts=parts)
