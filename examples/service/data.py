"""What is learnt: a data set that is there, or samples that came with the request."""

from __future__ import annotations

from functools import cache

import synapse_rx as sx

from .models import Samples


def training_set(asked: str | Samples) -> sx.TrainingSet:
    """
    Return what to learn. It may take its time: not for the event loop.

    Raises:
        DataError: If samples cannot be learnt from, and what else `training_set` raises.
    """
    if isinstance(asked, str):
        return _known(asked)
    return sx.training_set(asked.samples, asked.labels, batch=asked.batch)


@cache
def _known(name: str) -> sx.TrainingSet:
    return sx.load_training_set(name)
