"""An error kind given by a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import Factory, field, frozen

from ..errors import OptionError, ShapeError
from ..scratch import Scratch
from ..typing import Array, Data
from .base import Metric


def _callable(instance: Any, attribute: Any, value: Any) -> None:
    if not callable(value):
        raise OptionError(
            f"function of function_metric must be a function of outputs and targets, not {value!r}"
        )


def _own_name(function: Any) -> str:
    return getattr(function, "__name__", "")


def _named(instance: Any, attribute: Any, value: Any) -> None:
    if not (isinstance(value, str) and value.strip() and not value.startswith("<")):
        raise OptionError(f"name of function_metric must be the text to record it as, not {value!r}")


@frozen
class FunctionMetric(Metric):
    """
    An error kind given by a function of outputs and targets.

    It gets the arrays of a batch where the program computes (numpy or cupy), must not write to them, and may allocate.
    One number a sample makes the mean over a data set exact whatever the batches. One number for the whole batch counts
    for each of its samples, so that batches are weighted by their size: exact if it is a mean over samples.

    Args:
        function: ``function(y, t)`` returns an error for each sample, (N,), or one number for the batch.
        name: What it is recorded as; by default the function's own name.
    """

    function: Callable[[Array, Array], Any] = field(validator=_callable)
    _name: str = field(
        default=Factory(lambda self: _own_name(self.function), takes_self=True), validator=_named
    )

    @property
    def name(self) -> str:
        return self._name

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        result = self.function(y, t)
        if np.ndim(result) and np.shape(result) != values.shape:
            raise ShapeError(
                f"metric {self.name!r} must return one number a sample, {values.shape} here, or one for the batch, "
                f"but it returned shape {np.shape(result)}"
            )
        values[...] = result

    def to_data(self) -> dict[str, Data]:
        raise OptionError(f"metric {self.name!r} is a function, which cannot be written down")
