"""From samples as they are stored to samples as they are learnt."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...backends import Backend
from ...data import Normalization
from ...typing import Array, Shape
from .normalizing import Normalizer


class Conversion:
    """
    Scales, casts and normalises batches, in memory of its own; what is right already stays as it is.

    Args:
        backend: Where to compute.
        stored: The type that samples are stored in.
        scale: What they are multiplied by.
        normalization: How they are normalised then; None for not at all.
        capacity: The most samples in a batch.
        in_shape: What samples look like.
        dtype: The type they are learnt in.
    """

    def __init__(
        self,
        backend: Backend,
        stored: Any,
        scale: float,
        normalization: Normalization | None,
        capacity: int,
        in_shape: Shape,
        dtype: Any,
    ) -> None:
        self._xp = backend.xp
        self._scale = None if scale == 1.0 else np.dtype(dtype).type(scale)
        self.changes_type = self._scale is not None or stored != dtype
        self._made = backend.xp.empty((capacity, *in_shape), dtype) if self.changes_type else None
        self._normalize = (
            None if normalization is None else Normalizer(backend, normalization, capacity, in_shape, dtype)
        )

    @property
    def normalizes(self) -> bool:
        """Whether batches are normalised."""
        return self._normalize is not None

    @property
    def mixes(self) -> bool:
        """Whether normalisation makes each number of a sample from all of them."""
        return self._normalize is not None and self._normalize.matrix is not None

    @property
    def shift(self) -> Array | None:
        """What normalisation takes off, like one sample."""
        return None if self._normalize is None else self._normalize.shift

    @property
    def factor(self) -> Array | None:
        """What normalisation multiplies by then, like one sample."""
        return None if self._normalize is None else self._normalize.scale

    @property
    def scale(self) -> float:
        """What samples are multiplied by."""
        return 1.0 if self._scale is None else float(self._scale)

    def __call__(self, x: Array) -> Array:
        """Return a batch (N, *in_shape) as it is learnt; overwritten by the next call, unless it is ``x`` itself."""
        if self._made is not None:
            made = self._made[: len(x)]
            if self._scale is None:
                made[...] = x
            else:
                self._xp.multiply(x, self._scale, out=made)
            x = made
        return x if self._normalize is None else self._normalize(x)
