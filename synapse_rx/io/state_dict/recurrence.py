"""The weights of recurrent layers in PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from attrs import frozen

from ...layers import GRU, LSTM, RNN, Recurrent
from ...typing import Array

ORDER = {"rnn": [0], "lstm": [0, 1, 3, 2], "gru": [0, 1, 2]}
"""Where PyTorch's gates stand among ours."""

CANDIDATE = 2
"""Which gate of a GRU has a bias of its own within the reset gate's reach."""


@frozen
class Gates:
    """
    ``RNN``, ``LSTM`` and ``GRU`` of PyTorch.

    There, matrices have outputs first, gates may be ordered otherwise, and each gate has two biases, of which only the
    sum counts, so that one of them is zeros here. Of the candidate of a GRU both count.
    """

    layer: Recurrent

    @classmethod
    def of(cls, layer: RNN | LSTM | GRU) -> Gates | None:
        """Return the counterpart of a layer; None if it has what PyTorch's does not know."""
        if isinstance(layer, LSTM):
            return None if layer.peepholes else cls(layer)
        if isinstance(layer, GRU):
            return cls(layer) if layer.reset == "after" else None
        return cls(layer) if layer.activation.kind in ("tanh", "relu") else None

    @property
    def module(self) -> str:
        return type(self.layer).__name__

    def there(self, own: Mapping[str, Array]) -> dict[str, Array]:
        found: dict[str, Array] = {}
        for level, direction, end in self._strands():
            parts = {name: self._blocks(own[f"{name}{level or ''}"])[..., direction, :, :] for name in "WUb"}
            ordered = {name: part[..., self._order, :] for name, part in parts.items()}
            rows = {name: part.reshape(*part.shape[:-2], -1).T for name, part in ordered.items()}
            second = np.zeros_like(ordered["b"])
            if isinstance(self.layer, GRU):
                second[CANDIDATE] = own[f"c{level or ''}"].reshape(-1, self.layer.units)[direction]
            found[f"weight_ih_{end}"], found[f"weight_hh_{end}"] = rows["W"], rows["U"]
            found[f"bias_ih_{end}"], found[f"bias_hh_{end}"] = rows["b"], second.reshape(-1)
        return found

    def back(self, theirs: Mapping[str, Array]) -> dict[str, Array]:
        found: dict[str, Array] = {}
        for level, direction, end in self._strands():
            first, second = (self._by_gate(theirs[f"bias_{name}_{end}"]) for name in ("ih", "hh"))
            total = first + second
            if isinstance(self.layer, GRU):
                total[CANDIDATE] = first[CANDIDATE]
                self._put(found, f"c{level or ''}", second[CANDIDATE][None], direction)
            for name, part in (
                ("W", self._by_gate(theirs[f"weight_ih_{end}"].T)),
                ("U", self._by_gate(theirs[f"weight_hh_{end}"].T)),
                ("b", total),
            ):
                ours = np.empty_like(part)
                ours[..., self._order, :] = part
                self._put(found, f"{name}{level or ''}", ours, direction)
        return {name: array.reshape(*array.shape[:-3], -1) for name, array in found.items()}

    @property
    def _order(self) -> list[int]:
        return ORDER[self.layer.kind]

    def _strands(self) -> Iterator[tuple[int, int, str]]:
        """Yield level, direction and the end of PyTorch's names for them."""
        for level in range(self.layer.layers):
            for direction in range(self.layer.directions):
                yield level, direction, f"l{level}{'_reverse' * direction}"

    def _blocks(self, array: Array) -> Array:
        """Return (..., directions gates units) by direction, gate and unit."""
        layer = self.layer
        return array.reshape(*array.shape[:-1], layer.directions, layer.gates, layer.units)

    def _by_gate(self, array: Array) -> Array:
        """Return (..., gates units) by gate and unit."""
        return array.reshape(*array.shape[:-1], self.layer.gates, self.layer.units)

    def _put(self, found: dict[str, Array], name: str, part: Array, direction: int) -> None:
        """Put (..., gates, units) in the place of a direction."""
        if name not in found:
            shape = (*part.shape[:-2], self.layer.directions, *part.shape[-2:])
            found[name] = np.empty(shape, part.dtype)
        found[name][..., direction, :, :] = part
