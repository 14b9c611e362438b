"""Every ufunc with a rule, against central differences, on shapes that broadcast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from synapse_rx.autodiff import grad, vjp
from synapse_rx.autodiff.elementwise import ONE, TWO
from synapse_rx.autodiff.special import RULES
from tests.autodiff.differences import check, numbers

seeds = st.integers(0, 1000)
shapes = hnp.array_shapes(min_dims=0, max_dims=3, max_side=3)
pairs = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3).map(lambda s: s.input_shapes)


def within_one(x: Any) -> Any:
    return 0.9 * np.tanh(x)


def positive(x: Any) -> Any:
    return 0.3 + np.abs(x)


def above_one(x: Any) -> Any:
    return 1.3 + np.abs(x)


DOMAINS: dict[Any, Callable[[Any], Any]] = {
    np.arccos: within_one,
    np.arcsin: within_one,
    np.arctanh: within_one,
    np.arccosh: above_one,
    np.cbrt: positive,
    np.log: positive,
    np.log10: positive,
    np.log1p: positive,
    np.log2: positive,
    np.sqrt: positive,
    np.tan: within_one,
    np.power: positive,
    np.float_power: positive,
    np.reciprocal: positive,
    np.divide: positive,
}
JUMPING = {np.fmod, np.remainder}


@pytest.mark.parametrize("ufunc", ONE, ids=lambda ufunc: ufunc.__name__)
@settings(max_examples=10)
@given(shapes, seeds)
def test_every_ufunc_of_one_array(ufunc: Any, shape: tuple[int, ...], seed: int) -> None:
    x = np.asarray(DOMAINS.get(ufunc, lambda x: x)(numbers(shape, seed)))

    check(ufunc, x)


@pytest.mark.parametrize("ufunc", TWO, ids=lambda ufunc: ufunc.__name__)
@settings(max_examples=10)
@given(pairs, seeds)
def test_every_ufunc_of_two_arrays(ufunc: Any, shapes: Any, seed: int) -> None:
    change = DOMAINS.get(ufunc, lambda x: x)
    a, b = (np.asarray(change(numbers(shape, seed + k))) for k, shape in enumerate(shapes))
    if ufunc in JUMPING:
        a, b = np.asarray(np.floor(3 * a) + 0.5 + 0.2 * np.sin(a)), np.ones(b.shape)  # where it does not jump
        check(lambda a: ufunc(a, b), a)
        check(lambda b: ufunc(a, b), b)
    elif ufunc is np.copysign:
        check(lambda a: ufunc(a, b), a)
    else:
        check(ufunc, a, b)


@pytest.mark.parametrize("ufunc", TWO, ids=lambda ufunc: ufunc.__name__)
def test_a_number_on_either_side(ufunc: Any) -> None:
    x = np.array([0.3, 1.7])

    for number in (2, 0.7):
        check(lambda x, number=number: ufunc(x, number), x)
        if ufunc is not np.copysign:
            check(lambda x, number=number: ufunc(number, x), x)


@pytest.mark.parametrize("name", RULES)
def test_every_ufunc_of_scipy(name: str) -> None:
    special = pytest.importorskip("scipy.special")
    x = 0.2 + 0.6 * np.random.default_rng(2).random(5)

    check(getattr(special, name), *[x, 1 - 0.5 * x][: getattr(special, name).nin])


OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: abs(a) ** b,
    "%": lambda a, b: a % 10 + b,
    "negative": lambda a, b: -a * +b,
    "comparison": lambda a, b: a * (a > b) + b * (a <= b) + a * (b == b) + a * (b != b),
}


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_operators_with_arrays_and_numbers_on_either_side(operator: Callable[[Any, Any], Any]) -> None:
    a, b = numbers((2, 3), 1), 1 + np.abs(numbers((3,), 2))

    check(operator, a, b)
    check(lambda a: operator(a, b), a)
    check(lambda b: operator(a, b), b)
    check(lambda a: operator(a, 2.0), a)
    check(lambda b: operator(1.5, b), b)


def test_powers_at_zero_have_the_slope_of_the_polynomial() -> None:
    x = np.zeros(1)

    for n, slope in ((0, 0), (1, 1), (2, 0), (3, 0), (0.0, 0), (1.0, 1)):
        assert grad(lambda x, n=n: (x**n).sum())(x) == slope
        assert grad(lambda x, n=n: (x ** np.array([n])).sum())(x) == slope
    assert grad(grad(lambda x: x**2))(0.0) == 2
    assert grad(lambda n: 0.0**n)(2.0) == 0


def test_equals_share_the_gradient_of_maximum_and_minimum() -> None:
    x = np.array([1.0, 2.0, 3.0])

    for function in (np.maximum, np.minimum, np.fmax, np.fmin):
        da, db = vjp(function, x, x.copy())[1](np.ones(3))
        np.testing.assert_array_equal([da, db], np.full((2, 3), 0.5))


def test_the_logarithm_of_sums_of_powers_survives_large_and_infinite_numbers() -> None:
    a, b = np.array([1000.0, -1000.0, -np.inf, 0.0]), np.array([0.0, -1001.0, 0.0, -np.inf])

    da, db = vjp(np.logaddexp, a, b)[1](np.ones(4))

    np.testing.assert_allclose(da, [1, 1 / (1 + np.exp(-1)), 0, 1])
    np.testing.assert_allclose(db, [0, 1 / (1 + np.exp(1)), 1, 0])


def test_a_type_can_be_asked_for() -> None:
    x = np.ones(2, np.float32)

    y, pullback = vjp(lambda x: np.add(x, 1, dtype=np.float64), x)

    assert y.dtype == np.float64
    assert pullback(np.ones(2))[0].dtype == np.float32
