"""A neuron graph as a function that remembers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..atoms import Atom
from ..backends import NumpyBackend
from ..errors import DataError, ShapeError
from ..network.compiled import snapshot_of
from ..snapshot import Net
from ..typing import Array
from .weights import graph_of

HOST = NumpyBackend()


class Standalone:
    """
    A function that activates a neuron graph step by step and remembers what the next step needs.

    It holds a copy of the weights, so that training the network on changes nothing in it. Not for several threads at
    once.

    Args:
        net: The snapshot; it goes on from what that one remembers.
    """

    def __init__(self, net: Net) -> None:
        graph = graph_of(net)
        self._net = net
        self._features = graph.features
        self._capacity = 0
        self._program: Any = None
        names = net.kept.names
        self._memory = {n: net.kept[f"0.{n}"] for n in ("activation", "state") if f"0.{n}" in names}
        self._remember(1)

    def __call__(self, inputs: Any) -> Array:
        """
        Activate the graph and return its outputs.

        Args:
            inputs: One step (features,), or several in their order (steps, features).

        Returns:
            The outputs (outputs,), or (steps, outputs).

        Raises:
            ShapeError: If there are more or fewer numbers than inputs.
            DataError: If they are no finite numbers.
        """
        try:
            x = np.asarray(inputs, self._net.params.flat.dtype)
        except (TypeError, ValueError):
            raise DataError(f"inputs are numbers, not {inputs!r}") from None
        if x.ndim not in (1, 2) or x.shape[-1] != self._features or not x.size:
            raise ShapeError(
                f"this graph takes ({self._features},) or (steps, {self._features}), not {x.shape}"
            )
        if not np.isfinite(x).all():
            raise DataError("inputs must be finite numbers")
        rows = np.ascontiguousarray(x.reshape(-1, self._features))
        if len(rows) > self._capacity:
            self._remember(len(rows))
        with np.errstate(all="ignore"):
            y = self._program.forward(rows)
        return y[0].copy() if x.ndim == 1 else y.copy()

    def clear(self) -> None:
        """Forget what was before."""
        self._program.forget()

    def _remember(self, capacity: int) -> None:
        """Make room for as many steps at once, and go on from what is remembered."""
        if self._program is not None:
            self._memory = {
                name.rpartition(".")[2]: value[0].copy() for name, value in self._program.states.items()
            }
        net = self._net
        self._capacity = capacity
        self._program = net.arch.program(HOST, capacity, net.params.flat.copy(), kept=net.kept.flat.copy())
        states = {}
        for name, row in self._memory.items():
            states[f"0.{name}"] = np.repeat(row[None], capacity, axis=0)
        self._program.restore(states)

    def __repr__(self) -> str:
        return f"<Standalone {self._net.arch!r}>"


def standalone(net: Atom[Net] | Net) -> Standalone:
    """
    Return a network of a neuron graph as a function of one step after another, which remembers.

    Args:
        net: A cell, of which the present snapshot is taken, or a snapshot.

    Raises:
        OptionError: If it is another network.
    """
    return Standalone(snapshot_of(net))
