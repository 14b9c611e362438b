"""The line search by itself, on functions of one number."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.algorithms.line_search import ACCEPTED, FAILED, ON, judge, new_search, start

Function = Callable[[float], tuple[float, float]]
DECREASE, CURVATURE = 1e-4, 0.9


def search(
    f: Function, first: float, curvature: float = CURVATURE, trials: int = 25
) -> tuple[float, int, int]:
    """
    Return the last step tried, the verdict and how many trials it took.
    """
    state, verdict = new_search(), ON
    start(state, *f(0.0), first)
    tried = first
    while verdict == ON:
        tried = state["step"]
        verdict = judge(state, *f(tried), decrease=DECREASE, curvature=curvature, noise=0.0, trials=trials)
    return tried, verdict, state["trials"]


def strong_wolfe(f: Function, step: float, curvature: float = CURVATURE) -> bool:
    (start_loss, start_slope), (loss, slope) = f(0.0), f(step)
    return loss <= start_loss + DECREASE * step * start_slope and abs(slope) <= -curvature * start_slope


def more_thuente_1(a: float) -> tuple[float, float]:
    """
    Moré & Thuente, 1994, equation 5.1 with beta = 2; its minimum is at sqrt(2).
    """
    return -a / (a * a + 2), (a * a - 2) / (a * a + 2) ** 2


def more_thuente_2(a: float) -> tuple[float, float]:
    """
    The same, equation 5.2 with beta = 0.004: a steep fall that begins late.
    """
    b = a + 0.004
    return b**5 - 2 * b**4, 5 * b**4 - 8 * b**3


def more_thuente_4(a: float) -> tuple[float, float]:
    """
    The same, equation 5.4 with both betas 0.001: flat on both sides of a kink.
    """
    beta = 0.001
    gamma = math.sqrt(1 + beta * beta) - beta
    right, left = math.sqrt((1 - a) ** 2 + beta * beta), math.sqrt(a * a + beta * beta)
    return gamma * (right + left), gamma * (-(1 - a) / right + a / left)


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 10.0, 1000.0])
@pytest.mark.parametrize(
    ("f", "curvature"), [(more_thuente_1, 0.1), (more_thuente_2, 0.1), (more_thuente_4, 0.1)]
)
def test_the_functions_of_more_and_thuente_are_searched_in_few_trials(
    f: Function, curvature: float, first: float
) -> None:
    step, verdict, trials = search(f, first, curvature)

    assert verdict == ACCEPTED
    assert strong_wolfe(f, step, curvature)
    assert trials <= 14


@given(
    st.floats(0.01, 100), st.floats(0.01, 100), st.floats(-3, 3), st.floats(1e-4, 1e4), st.floats(0.05, 0.95)
)
def test_what_is_accepted_fulfils_the_strong_wolfe_conditions(
    fall: float, width: float, skew: float, first: float, curvature: float
) -> None:
    def f(a: float) -> tuple[float, float]:
        # falls with slope -fall at 0, with its minimum a way off, bent by a sine
        x = a / width
        value = fall * width * (x * x / 2 - x + 0.1 * skew * (math.cos(x) - 1))
        return value, fall * (x - 1 - 0.1 * skew * math.sin(x))

    step, verdict, _ = search(f, first, curvature, trials=60)

    assert verdict == ACCEPTED
    assert strong_wolfe(f, step, curvature)


@pytest.mark.parametrize("lost", [math.inf, math.nan])
def test_steps_into_the_infinite_are_taken_back(lost: float) -> None:
    def f(a: float) -> tuple[float, float]:
        return (lost, lost) if a > 1 else ((a - 0.7) ** 2, 2 * (a - 0.7))

    step, verdict, _ = search(f, 1e6, trials=60)

    assert verdict == ACCEPTED
    assert strong_wolfe(f, step)


def test_a_function_without_bottom_is_given_up_at_its_best() -> None:
    step, verdict, trials = search(lambda a: (-a, -1.0), 1.0, trials=8)

    assert verdict == FAILED
    assert trials == 8
    assert step > 1e6


def test_a_slope_that_is_a_lie_is_given_up() -> None:
    _, verdict, _ = search(lambda a: (a, -1.0), 1.0)

    assert verdict == FAILED


def test_below_the_noise_the_slope_decides() -> None:
    state = new_search()
    start(state, 1.0, -1e-9, 1.0)

    risen = dict(loss=1.0 + 1e-15, slope=1e-10, decrease=DECREASE, curvature=CURVATURE, trials=25)

    assert judge(dict(state), **risen, noise=0.0) != ACCEPTED
    assert judge(dict(state), **risen, noise=1e-14) == ACCEPTED
