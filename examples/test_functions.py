"""
The paths of all algorithms over the classic test functions, drawn, with the point they move in a cell.

What to look at: an algorithm knows nothing of networks, only of a vector and its gradient (the class `Plane`). Every
step swaps a new `Point` into the cell; the path is what a watch has seen. The driver starts each step from the point in
the cell, so a swap from elsewhere moves it in mid-descent.

    python examples/test_functions.py [folder for the pictures]
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, field, frozen
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import synapse_rx as sx
from synapse_rx.algorithms import FullBatchAlgorithm

STEPS = 200


@frozen
class Point:
    """A place, the value there, and the number of steps that led to it."""

    x: float
    y: float
    value: float
    step: int = 0


@frozen
class Surface:
    """
    A function of two numbers with its gradient.

    Attributes:
        name: What it is called.
        value: The function; takes arrays, too.
        gradient: Its two derivatives.
        start: Where to begin.
        minima: Where it is smallest.
        window: What is drawn: left, right, bottom, top.
        rate: A learning rate for steps in proportion to the gradient, which depends on how steep it is.
        length: One for steps whose length the algorithm chooses, which depends on how wide it is.
    """

    name: str
    value: Callable[[Any, Any], Any]
    gradient: Callable[[float, float], tuple[float, float]]
    start: tuple[float, float]
    minima: tuple[tuple[float, float], ...]
    window: tuple[float, float, float, float]
    rate: float
    length: float

    def point(self, x: float, y: float, step: int = 0) -> Point:
        """Return the point above (x, y)."""
        return Point(x, y, float(self.value(x, y)), step)


class Plane:
    """Two numbers to be chosen, as algorithms see them: all that the contract `Problem` asks for."""

    xp: Any = np
    remote = False

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self.theta = np.zeros(2)
        self.grad = np.zeros(2)
        self._temporaries = np.zeros((2, 2))

    @property
    def loss(self) -> float:
        """The value at theta."""
        return float(self._surface.value(*self.theta))

    def told(self, *numbers: Any) -> list[float]:
        """Return the value at theta, and other numbers as they are."""
        return [self.loss, *map(float, numbers)]

    def evaluate(self) -> None:
        """Compute the gradient at theta."""
        self.grad[:] = self._surface.gradient(*self.theta)

    def zeros(self) -> Any:
        """Return a new vector of zeros."""
        return np.zeros(2)

    def blocks(self, *vectors: Any) -> Iterator[tuple[Any, ...]]:
        """Yield the vectors whole."""
        yield vectors

    def compiled(self, kernel: Any) -> None:
        """Return None: two numbers are not worth a compiler."""

    def temporary(self, k: int) -> Any:
        """Return scratch vector number ``k``."""
        return self._temporaries[k]


def descend(
    cell: sx.Atom[Point], surface: Surface, algorithm: sx.Algorithm, steps: int = STEPS
) -> Iterator[Point]:
    """Move the point in the cell, step by step, from wherever it is then; yield it after each."""
    plane = Plane(surface)
    plane.theta[:] = cell.value.x, cell.value.y
    state = algorithm.init(plane)
    for number in range(steps):
        plane.theta[:] = cell.value.x, cell.value.y
        advance(algorithm.at(epoch=number, step=number), plane, state)
        x, y = map(float, plane.theta)
        yield cell.swap(lambda old, new: evolve(new, step=old.step + 1), surface.point(x, y))


def advance(algorithm: sx.Algorithm, plane: Plane, state: dict[str, Any]) -> None:
    """Take one step; one with a line search evaluates until it has found the next point."""
    if not isinstance(algorithm, FullBatchAlgorithm):
        algorithm.step(plane, state)
        return
    algorithm.begin(plane, state)
    plane.evaluate()
    while not algorithm.advance(plane, state):
        plane.evaluate()


def path(surface: Surface, algorithm: sx.Algorithm, steps: int = STEPS) -> list[Point]:
    """Return the points that a watch sees while an algorithm descends from the surface's start."""
    seen = [surface.point(*surface.start)]
    cell = sx.atom(seen[0])
    cell.add_watch("path", lambda key, cell, old, new: seen.append(new))
    for point in descend(cell, surface, algorithm, steps):
        if not np.isfinite(point.value):
            break
    return seen


