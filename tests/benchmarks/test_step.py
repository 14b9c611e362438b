"""The clock of the profile of a step."""

from __future__ import annotations

import numpy as np

from benchmarks.step import Clock, TimedNumpy


def test_the_clock_files_calls_by_operation_and_shapes() -> None:
    clock = Clock()
    xp = TimedNumpy(clock)
    for n in (2, 2, 3):
        xp.matmul(np.ones((n, 4)), np.ones((4, 5)))

    assert xp.float32 is np.float32
    assert [(place.operation, place.shapes, len(place.times)) for place in clock.places.values()] == [
        ("matmul", ((2, 4), (4, 5)), 2),
        ("matmul", ((3, 4), (4, 5)), 1),
    ]
    assert all(place.is_product and place.where.startswith("test_step.py") for place in clock.places.values())


def test_methods_of_functions_are_timed_and_types_left_alone() -> None:
    clock = Clock()
    xp = TimedNumpy(clock)

    assert xp.maximum.reduce(np.array([1, 3, 2])) == 3
    assert xp.finfo is np.finfo
    assert [place.operation for place in clock.places.values()] == ["maximum.reduce"]


def test_small_operations_keep_the_interpreters_lock() -> None:
    clock = Clock()
    xp = TimedNumpy(clock)
    for n in (500, 501):
        xp.exp(np.zeros(n))

    assert [place.frees_the_lock for place in clock.places.values()] == [False, True]
