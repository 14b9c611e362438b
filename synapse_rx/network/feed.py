"""Batches of a data set, where the program computes and in its type."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backends import Backend
from ..data import DataSet, Normalization
from ..typing import Array, Shape
from .normalizing import Normalizer


class Feed:
    """
    Hands out the batches of a data set, in its own order or in one given, normalised if asked to, without allocating.

    Samples that are stored as they are learnt and taken in their own order are not even copied. Others (8-bit images,
    shuffled epochs) are gathered and scaled into one buffer.
    """

    def __init__(
        self,
        backend: Backend,
        data: DataSet,
        batch: int,
        in_shape: Shape,
        dtype: Any,
        normalization: Normalization | None = None,
    ) -> None:
        n = len(data)
        self.batch = min(batch, n)
        self.n = n
        self.n_batches = -(-n // self.batch)
        self._xp = backend.xp
        self._backend = backend
        self._scale = None if data.scale == 1.0 else np.dtype(dtype).type(data.scale)
        self._x = backend.share(data.x.reshape(n, *in_shape))
        self._t = None if data.y is None else backend.share(_typed(data.y, dtype))
        self._weights = None if data.weights is None else _typed(data.weights, dtype)
        self._counts: np.ndarray | None = None
        self._w: Array | None = None
        self._order: Array | None = None
        self._cast = self._scale is not None or self._x.dtype != dtype
        self._gathered = self._buffer(self._x.dtype) if self._cast else None
        self._made = self._buffer(dtype)
        self._made_t = None if self._t is None else self._xp.empty((self.batch, *self._t.shape[1:]), dtype)
        self._normalize = (
            None if normalization is None else Normalizer(backend, normalization, self.batch, in_shape, dtype)
        )
        self.start(None)

    def start(self, order: np.ndarray | None) -> None:
        """Begin an epoch in the order given; None for the data's own."""
        self._order = None if order is None else self._backend.share(order)
        if self._weights is not None:
            self._counts = self._weights if order is None else self._weights[order]
            self._w = self._backend.share(self._counts)

    def span(self, index: int) -> tuple[int, int]:
        """Return the first sample of batch ``index`` and the one behind its last, in the epoch's order."""
        start = index * self.batch
        return start, min(start + self.batch, self.n)

    def get(self, index: int) -> tuple[Array, Array]:
        """Return samples and targets of batch ``index``; both are overwritten by the next call."""
        start, stop = self.span(index)
        n = stop - start
        if self._order is None:
            x = self._x[start:stop]
            t = None if self._t is None else self._t[start:stop]
        else:
            rows = self._order[start:stop]
            x = self._take(self._x, rows, self._gathered if self._cast else self._made, n)
            t = None if self._t is None else self._take(self._t, rows, self._made_t, n)
        if self._cast:
            x = self._converted(x, n)
        return (x if self._normalize is None else self._normalize(x)), t

    def weights(self, index: int) -> Array | None:
        """Return how often each sample of batch ``index`` counts; None if each counts once."""
        return None if self._w is None else self._w[slice(*self.span(index))]

    def total(self, first: int = 0) -> float:
        """Return how often the samples from batch ``first`` on count together: their number, unless weighted."""
        start = min(first * self.batch, self.n)
        if self._counts is None:
            return float(self.n - start)
        return float(self._counts[start:].sum(dtype=np.float64))

    def _converted(self, x: Array, n: int) -> Array:
        out = self._made[:n]
        if self._scale is None:
            out[...] = x
        else:
            self._xp.multiply(x, self._scale, out=out)
        return out

    def _take(self, source: Array, rows: Array, buffer: Array, n: int) -> Array:
        out = buffer[:n]
        # mode="clip": with the default numpy would gather into a temporary first.
        self._xp.take(source, rows, axis=0, out=out, mode="clip")
        return out

    def _buffer(self, dtype: Any) -> Array:
        return self._xp.empty((self.batch, *self._x.shape[1:]), dtype)


def _typed(y: Array, dtype: Any) -> Array:
    return y if y.dtype == dtype else y.astype(dtype)
