"""The contract of an augmentation, and what those of images share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from ...described import Described
from ...errors import OptionError, ShapeError


class Augmentation(Described, ABC):
    """
    Changes the samples of a batch in a way that leaves their labels right.

    A frozen value that is called with samples and a generator, which all its randomness comes from. A plain function
    of these two does as well in its place.
    """

    __slots__ = ()

    @abstractmethod
    def __call__(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """
        Return other samples in the place of ``x``, of its shape and type; ``x`` stays as it is.

        Raises:
            ShapeError: If such samples cannot be augmented so.
        """


def to_size(value: Any) -> Any:
    """Return a size of images as a pair of ints; None, and what is none, stay as they are."""
    return tuple(value) if isinstance(value, list | tuple) else value


def check_size(instance: Any, attribute: Any, value: Any) -> None:
    """Require None or (height, width)."""
    pair = isinstance(value, tuple) and len(value) == 2
    if value is not None and not (pair and all(type(side) is int and side >= 1 for side in value)):
        raise OptionError(
            f"size of {instance.kind} must be (height, width) or None for the samples' own, not {value!r}"
        )


def as_images(x: np.ndarray, size: tuple[int, int] | None, kind: str) -> np.ndarray:
    """
    Return samples as a view (N, channels, height, width).

    Raises:
        ShapeError: If they are flat and there is no size, or it does not fit.
    """
    if size is None and x.ndim < 3:
        raise ShapeError(
            f"{kind} is for images, but these samples have the shape {x.shape[1:]}; give size=(height, width)"
        )
    height, width = size or x.shape[-2:]
    if np.prod(x.shape[1:], dtype=int) % (height * width):
        raise ShapeError(f"samples of shape {x.shape[1:]} are no images of {height} x {width}")
    return x.reshape(len(x), -1, height, width)
