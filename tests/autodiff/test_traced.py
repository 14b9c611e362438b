"""What a traced array refuses, and what it says then."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from synapse_rx.autodiff import Traced, grad
from synapse_rx.errors import GradientError, SynapseError

X = np.array([[0.3, -1.2, 0.8], [2.0, 0.1, -0.4]])


def traced(x: Any = X) -> Any:
    """
    Return a traced array.
    """
    kept: list[Any] = []
    grad(lambda x: kept.append(x) or 0.0)(x)
    return kept[0]


def assign(x: Any) -> None:
    x[0] = 1


def assign_into_plain(x: Any) -> None:
    out = np.zeros((2, 3))
    out[0] = x[0]


def assign_number_into_plain(x: Any) -> None:
    out = np.zeros(2)
    out[0] = x[0, 0]


def add_in_place(x: Any) -> None:
    x += 1


def add_to_plain(x: Any) -> None:
    out = np.zeros((2, 3))
    out += x


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "assignment": (assign, r"cannot be assigned to; write x = np.where\(condition, new, x\)"),
    "assignment into a plain array": (
        assign_into_plain,
        "cannot become a plain one.*np.stack or np.concatenate",
    ),
    "in place": (
        add_in_place,
        r"add in place would change a traced array; write x = x \+ y instead of x \+= y",
    ),
    "in place into a plain array": (
        add_to_plain,
        r"add\(..., out=\) writes into an array.*a = a \+ b instead",
    ),
    "out": (lambda x: np.exp(x, out=np.empty((2, 3))), r"exp\(..., out=\) writes into an array"),
    "out of a sum": (lambda x: np.sum(x, axis=0, out=np.empty(3)), "np.sum of a traced array takes no out="),
    "where": (
        lambda x: np.exp(x, where=X > 0),
        "exp of a traced array takes no where; choose elements with np.where",
    ),
    "at": (lambda x: np.add.at(np.zeros(3), [0], x[0, 0]), "np.add.at has no gradient rule"),
    "math": (
        lambda x: math.exp(x[0, 0]),
        r"use numpy's functions instead of those of math \(np.exp for math.exp\)",
    ),
    "float": (lambda x: float(x[0, 0]), r"float\(stop_gradient\(x\)\)"),
    "int": (lambda x: int(x[0, 0]), "would lose its gradient"),
    "item": (lambda x: x[0, 0].item(), "would lose its gradient"),
    "index": (lambda x: [1, 2][x[0, 0]], "would lose its gradient"),
    "asarray": (lambda x: np.asarray(x), "cannot become a plain one"),
    "array of traced numbers": (
        lambda x: np.array([x[0, 0], x[0, 1]]),
        "cannot become a plain one.*np.stack",
    ),
    "sort in place": (lambda x: x.sort(), r"sort would change a traced array in place; use np.sort\(x\)"),
    "fill": (lambda x: x.fill(0), r"fill would change a traced array in place; use np.full_like"),
    "copyto": (
        lambda x: np.copyto(np.zeros((2, 3)), x),
        r"np.copyto has no gradient rule; it writes into an array",
    ),
    "a function without a rule": (
        lambda x: np.fft.fft(x),
        "np.fft.fft has no gradient rule; write it in terms of",
    ),
    "a ufunc without a rule": (lambda x: np.modf(x), r"np.modf has no gradient rule; use x - np.trunc\(x\)"),
    "a matrix function without a rule": (
        lambda x: np.linalg.svd(x),
        "np.linalg.svd has no gradient rule; write it in",
    ),
    "quantile": (
        lambda x: np.quantile(x, 0.5),
        r"np.quantile has no gradient rule; take the elements .* np.sort",
    ),
    "complex numbers": (lambda x: x * 1j, "gradients are of real numbers, but this gave complex128"),
    "column order": (lambda x: x.reshape(-1, order="F"), "takes order='C' alone"),
    "clipped take": (lambda x: np.take(x, [9], mode="clip"), "takes no out= and no mode="),
    "a strange norm": (lambda x: np.linalg.norm(x, "nuc"), "takes vector norms"),
    "a strange padding": (lambda x: np.pad(x, 1, mode="linear_ramp"), "takes the modes constant, edge"),
}


@pytest.mark.parametrize(("use", "message"), REFUSED.values(), ids=REFUSED)
def test_what_would_lose_a_gradient_is_refused_with_the_repair(
    use: Callable[[Any], Any], message: str
) -> None:
    def f(x: Any) -> Any:
        use(x)
        return np.sum(x)

    with pytest.raises(GradientError, match=message):
        grad(f)(X)


def test_a_traced_number_is_not_assigned_into_a_plain_array() -> None:
    with pytest.raises(ValueError) as caught:  # numpy puts its own error before ours
        grad(lambda x: assign_number_into_plain(x) or 0.0)(X)

    assert isinstance(caught.value.__cause__, GradientError)


def test_the_error_is_one_of_types_and_of_this_library() -> None:
    assert issubclass(GradientError, TypeError)
    assert issubclass(GradientError, SynapseError)


def test_an_unknown_attribute_is_named() -> None:
    with pytest.raises(AttributeError, match="a traced array has no 'fly'"):
        traced().fly()
    assert not hasattr(traced(), "__array_interface__")
    assert not hasattr(traced(), "__cuda_array_interface__")


def test_it_looks_like_the_array_it_stands_for() -> None:
    x = traced()

    assert isinstance(x, Traced)
    assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((2, 3), 2, 6, np.float64, 2)
    assert np.shape(x) == (2, 3) and np.ndim(x) == 2 and np.size(x) == 6
    assert repr(x) == f"Traced({X!r})"
    assert f"{traced(np.array(0.5)):.3f}" == "0.500"
    assert 0.8 in x and 7 not in x
    with pytest.raises(TypeError, match="len"):
        len(traced(np.array(0.5)))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x > 0,
        lambda x: np.isnan(x),
        lambda x: np.argmax(x, axis=1),
        lambda x: x.argsort(),
        lambda x: np.sign(x),
        lambda x: x.round(),
        lambda x: x.astype(int),
        lambda x: np.zeros_like(x),
        lambda x: np.unique(x),
        lambda x: np.where(x > 0)[0],
        lambda x: np.nonzero(x)[0],
        lambda x: np.isclose(x, x),
        lambda x: x // 1,
        lambda x: np.searchsorted(x[0], 0.1),
        lambda x: (x > 0).any(),
    ],
)
def test_what_is_flat_gives_plain_arrays(function: Callable[[Any], Any]) -> None:
    found = function(traced_open := X.copy())
    kept: list[Any] = []
    grad(lambda x: kept.append(function(x)) or 0.0)(traced_open)

    assert not isinstance(kept[0], Traced)
    np.testing.assert_array_equal(kept[0], found)
