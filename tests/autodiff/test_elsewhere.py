"""Arrays that do not live on the host: everything is computed where they are."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from synapse_rx.autodiff import grad, vjp
from synapse_rx.autodiff.elementwise import ONE, TWO
from tests.autodiff.cases import Use
from tests.autodiff.differences import numbers
from tests.autodiff.elsewhere import LIBRARY, Elsewhere, library
from tests.autodiff.test_functions import NAMES, USES


@pytest.fixture(autouse=True)
def _library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, LIBRARY, library())


def at_home(use: Use, x: Any) -> bool:
    """
    Say whether a use is of device arrays alone, without host arrays beside them.
    """
    try:
        use(Elsewhere(x))
    except (TypeError, AttributeError, AssertionError):
        return False
    return True


def shaped(least: int) -> Any:
    return numbers((3, 2, 2)[: max(least, 1)], 1)


HOME = [
    (name, least, use)
    for name, (_, least, use) in zip(NAMES, USES, strict=True)
    if at_home(use, shaped(least))
]


@pytest.mark.parametrize(("name", "least", "use"), HOME, ids=[name for name, _, _ in HOME])
def test_functions_stay_there(name: str, least: int, use: Use) -> None:
    x = shaped(least)
    wanted, pullback = vjp(use, x)
    (dx,) = pullback(np.ones_like(wanted))

    y, pullback = vjp(use, Elsewhere(x))
    (found,) = pullback(Elsewhere(np.ones_like(wanted)))

    assert isinstance(y, Elsewhere) and isinstance(found, Elsewhere)
    np.testing.assert_array_equal(y.held, wanted)
    np.testing.assert_array_equal(found.held, dx)


def test_most_functions_can_be_tried_so() -> None:
    assert len(HOME) > len(USES) / 2


@pytest.mark.parametrize("ufunc", [*ONE, *TWO], ids=lambda ufunc: ufunc.__name__)
def test_ufuncs_stay_there(ufunc: Any) -> None:
    arrays = [numbers((2, 3), 1), numbers((3,), 2)][: ufunc.nin]
    with np.errstate(all="ignore"):
        wanted, pullback = vjp(ufunc, *arrays)
        gradients = pullback(np.ones_like(wanted))

        y, pullback = vjp(ufunc, *map(Elsewhere, arrays))
        found = pullback(Elsewhere(np.ones_like(wanted)))

    np.testing.assert_array_equal(y.held, wanted)
    for dx, wanted_dx in zip(found, gradients, strict=True):
        np.testing.assert_array_equal(dx.held, wanted_dx)


def test_second_derivatives_stay_there() -> None:
    def f(x: Any) -> Any:
        h = np.tanh(np.matmul(x, x[1:3].T) + x[0, :1]) ** 2
        return np.sum(np.where(h > 0.1, h, np.sort(h, axis=0))) + np.max(x) + np.prod(x[0])

    def twice(x: Any) -> Any:
        return grad(lambda x: np.sum(grad(f)(x) ** 2))(x)

    x = numbers((4, 4), 3)

    np.testing.assert_allclose(twice(Elsewhere(x)).held, twice(x), rtol=1e-12)
