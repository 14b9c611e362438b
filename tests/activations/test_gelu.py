from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from synapse_rx.activations import GELU
from synapse_rx.activations.normal_tail import normal_tail
from tests.scratches import quiet, scratch


def gelu(z: Any, *, approximate: bool = False) -> Any:
    y = np.empty_like(z)
    with quiet():
        GELU(approximate).forward(z, y, scratch(len(z), z.dtype))
    return y


def tail(z: Any) -> Any:
    out = np.empty_like(z)
    with quiet():
        normal_tail(z, out, scratch(len(z), z.dtype))
    return out


def test_the_normal_tail_is_erfc_to_rounding() -> None:
    z = np.linspace(-14, 14, 2001)[:, None]
    exact = np.array([[math.erfc(abs(value) / math.sqrt(2)) / 2] for value in z[:, 0]])

    np.testing.assert_allclose(tail(z[700:1301]), exact[700:1301], rtol=5e-15)
    np.testing.assert_allclose(
        tail(z), exact, rtol=5e-14
    )  # here rounding z^2 / 2 before exp costs two digits


def test_the_normal_tail_is_erfc_to_rounding_in_float32() -> None:
    z = np.linspace(-4, 4, 801, dtype=np.float32)[:, None]
    exact = np.array([[math.erfc(abs(value) / math.sqrt(2)) / 2] for value in z[:, 0]])

    np.testing.assert_allclose(tail(z), exact, rtol=2e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_normal_tail_vanishes_far_out(dtype: type) -> None:
    np.testing.assert_array_equal(tail(np.array([[40.0], [-1e3], [1e15]], dtype)), 0)


def test_gelu_keeps_its_left_tail() -> None:
    z = np.array([[-8.0], [-12.0]])

    exact = z * [[math.erfc(8 / math.sqrt(2)) / 2], [math.erfc(12 / math.sqrt(2)) / 2]]
    np.testing.assert_allclose(gelu(z), exact, rtol=1e-13)


def test_the_tanh_form_is_off_by_less_than_it_says() -> None:
    z = np.linspace(-8, 8, 4001)[:, None]

    assert np.abs(gelu(z) - gelu(z, approximate=True)).max() < 5e-4


def test_the_least_output_lies_in_the_range_given() -> None:
    z = np.linspace(-2, 0, 4001)[:, None]

    assert GELU.range[0] < gelu(z).min() < GELU.range[0] + 0.002
    assert GELU.range[0] < gelu(z, approximate=True).min()