def algorithms(surface: Surface) -> dict[str, sx.Algorithm]:
    """Return every algorithm that needs nothing but a gradient, with rates that suit the surface."""
    rate, length = surface.rate, surface.length
    return {
        "SGD": sx.Backprop(rate),
        "SGD, momentum": sx.Backprop(rate, momentum=0.9),
        "SGD, Nesterov": sx.Backprop(rate, momentum=0.9, nesterov=True),
        "SGD, gains": sx.Backprop(rate, momentum=0.5, adaptive=True, max_gain=4.0),
        "RProp, irprop-": sx.RProp(length),
        "RProp, synaptic": sx.RProp(length, variant="synaptic"),
        "RMSprop": sx.RMSprop(length),
        "RMSprop, centred": sx.RMSprop(length, centered=True),
        "Adam": sx.Adam(2 * length),
        "AdamW": sx.AdamW(2 * length, weight_decay=0.05),
        "NAdam": sx.NAdam(2 * length),
        "Adadelta": sx.Adadelta(epsilon=(length / 4) ** 2),
        "Adagrad": sx.Adagrad(10 * length),
        "Lion": sx.Lion(length),
        "L-BFGS": sx.LBFGS(),
    }


def _rosenbrock(x: Any, y: Any) -> Any:
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def _rosenbrock_gradient(x: float, y: float) -> tuple[float, float]:
    return -2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)


def _rastrigin(x: Any, y: Any) -> Any:
    return 20 + x * x - 10 * np.cos(2 * np.pi * x) + y * y - 10 * np.cos(2 * np.pi * y)


def _rastrigin_gradient(x: float, y: float) -> tuple[float, float]:
    return 2 * x + 20 * np.pi * np.sin(2 * np.pi * x), 2 * y + 20 * np.pi * np.sin(2 * np.pi * y)


def _ackley(x: Any, y: Any) -> Any:
    waves = (np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)) / 2
    return 20 + np.e - 20 * np.exp(-0.2 * np.sqrt((x * x + y * y) / 2)) - np.exp(waves)


def _ackley_gradient(x: float, y: float) -> tuple[float, float]:
    r = max(np.sqrt((x * x + y * y) / 2), 1e-12)  # the tip is at 0
    waves = (np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)) / 2
    slope, wave = 2 * np.exp(-0.2 * r) / r, np.pi * np.exp(waves)
    return slope * x + wave * np.sin(2 * np.pi * x), slope * y + wave * np.sin(2 * np.pi * y)


