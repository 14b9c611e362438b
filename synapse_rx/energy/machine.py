"""The contract of what computes with an energy model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from attrs import frozen

from ..backends import Backend
from ..scratch import Buffers, Scratch
from ..typing import Array
from .energy_loss import EnergyLoss


@frozen(eq=False)
class Workplace:
    """
    Where a machine computes, with what, and what it learns by.

    Attributes:
        backend: Where to compute.
        capacity: The most samples in a batch.
        theta: The parameters, (layout.size,); changes to them are seen.
        loss: What it learns by, as `EnergyArch.fitted` gave it.
        grad: Where gradients go, like theta; None if nothing is learnt.
        rng: What draws; None if nothing is drawn.
        kept: What is kept from batch to batch, (keeps.size,).
    """

    backend: Backend
    capacity: int
    theta: Array
    loss: EnergyLoss
    grad: Array | None = None
    rng: Any = None
    kept: Array | None = None


class Machine(ABC):
    """
    An energy model at work on one flat vector of parameters, with all the memory it works in.

    Members write with ``out=`` into memory of `scratch`, which is made once for the largest batch.

    Args:
        place: Where it computes.

    Attributes:
        kinds: What `learn` and `measure` tell of every sample, by name; the first is what is minimised.
    """

    kinds: tuple[str, ...]

    def __init__(self, place: Workplace) -> None:
        self.backend = place.backend
        self.xp = place.backend.xp
        self.capacity = place.capacity
        self.rng = place.rng
        self._buffers = Buffers(place.backend, place.capacity, place.theta.dtype)
        self._scratches: dict[int, Scratch] = {}

    @abstractmethod
    def learn(self, x: Array, scale: float, values: Array) -> None:
        """
        Write the gradient at a batch, and what it comes to, `kinds`, at every sample.

        Args:
            x: Samples (N, features).
            scale: Multiplies the gradient of the sum over samples; 1/N for the mean.
            values: (kinds, N).
        """

    @abstractmethod
    def measure(self, x: Array, values: Array) -> None:
        """Write `kinds` at every sample of a batch (N, features) into ``values`` (kinds, N), drawing nothing."""

    @abstractmethod
    def forward(self, x: Array) -> Array:
        """Return the answer (N, *out_shape) to samples (N, features), in memory of the machine."""

    def store(self, x: Array, first: int) -> None:
        """
        Change the parameters so that samples (N, features) are stored, for an `EnergyLoss` that ``stores``.

        Args:
            x: The samples.
            first: How many of this epoch were stored before.
        """
        raise AssertionError(f"{type(self).__name__} learns by gradients")

    def forget(self) -> None:
        """Forget what was asked before; there is nothing."""
        return

    @property
    def nbytes(self) -> int:
        """Bytes of working memory made so far; parameters and gradients are not counted."""
        return self._buffers.nbytes

    def scratch(self, n: int) -> Scratch:
        """Return the memory for batches of ``n`` samples."""
        found = self._scratches.get(n)
        if found is None:
            found = self._scratches[n] = Scratch(self.backend, self._buffers, n, rng=self.rng)
        return found
