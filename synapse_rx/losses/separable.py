"""Losses that are a sum over the outputs."""

from __future__ import annotations

from abc import abstractmethod

from ..activations.rows import row_sum
from ..scratch import Scratch
from ..typing import Array
from .base import Loss


class Separable(Loss):
    """
    A loss that compares each output with its own target alone, ``factor * sum_k l(y_k, t_k)``.

    Members write the terms of that sum; leaving some out is what `Censored` does.

    Shapes:
        missing (N, outputs) of bool, True where a term is left out; terms (N, outputs)
    """

    def factor(self, outputs: int) -> float:
        """Return what the sum of the terms is multiplied by."""
        return 1.0

    @abstractmethod
    def terms(self, y: Array, t: Array, terms: Array, s: Scratch) -> None:
        """Write each output's share of the loss, before the factor, into ``terms``."""

    @abstractmethod
    def slopes(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        """Write ``scale`` times the loss's derivative by each output into ``dy``."""

    def linked_terms(
        self, z: Array, y: Array, t: Array, terms: Array, dz: Array, scale: float, s: Scratch
    ) -> None:
        """From logits behind the canonical link: write outputs, terms and scaled derivatives by the logits."""
        raise AssertionError(f"{self.kind} has no canonical link")

    def by_kernel(
        self,
        y: Array,
        t: Array,
        s: Scratch,
        *,
        z: Array | None = None,
        values: Array | None = None,
        dy: Array | None = None,
        scale: float = 1.0,
    ) -> bool:
        """
        Write what is given room in one pass by a kernel of the device; return whether there is one for this.

        Args:
            y: Outputs (N, outputs).
            t: Targets, the same.
            s: Memory, and the device's kernels.
            z: Logits, where y is still to come from them.
            values: Where the losses go (N,).
            dy: Where ``scale`` times the gradient goes, by the logits where they are given.
            scale: What gradients are multiplied by.
        """
        return False

    def values(self, y: Array, t: Array, values: Array, s: Scratch, missing: Array | None = None) -> None:
        if missing is None and in_one_piece(y, t, values) and self.by_kernel(y, t, s, values=values):
            return
        terms = s.array("loss_terms", y.shape[1:])
        self.terms(y, t, terms, s)
        self._total(terms, values, s, missing)

    def gradient(
        self, y: Array, t: Array, dy: Array, scale: float, s: Scratch, missing: Array | None = None
    ) -> None:
        if missing is None and in_one_piece(y, t, dy) and self.by_kernel(y, t, s, dy=dy, scale=scale):
            return
        self.slopes(y, t, dy, scale, s)
        clear(dy, missing, s)

    def linked(
        self,
        z: Array,
        y: Array,
        t: Array,
        values: Array,
        dz: Array,
        scale: float,
        s: Scratch,
        missing: Array | None = None,
    ) -> None:
        fit = missing is None and in_one_piece(z, y, t, values, dz)
        if fit and self.by_kernel(y, t, s, z=z, values=values, dy=dz, scale=scale):
            return
        terms = s.array("loss_terms", z.shape[1:])
        self.linked_terms(z, y, t, terms, dz, scale, s)
        self._total(terms, values, s, missing)
        clear(dz, missing, s)

    def _total(self, terms: Array, values: Array, s: Scratch, missing: Array | None) -> None:
        clear(terms, missing, s)
        row_sum(terms, values, s)
        factor = self.factor(terms.shape[-1])
        if factor != 1:
            s.xp.multiply(values, factor, out=values)


def in_one_piece(*arrays: Array) -> bool:
    """Return whether kernels of devices can read and write these."""
    return all(array.flags.c_contiguous for array in arrays)


def clear(x: Array, missing: Array | None, s: Scratch) -> None:
    """Write 0 into ``x`` where ``missing``; multiplying would keep NaN and infinity."""
    if missing is not None:
        s.xp.copyto(x, 0.0, where=missing)
