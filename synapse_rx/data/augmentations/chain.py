"""One augmentation after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import field, frozen

from ...errors import OptionError
from .base import Augmentation


def _steps(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise OptionError(f"chain takes a list of augmentations, not {value!r}")
    return tuple(_step(step) for step in value)


def _step(step: Any) -> Any:
    if callable(step):
        return step
    if isinstance(step, Mapping):
        return Augmentation.of(step)
    raise OptionError(f"an augmentation is a function of (samples, generator), not {step!r}")


@frozen
class Chain(Augmentation):
    """
    Augmentations and functions, one after another: ``Chain([Shift(2), Noise(0.1)])``.

    Args:
        steps: What to do, in this order.
    """

    steps: tuple[Callable[[np.ndarray, np.random.Generator], np.ndarray], ...] = field(converter=_steps)

    def __call__(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        for step in self.steps:
            x = step(x, rng)
        return x
