"""Batches on a device, gathered, cast, scaled and normalised by one kernel."""

from __future__ import annotations

from typing import Any

from ...backends import Backend
from ...backends.cuda import Gather
from ...typing import Array, Shape
from .conversion import Conversion


class Gathering:
    """
    Makes batches of samples and targets that lie on a device, in memory of its own.

    Args:
        gather: The kernel.
        converted: What is to be done to them.
        batch: The most samples in a batch.
        in_shape: What samples look like.
        dtype: The type they are learnt in.
    """

    def __init__(
        self, gather: Gather, converted: Conversion, batch: int, in_shape: Shape, dtype: Any
    ) -> None:
        self._gather, self._converted = gather, converted
        self._empty = gather.xp.empty
        self._made: dict[str, Array] = {}
        self._batch, self._in_shape, self._dtype = batch, in_shape, dtype

    @classmethod
    def of(
        cls, backend: Backend, stored: Any, converted: Conversion, batch: int, in_shape: Shape, dtype: Any
    ) -> Gathering | None:
        """Return what makes batches of samples stored in a type; None where array functions have to."""
        gather = None if backend.kernels is None else backend.kernels.get(Gather, dtype)
        if gather is None or not gather.takes(stored) or converted.mixes:
            return None
        return cls(gather, converted, batch, in_shape, dtype)

    def samples(self, x: Array, order: Array | None, start: int, stop: int) -> Array:
        """
        Return samples ``start`` to ``stop`` of an order as they are learnt; overwritten by the next call.

        Args:
            x: All of them as stored, (N, *in_shape), in one piece.
            order: The order (N,); None for their own.
            start: The first of them.
            stop: The one behind the last.
        """
        converted = self._converted
        if order is None and not converted.changes_type and not converted.normalizes:
            return x[start:stop]
        out = self._buffer("samples", self._in_shape)[: stop - start]
        self._gather(x, order, start, out, converted.scale, converted.shift, converted.factor)
        return out

    def targets(self, t: Array, order: Array, start: int, stop: int) -> Array:
        """Return targets of an order; overwritten by the next call."""
        out = self._buffer("targets", t.shape[1:])[: stop - start]
        self._gather(t, order, start, out)
        return out

    def _buffer(self, name: str, shape: Shape) -> Array:
        if name not in self._made:
            self._made[name] = self._empty((self._batch, *shape), self._dtype)
        return self._made[name]
