from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.losses import Huber, MeanAbsoluteError, SquaredError
from tests.losses.judged import judged

deltas = st.floats(0.01, 100)
shares = st.lists(st.floats(-1, 1), min_size=1, max_size=5)


@given(deltas, shares)
def test_small_residuals_cost_their_square(delta: float, share: list[float]) -> None:
    y = delta * np.array([share])

    ours, squared = judged(Huber(delta), y, 0 * y), judged(SquaredError(), y, 0 * y)

    np.testing.assert_allclose(ours[0], squared[0], rtol=1e-12, atol=1e-300)
    np.testing.assert_array_equal(ours[1], squared[1])


@given(deltas, st.floats(1, 1e6), st.sampled_from([-1, 1]))
def test_large_residuals_pull_with_the_force_delta(delta: float, share: float, sign: int) -> None:
    d = sign * delta * share

    values, dy = judged(Huber(delta), [[d]], [[0]])

    np.testing.assert_allclose(values, delta * (abs(d) - delta / 2), rtol=1e-9)
    assert dy == [[sign * delta]]


def test_for_a_tiny_delta_it_is_the_absolute_error_times_delta(rng: np.random.Generator) -> None:
    y, t = rng.standard_normal((5, 3)), rng.standard_normal((5, 3))

    values, dy = judged(Huber(1e-9), y, t)
    absolute, slope = judged(MeanAbsoluteError(), y, t)

    np.testing.assert_allclose(values / 1e-9, 3 * absolute, rtol=1e-6)
    np.testing.assert_allclose(dy / 1e-9, 3 * slope)


def test_a_residual_as_large_as_numbers_go_costs_a_finite_amount() -> None:
    values, dy = judged(Huber(), [[1e38]], [[0]], dtype=np.float32)

    assert np.isfinite(values).all()
    assert dy == [[1]]


def test_the_absolute_error_of_what_is_right_pulls_nowhere() -> None:
    values, dy = judged(MeanAbsoluteError(), [[1, 2, 5, -3]], [[1, 3, 1, -3]])

    assert values == [1.25]
    np.testing.assert_array_equal(dy, [[0, -0.25, 0.25, 0]])