def _himmelblau(x: Any, y: Any) -> Any:
    return (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2


def _himmelblau_gradient(x: float, y: float) -> tuple[float, float]:
    a, b = x * x + y - 11, x + y * y - 7
    return 4 * x * a + 2 * b, 2 * a + 4 * y * b


B, C, T = 5.1 / (4 * np.pi**2), 5 / np.pi, 1 / (8 * np.pi)
"""Branin's constants."""


def _branin(x: Any, y: Any) -> Any:
    return (y - B * x * x + C * x - 6) ** 2 + 10 * (1 - T) * np.cos(x) + 10


def _branin_gradient(x: float, y: float) -> tuple[float, float]:
    across = 2 * (y - B * x * x + C * x - 6)
    return across * (C - 2 * B * x) - 10 * (1 - T) * np.sin(x), across


def _camel(x: Any, y: Any) -> Any:
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2


def _camel_gradient(x: float, y: float) -> tuple[float, float]:
    return 8 * x - 8.4 * x**3 + 2 * x**5 + y, x - 8 * y + 16 * y**3


SURFACES: Mapping[str, Surface] = {
    surface.name: surface
    for surface in (
        Surface(
            "Rosenbrock",
            _rosenbrock,
            _rosenbrock_gradient,
            start=(-1.2, 1.0),
            minima=((1, 1),),
            window=(-1.7, 1.7, -0.7, 1.9),
            rate=0.001,
            length=0.05,
        ),
        Surface(
            "Rastrigin",
            _rastrigin,
            _rastrigin_gradient,
            start=(2.2, 1.7),
            minima=((0, 0),),
            window=(-2.8, 2.8, -2.8, 2.8),
            rate=0.004,
            length=0.2,
        ),
        Surface(
            "Ackley",
            _ackley,
            _ackley_gradient,
            start=(2.7, -1.7),
            minima=((0, 0),),
            window=(-3.5, 3.5, -3.5, 3.5),
            rate=0.05,
            length=0.2,
        ),
        Surface(
            "Himmelblau",
            _himmelblau,
            _himmelblau_gradient,
            start=(0.2, -0.5),
            minima=((3, 2), (-2.805118, 3.131312), (-3.779310, -3.283186), (3.584428, -1.848126)),
            window=(-5, 5, -5, 5),
            rate=0.002,
            length=0.1,
        ),
        Surface(
            "Branin",
            _branin,
            _branin_gradient,
            start=(5.5, 12.0),
            minima=((-np.pi, 12.275), (np.pi, 2.275), (9.42478, 2.475)),
            window=(-5, 11, -1, 15),
            rate=0.02,
            length=0.1,
        ),
        Surface(
            "Six-hump camel",
            _camel,
            _camel_gradient,
            start=(1.9, 0.9),
            minima=((0.0898, -0.7126), (-0.0898, 0.7126)),
            window=(-2.1, 2.1, -1.2, 1.2),
            rate=0.02,
            length=0.1,
        ),
    )
}


@frozen
class Landscape:
    """A surface as contour lines, more of them where it is low."""

    surface: Surface
    lines: tuple[Any, Any, Any] = field(init=False)

    def __attrs_post_init__(self) -> None:
        left, right, bottom, top = self.surface.window
        x, y = np.meshgrid(np.linspace(left, right, 70), np.linspace(bottom, top, 70))
        z = self.surface.value(x, y)
        object.__setattr__(self, "lines", (x, y, np.log1p(z - z.min())))

    def draw(self, axes: Axes, points: list[Point], title: str) -> None:
        """Draw the surface, its minima, and a path from its first to its last point."""
        left, right, bottom, top = self.surface.window
        axes.contour(*self.lines, levels=7, colors="#b8c4ce", linewidths=0.6)
        axes.plot(*zip(*self.surface.minima, strict=True), "x", color="#2a9d5c", markersize=4)
        x, y = [point.x for point in points], [point.y for point in points]
        axes.plot(x, y, "-", color="#c0392b", linewidth=0.7, marker=".", markersize=1.5)
        axes.plot(x[0], y[0], "o", color="#34495e", markersize=3)
        axes.plot(x[-1], y[-1], "o", color="#c0392b", markersize=3)
        axes.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[])
        axes.set_title(title, fontsize=7, pad=2)


def draw(surface: Surface, paths: Mapping[str, list[Point]]) -> Figure:
    """Return a picture with a panel for each path."""
    figure = Figure(figsize=(8, 5.4), dpi=100, layout="constrained", facecolor="white")
    landscape = Landscape(surface)
    for index, (name, points) in enumerate(paths.items(), 1):
        axes = figure.add_subplot(3, 5, index)
        landscape.draw(axes, points, f"{name}: {points[-1].value:.3g}")
    figure.suptitle(f"{surface.name}, {STEPS} steps and the value they lead to", fontsize=9)
    return figure


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for surface in SURFACES.values():
        paths = {name: path(surface, algorithm) for name, algorithm in algorithms(surface).items()}
        file = folder / f"{surface.name.lower().replace(' ', '-')}.png"
        draw(surface, paths).savefig(file, pil_kwargs={"optimize": True})
        least = surface.point(*surface.minima[0]).value
        found = [name for name, points in paths.items() if points[-1].value < least + 0.01]
        print(f"{file}: a lowest point is found by {'; '.join(found) or 'none'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("test-functions"))
