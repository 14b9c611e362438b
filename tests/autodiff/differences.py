"""Vector-Jacobian products of functions of arrays by central differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from synapse_rx.autodiff import vjp
from tests.scratches import central_differences


def numbers(shape: tuple[int, ...], seed: int) -> Any:
    """
    Return different random numbers of both signs that keep away from 0.
    """
    x = np.random.default_rng(seed).standard_normal(shape)
    return np.asarray(x + 0.05 * np.sign(x))


def check(function: Callable[..., Any], *args: Any, order: int = 2, rtol: float = 1e-5) -> None:
    """
    Compare gradients with differences, up to the given order, for a random combination of the outputs.
    """
    y, pullback = vjp(function, *args)
    np.testing.assert_allclose(y, function(*args), rtol=1e-12, atol=1e-12)
    assert np.shape(y) == np.shape(function(*args))
    dy = numbers(np.shape(y), 17)
    gradients = pullback(dy)

    for k, x in enumerate(args):
        wanted = central_differences(
            lambda x, k=k: float(np.sum(dy * function(*args[:k], x, *args[k + 1 :]))), x
        )
        assert gradients[k].shape == x.shape
        np.testing.assert_allclose(gradients[k], wanted, rtol=rtol, atol=1e-7)
    if order > 1:
        check(lambda *args: _joined(vjp(function, *args)[1](dy)), *args, order=order - 1, rtol=10 * rtol)


def _joined(gradients: tuple[Any, ...]) -> Any:
    return np.concatenate([np.ravel(g) for g in gradients])
