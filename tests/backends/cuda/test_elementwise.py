"""Loops in Python, said in CUDA C++."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from synapse_rx.backends import Backend
from synapse_rx.backends.cuda import Untranslatable, translated
from tests.backends.cuda.loops import LOOPS

Array = Any


def all_at_once(x: Array, low: float, up: bool) -> None:
    for i in range(x.size):
        half, whole = x[i] / 2, x[i]
        if up and not whole <= low:
            x[i] = max(half, low)
        elif whole == low or whole < -low:
            x[i] = np.abs(np.sign(whole) * np.sqrt(low))
        else:
            x[i] *= min(half, 3) if up else half - low


def two_loops(x: Array) -> None:
    for i in range(x.size):
        x[i] = 1
    for i in range(x.size):
        x[i] = 2


def before_the_loop(x: Array, a: float) -> None:
    b = a * a
    for i in range(x.size):
        x[i] = b


def another_element(x: Array) -> None:
    for i in range(x.size):
        x[i] = x[i - 1]


def unknown_function(x: Array) -> None:
    for i in range(x.size):
        x[i] = np.arctan(x[i])


def exchanged(x: Array, y: Array) -> None:
    for i in range(x.size):
        a, b = x[i], y[i]
        a, b = b, a
        x[i] = a


def a_power(x: Array) -> None:
    for i in range(x.size):
        x[i] = x[i] ** 2


def a_keyword(x: Array) -> None:
    for i in range(x.size):
        long = x[i]
        x[i] = long


def what_is_it(x: Array, a: Any) -> None:
    for i in range(x.size):
        x[i] = a


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__name__)
def test_every_loop_of_an_algorithm_is_translated(loop: Any) -> None:
    text = translated(loop)

    assert f'extern "C" __global__ void {loop.__name__}(real* ' in text


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("up", [True, False])
def test_it_computes_what_the_loop_computes(fused: Backend, dtype: Any, up: bool) -> None:
    x = np.array([-3, -0.5, 0, 0.25, 0.5, 1, 9, np.nan, np.inf], dtype)
    assert fused.kernels is not None
    kernel, there = fused.kernels.elementwise(all_at_once, dtype), fused.from_host(x)

    assert kernel is not None
    kernel(there, 0.5, up)
    with np.errstate(all="ignore"):
        all_at_once(x, dtype(0.5), up)

    np.testing.assert_array_equal(fused.to_host(there), x)


@pytest.mark.parametrize(
    ("loop", "why"),
    [
        (two_loops, "before its loop"),
        (before_the_loop, "before its loop"),
        (another_element, "no kernel on a GPU says: x"),
        (unknown_function, "calls np.arctan"),
        (exchanged, "values are exchanged"),
        (a_power, "knows Pow"),
        (a_keyword, "long means something else"),
        (what_is_it, "a is no Array, float or bool but Any"),
        (np.add, "cannot be had"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_has_no_translation_is_refused(loop: Callable[..., Any], why: str) -> None:
    with pytest.raises(Untranslatable, match=why):
        translated(loop)


def test_a_loop_without_translation_is_left_to_its_reference(fused: Backend) -> None:
    assert fused.kernels is not None
    assert fused.kernels.elementwise(a_power, np.float32) is None
