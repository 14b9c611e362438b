"""What is done to every update around the algorithm (`Update`), on the flat vectors."""

from __future__ import annotations

from ..backends import Backend
from ..params import Entry, Layout, path_of
from ..typing import Array
from ..update import Update


class Updating:
    """
    Carries out an `Update` on parameters and gradient.

    Args:
        update: What to do.
        layout: Which part of the vectors is which parameter.
        backend: Where the vectors live.
        theta: The parameters.
        grad: The gradient.
        average: The moving average so far, or None to begin with the present parameters.
    """

    def __init__(
        self,
        update: Update,
        layout: Layout,
        backend: Backend,
        theta: Array,
        grad: Array,
        average: Array | None,
    ) -> None:
        self.update = update
        self._xp = backend.xp
        self._theta = theta
        self._grad = grad
        self._weights = _runs([entry for entry in layout.entries if entry.regularized])
        self._factors = [
            (run, factor) for layer, factor in update.factors for run in _of_layer(layout, layer)
        ]
        self._bounded = [entry for entry in layout.entries if entry.regularized and len(entry.shape) > 1]
        self._before = {run: self._xp.empty_like(theta[slice(*run)]) for run, _ in self._factors}
        self._scratch: Array = None if update.regularization is None else self._xp.empty_like(theta)
        self.average = self._first_average(average)

    def move_to(self, theta: Array) -> None:
        """Work on other parameters from now on."""
        self._theta = theta

    def penalty(self) -> float:
        """Return the penalty of the present weights."""
        penalty = self.update.regularization
        if penalty is None:
            return 0.0
        return sum(penalty.penalty(self._theta[slice(*run)], self._xp) for run in self._weights)

    def shape_gradient(self) -> None:
        """Add the penalty's derivative to the gradient and clip it."""
        update, grad, xp = self.update, self._grad, self._xp
        if update.regularization is not None:
            for run in self._weights:
                part = slice(*run)
                update.regularization.add_derivative(self._theta[part], grad[part], self._scratch[part], xp)
        for run, factor in self._factors:
            if factor == 0:
                grad[slice(*run)] = 0
        if update.clip_value is not None:
            xp.clip(grad, -update.clip_value, update.clip_value, out=grad)
        if update.clip_norm is not None:
            norm = xp.sqrt(xp.dot(grad, grad))
            # Without a branch, so that a device need not be asked: longer gradients are scaled, shorter ones kept.
            xp.multiply(grad, update.clip_norm / xp.maximum(norm, update.clip_norm), out=grad)

    def before_step(self) -> None:
        """Keep what is needed to scale the steps of layers with a factor of their own."""
        for run, before in self._before.items():
            before[...] = self._theta[slice(*run)]

    def after_step(self) -> None:
        """Scale the steps of such layers, pull weights back to the maximal norm, move the average."""
        for run, factor in self._factors:
            self._scale_step(self._theta[slice(*run)], self._before[run], factor)
        if self.update.max_norm is not None:
            for entry in self._bounded:
                self._pull_back(entry)
        if self.average is not None and self.update.averaging is not None:
            decay = self.update.averaging
            # average += (1 - decay) (theta - average); the gradient is spent and serves as scratch
            self._xp.subtract(self._theta, self.average, out=self._grad)
            self._xp.multiply(self._grad, 1.0 - decay, out=self._grad)
            self._xp.add(self.average, self._grad, out=self.average)

    def _scale_step(self, theta: Array, before: Array, factor: float) -> None:
        if factor == 0:
            theta[...] = before
            return
        self._xp.subtract(theta, before, out=theta)
        self._xp.multiply(theta, factor, out=theta)
        self._xp.add(theta, before, out=theta)

    def _pull_back(self, entry: Entry) -> None:
        weights, xp, bound = entry.view(self._theta), self._xp, self.update.max_norm
        unit = entry.unit_axis % len(entry.shape)
        others = tuple(axis for axis in range(len(entry.shape)) if axis != unit)
        norms = xp.sqrt((weights * weights).sum(axis=others, keepdims=True))
        xp.multiply(weights, bound / xp.maximum(norms, bound), out=weights)

    def _first_average(self, average: Array | None) -> Array | None:
        if self.update.averaging is None:
            return None
        return self._theta.copy() if average is None else average


def _runs(entries: list[Entry]) -> list[tuple[int, int]]:
    """Return the spans of ``entries`` in the flat vector, neighbours joined."""
    runs: list[tuple[int, int]] = []
    for entry in entries:
        start, stop = entry.offset, entry.offset + entry.size
        if runs and runs[-1][1] == start:
            runs[-1] = (runs[-1][0], stop)
        else:
            runs.append((start, stop))
    return runs


def _of_layer(layout: Layout, layer: int | str) -> list[tuple[int, int]]:
    path = path_of(layer)
    return _runs([entry for entry in layout.entries if entry.path[: len(path)] == path])
