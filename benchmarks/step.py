"""
Where the time of one training step goes: every array operation with its line, and Python in between.

A backend whose array module times each call shows the operations; what an undisturbed step takes beyond their sum is
Python. The floor of a matrix product is the same product by itself, over and over.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from types import FrameType
from typing import Any

import numpy as np
from attrs import define, field

import synapse_rx
from synapse_rx.backends.numpy import NumpyBackend
from synapse_rx.network.learner import NetworkLearner

from .contestants.problem import Problem, problem
from .harness import alternate, equal_threads, gemm_rate, pinned, table

PACKAGE = Path(synapse_rx.__file__).parent
SAMPLES = 4096
LOCK_FREE = 500
"""numpy gives the interpreter's lock up in an operation on more numbers than this."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 128, 1024], help="batch sizes")
    parser.add_argument("--epochs", type=int, help=f"epochs of {SAMPLES} samples that are measured")


def run(quick: bool = False, batch: tuple[int, ...] = (32, 128, 1024), epochs: int | None = None) -> None:
    with equal_threads(1), pinned(1):
        for size in batch:
            _profile(problem("random", SAMPLES, size), epochs or (2 if quick else 50), 0.02 if quick else 0.3)


def _profile(task: Problem, epochs: int, seconds: float) -> None:
    clock = Clock()
    plain, timed = _epoch(task, NumpyBackend()), _epoch(task, TimedBackend(clock))
    alternate(1, {"plain": plain, "timed": timed}, warmup=0)
    clock.places.clear()
    contest = alternate(epochs, {"plain": plain, "timed": timed}, warmup=0)
    step = contest.median("plain") / task.steps
    places = sorted(clock.places.values(), key=lambda place: -place.seconds)
    steps = epochs * task.steps
    # What is called less than once a step belongs to an epoch or a chunk.
    places = [place for place in places if len(place.times) >= steps]
    for place in places:
        if place.is_product:
            place.measure_floor(seconds)
    _print_places(f"One step of {task.batch}: {1e6 * step:.1f} us", places, steps, step)
    _print_sums(places, steps, step)


def _epoch(task: Problem, backend: NumpyBackend) -> Callable[[], None]:
    learner = NetworkLearner(task.net().value, task.training_set(), backend, chunks=False)

    def epoch() -> None:
        while not learner.learn(1.0).epoch_done:
            pass

    return epoch


@define
class Place:
    """
    One operation on one line, on arrays of the same shapes: the seconds of its calls.
    """

    where: str
    operation: str
    shapes: tuple[tuple[int, ...], ...]
    times: list[float] = field(factory=list)
    floor: float = 0.0
    """Seconds that the product takes by itself; 0 for other operations."""

    @property
    def is_product(self) -> bool:
        return self.operation in ("matmul", "dot") and all(len(shape) == 2 for shape in self.shapes)

    @property
    def frees_the_lock(self) -> bool:
        return max(map(math.prod, self.shapes), default=0) > LOCK_FREE

    @property
    def seconds(self) -> float:
        """Median seconds of a call, times the number of calls."""
        return median(self.times) * len(self.times)

    def measure_floor(self, seconds: float) -> None:
        """
        Do the same product for ``seconds``.
        """
        (m, k), (_, n) = self.shapes[:2]
        self.floor = 2e-9 * m * k * n / gemm_rate(m, k, n, seconds=seconds)


class Clock:
    """
    Times calls and files them by place.
    """

    def __init__(self) -> None:
        self.places: dict[Any, Place] = {}
        self.own = 0.0
        for _ in range(1000):
            self.call("nothing", _nothing, (), {})
        (nothing,) = self.places.values()
        self.own = median(nothing.times)
        self.places.clear()

    def call(self, operation: str, function: Any, arguments: Any, options: Any) -> Any:
        start = perf_counter()
        result = function(*arguments, **options)
        seconds = perf_counter() - start - self.own
        shapes = tuple(argument.shape for argument in arguments if isinstance(argument, np.ndarray))
        frame = sys._getframe(2)
        key = (frame.f_code, frame.f_lineno, shapes)
        place = self.places.get(key)
        if place is None:
            place = self.places[key] = Place(_where(frame), operation, shapes)
        place.times.append(seconds)
        return result


class TimedBackend(NumpyBackend):
    """
    numpy whose every call goes by a clock.
    """

    def __init__(self, clock: Clock) -> None:
        self.xp = TimedNumpy(clock)


class TimedNumpy:
    """
    The module numpy, its functions timed. Methods of arrays are not; they count as Python.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        found = _timed(self._clock, name, getattr(np, name))
        setattr(self, name, found)
        return found


class Timed:
    """
    A function that goes by a clock, and so do its methods, such as ``maximum.reduce``.
    """

    def __init__(self, clock: Clock, name: str, function: Any) -> None:
        self._clock = clock
        self._name = name
        self._function = function

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._clock.call(self._name, self._function, arguments, options)

    def __getattr__(self, name: str) -> Any:
        found = _timed(self._clock, f"{self._name}.{name}", getattr(self._function, name))
        setattr(self, name, found)
        return found


def _timed(clock: Clock, name: str, found: Any) -> Any:
    return Timed(clock, name, found) if callable(found) and not isinstance(found, type) else found


def _nothing() -> None:
    """What a call costs by itself."""


def _where(frame: FrameType) -> str:
    path = Path(frame.f_code.co_filename)
    name = path.relative_to(PACKAGE) if path.is_relative_to(PACKAGE) else path.name
    return f"{name}:{frame.f_lineno} {frame.f_code.co_name}"


def _print_places(title: str, places: list[Place], steps: int, step: float) -> None:
    rows = []
    for place in places:
        own = place.seconds / steps
        floor = f"{1e6 * place.floor:.1f}" if place.floor else ""
        shapes = " ".join("x".join(map(str, shape)) for shape in place.shapes)
        rows.append([place.where, place.operation, shapes, f"{1e6 * own:.2f}", f"{own / step:.1%}", floor])
    table(title, ["line", "operation", "on", "us", "of step", "by itself"], rows)


def _print_sums(places: list[Place], steps: int, step: float) -> None:
    products = [place for place in places if place.is_product]
    product_time = sum(place.seconds for place in products) / steps
    other_time = sum(place.seconds for place in places) / steps - product_time
    floor = sum(place.floor for place in products)
    calls = sum(len(place.times) for place in places) / steps
    drops = sum(len(place.times) for place in places if place.frees_the_lock) / steps
    rows = [
        ["matrix products", product_time, f"{1e6 * floor:.1f} us by themselves"],
        ["other operations", other_time, f"{calls - len(products):.0f} calls"],
        ["Python in between", step - product_time - other_time, f"{drops:.0f} times the lock is given up"],
    ]
    table(
        "Together",
        ["", "us", "of step", ""],
        [[name, f"{1e6 * value:.1f}", f"{value / step:.0%}", note] for name, value, note in rows],
    )
