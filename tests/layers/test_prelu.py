from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.errors import OptionError
from synapse_rx.layers import PReLU
from tests.contracts.layer import Chain


def test_only_inputs_that_are_not_positive_move_the_slope() -> None:
    chain = Chain(PReLU("layer"), (3,), 2)
    chain.theta[...] = 0.5

    y = chain.forward(np.array([[2.0, -4.0, 0.0], [-1.0, 3.0, -2.0]])).copy()
    dx = chain.backward(np.array([[10.0, 1.0, 1.0], [2.0, 10.0, 3.0]]))

    np.testing.assert_array_equal(y, [[2, -2, 0], [-0.5, 3, -1]])
    np.testing.assert_array_equal(chain.grad, [-4 - 2 - 6])
    np.testing.assert_array_equal(dx, [[10, 0.5, 0.5], [1, 10, 1.5]])


@pytest.mark.parametrize(
    ("per", "shape", "slopes"),
    [
        ("channel", (3, 4, 5), (3,)),
        ("channel", (6,), (6,)),
        ("element", (3, 4), (3, 4)),
        ("layer", (3, 4), ()),
    ],
)
def test_there_is_a_slope_for_each_channel_or_element_or_for_all(
    per: str, shape: tuple[int, ...], slopes: tuple[int, ...]
) -> None:
    (spec,) = PReLU(per).specs(shape)

    assert spec.shape == slopes
    assert not spec.regularized


def test_slopes_may_be_negative() -> None:
    chain = Chain(PReLU(), (1,), 1)
    chain.theta[...] = -1

    np.testing.assert_array_equal(chain.forward(np.array([[-3.0]])), [[3]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"per": "unit"}, "per of prelu must be 'channel' or 'element' or 'layer', not 'unit'"),
        ({"slope": float("inf")}, "slope of prelu must be a finite number, not inf"),
    ],
)
def test_an_option_out_of_range_is_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        PReLU(**options)

    assert str(caught.value) == message
