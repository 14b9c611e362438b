"""Normalise batches where the program computes."""

from __future__ import annotations

from typing import Any

from ...backends import Backend
from ...data import DataSet, Normalization, StreamSet
from ...errors import DataError
from ...snapshot import Net
from ...typing import Array, Shape


class Normalizer:
    """
    Does what a `Normalization` says to batches, in memory of its own.

    Args:
        backend: Where to compute.
        how: What to do.
        capacity: The most samples in a batch.
        in_shape: What samples look like.
        dtype: The type of the program.

    Attributes:
        shift: What is taken off samples, like one of them.
        scale: What they are multiplied by then; None where there is a matrix.
        matrix: What they are multiplied with as rows; None where there is a scale.
    """

    def __init__(
        self, backend: Backend, how: Normalization, capacity: int, in_shape: Shape, dtype: Any
    ) -> None:
        self._xp = backend.xp
        self.shift = backend.from_host(how.shift.reshape(in_shape), dtype)
        self.scale = None if how.scale is None else backend.from_host(how.scale.reshape(in_shape), dtype)
        self.matrix = None if how.matrix is None else backend.from_host(how.matrix, dtype)
        self._centred = self._xp.empty((capacity, *in_shape), dtype)
        self._whitened = None if self.matrix is None else self._xp.empty_like(self._centred)

    def __call__(self, x: Array) -> Array:
        """Return a batch (N, *in_shape) normalised; it is overwritten by the next call."""
        n = len(x)
        centred = self._xp.subtract(x, self.shift, out=self._centred[:n])
        if self.matrix is None:
            return self._xp.multiply(centred, self.scale, out=centred)
        assert self._whitened is not None
        whitened = self._whitened[:n]
        self._xp.matmul(centred.reshape(n, -1), self.matrix, out=whitened.reshape(n, -1))
        return whitened


def pending(net: Net, data: DataSet | StreamSet) -> Normalization | None:
    """
    Return what is still to be done to samples before ``net`` is given them; None if nothing is.

    Raw samples are normalised as the network's training samples were; normalised ones are not normalised again. A
    network that has not learnt yet takes over the normalisation of the first samples it learns.

    Raises:
        DataError: If they are normalised in another way than the network learnt them.
    """
    wanted, done = net.normalization, data.normalization
    if done is None:
        return wanted
    if done != wanted and (wanted is not None or net.training.stats.steps):
        raise DataError(
            f"these samples are normalised by {done!r}, but this network learnt from samples "
            f"{'as they are' if wanted is None else f'normalised by {wanted!r}'}; give it raw samples, or make them "
            f"with {'no normalize=' if wanted is None else 'normalize=net.normalization'}"
        )
    return data.pending
