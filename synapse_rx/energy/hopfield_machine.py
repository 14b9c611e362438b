"""A Hopfield network at work."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..scratch import Scratch
from ..typing import Array
from .attractor import Attractor
from .drawing import draw_binary
from .hebbian import Hebbian
from .machine import Workplace
from .moving import move
from .probability_flow import ProbabilityFlow
from .sampler import Sampler

SWEEPS = 100
"""How often all units move at most before an answer is given; networks come to rest long before."""

KNOWN = 1e-6
"""Share of a pattern's length, squared, that counts as nothing new to the projection rule: rounding of float32."""


class HopfieldMachine(Attractor, Sampler):
    """
    Couplings of units of -1 and 1.

    Errors: ``unstable``, the share of units that would change, and ``energy``; before them ``probability_flow`` where
    that is made small.

    Args:
        arch: The description, with ``layout``.
        place: Where it computes; the loss says how patterns are stored.
    """

    def __init__(self, arch: Any, place: Workplace) -> None:
        super().__init__(place)
        theta, loss, grad = place.theta, place.loss, place.grad
        self.units: int = arch.units
        params = arch.layout.views(theta, (0,))
        self.weights, self.bias = params["W"], params["b"]
        self._own = self.weights.reshape(-1)[:: self.units + 1]  # a view of the diagonal
        self._grads = {} if grad is None else arch.layout.views(grad, (0,))
        self._flows = isinstance(loss, ProbabilityFlow)
        self._hebbian = isinstance(loss, Hebbian)
        self.kinds = ("probability_flow",) * self._flows + ("unstable", "energy")

    def learn(self, x: Array, scale: float, values: Array) -> None:
        """Write the gradient of the probability flow, and the errors (`Machine`)."""
        s, xp = self.scratch(len(x)), self.xp
        states = self._signs(x, s)
        flow = self._errors(states, values, s)
        # e_i = exp(-x_i field_i); dK/dW_ij = -(e_i + e_j) x_i x_j, both couplings being one; dK/db_i = -e_i x_i
        xp.multiply(flow, states, out=flow)
        weights, bias = self._grads["W"], self._grads["b"]
        half = s.fixed("half", weights.shape)
        xp.matmul(flow.T, states, out=half)
        xp.add(half, half.T, out=weights)
        weights.reshape(-1)[:: self.units + 1] = 0
        xp.multiply(weights, -scale, out=weights)
        xp.matmul(s.ones(), flow, out=bias)
        xp.multiply(bias, -scale, out=bias)

    def measure(self, x: Array, values: Array) -> None:
        """Write the errors (`Machine`)."""
        s = self.scratch(len(x))
        self._errors(self._signs(x, s), values, s)

    def forward(self, x: Array) -> Array:
        """Return the states that samples come to rest in, their units moving in order (`Machine`)."""
        s = self.scratch(len(x))
        states = self._signs(x, s)
        before = s.array("before", (self.units,))
        order = np.arange(self.units)
        for _ in range(SWEEPS):
            before[...] = states
            self.descend(states, order)
            if (before == states).all().item():
                break
        return states

    def store(self, x: Array, first: int) -> None:
        """Add samples to what is stored, by Hebb's rule or the projection rule (`Machine`)."""
        s, xp = self.scratch(len(x)), self.xp
        states = self._signs(x, s)
        if self._hebbian:
            products = s.fixed("half", self.weights.shape)
            xp.matmul(states.T, states, out=products)
            xp.divide(products, self.units, out=products)
            xp.add(self.weights, products, out=self.weights)
            self._own[...] = 0
            return
        # Once for each batch and not in steps: in float64, and with memory of its own.
        patterns = states.astype(np.float64)
        rest = patterns - patterns @ self.weights.astype(np.float64)
        lengths, axes = xp.linalg.eigh(rest @ rest.T)
        new = lengths > KNOWN * self.units
        # How many are new is not asked, for which a device would be waited for: the others count 0 times.
        along, shares = axes.T @ rest, new / xp.where(new, lengths, 1)
        self.weights += along.T @ (along * shares[:, None])

    def begin(self, x: Array) -> Array:
        """Return 1 where samples are above 0, else -1 (`Attractor`, `Sampler`)."""
        return self._signs(x, self.scratch(len(x))).copy()

    def noise(self, n: int) -> Array:
        """Return states drawn by tossing coins (`Sampler`)."""
        drawn = self.xp.empty((n, self.units), self.weights.dtype)
        draw_binary(self.xp.full_like(drawn, 0.5), drawn, self.rng, self.xp)
        return drawn * 2 - 1

    def energies(self, x: Array, values: Array) -> None:
        """Write the energies of states (`Attractor`)."""
        s = self.scratch(len(x))
        self._energies(x, self._fields(x, s), values, s)

    def descend(self, x: Array, order: Array | None, clamped: Array | None = None) -> None:
        """Set units by the sign of their fields; where that is 0 they stay (`Attractor`)."""
        s, xp = self.scratch(len(x)), self.xp
        if order is None:
            fields = self._fields(x, s)
            xp.sign(fields, out=fields)
            still = fields == 0 if clamped is None else (fields == 0) | clamped
            xp.copyto(x, fields, where=~still)
            return
        thresholds = self._thresholds(s)
        thresholds.fill(0)
        move(x, self._fields(x, s), self.weights, order, thresholds, _mask(x, clamped, s), s)

    def sweep(self, x: Array, temperature: float, clamped: Array | None = None) -> None:
        """
        Draw every unit once by its probability at a temperature, given all others: heat bath (`Sampler`).

        ``p(x_i = 1) = sigmoid(2 field_i / temperature)`` leaves ``exp(-E / temperature)`` as it is: with u drawn
        uniformly, that is where the field is above ``ln(u / (1 - u)) temperature / 2``.
        """
        s, xp = self.scratch(len(x)), self.xp
        drawn, thresholds = s.array("drawn", (self.units,)), self._thresholds(s)
        self.rng.random(drawn.shape, dtype=drawn.dtype, out=drawn)
        xp.log(drawn, out=thresholds)
        xp.negative(drawn, out=drawn)
        xp.log1p(drawn, out=drawn)
        xp.subtract(thresholds, drawn, out=thresholds)
        xp.multiply(thresholds, temperature / 2, out=thresholds)
        order = np.arange(self.units)
        move(x, self._fields(x, s), self.weights, order, thresholds, _mask(x, clamped, s), s)

    def _thresholds(self, s: Scratch) -> Array:
        return s.array("thresholds", (self.units,))

    def _signs(self, x: Array, s: Scratch) -> Array:
        states = s.array("states", (self.units,))
        self.xp.sign(x, out=states)
        self.xp.maximum(states, 0.0, out=states)
        self.xp.multiply(states, 2.0, out=states)
        return self.xp.subtract(states, 1.0, out=states)

    def _fields(self, x: Array, s: Scratch) -> Array:
        fields, own = s.array("fields", (self.units,)), s.array("own", (self.units,))
        self.xp.matmul(x, self.weights, out=fields)
        self.xp.multiply(x, self._own, out=own)
        self.xp.subtract(fields, own, out=fields)
        return self.xp.add(fields, self.bias, out=fields)

    def _energies(self, x: Array, fields: Array, values: Array, s: Scratch) -> None:
        # -1/2 x (fields - b) - b x = -1/2 x (fields + b)
        both = s.array("both", (self.units,))
        self.xp.add(fields, self.bias, out=both)
        self.xp.multiply(both, x, out=both)
        self.xp.sum(both, axis=1, out=values)
        self.xp.multiply(values, -0.5, out=values)

    def _errors(self, states: Array, values: Array, s: Scratch) -> Array:
        """Write all errors into ``values`` and return ``exp(-x_i field_i)`` (N, units)."""
        xp = self.xp
        fields = self._fields(states, s)
        self._energies(states, fields, values[-1], s)
        margins = s.array("both", (self.units,))
        xp.multiply(fields, states, out=margins)
        unstable = s.array("unstable", (self.units,))
        xp.less(margins, 0.0, out=unstable)
        xp.mean(unstable, axis=1, out=values[-2])
        xp.negative(margins, out=margins)
        xp.exp(margins, out=margins)
        if self._flows:
            xp.sum(margins, axis=1, out=values[0])
        return margins


def _mask(x: Array, clamped: Array | None, s: Scratch) -> Array:
    if clamped is not None:
        return clamped
    nothing = s.array("nothing", x.shape[1:], bool)
    nothing.fill(False)
    return nothing
