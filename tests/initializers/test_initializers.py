from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.errors import OptionError
from synapse_rx.initializers import (
    Constant,
    Glorot,
    He,
    Initializer,
    LeCun,
    LogitUniform,
    Orthogonal,
    ScaledNormal,
    Uniform,
    Zeros,
)

OPTIONS: dict[type[Initializer], dict[str, Any]] = {
    Constant: {"value": 0.5},
    LogitUniform: {"low": 0, "high": 0.01},
    Uniform: {"low": -1, "high": 2},
}
# Not those of packages above, which fit one shape only.
HERE = [
    member for member in Initializer.members() if member.__module__.startswith("synapse_rx.initializers.")
]
EVERY = [member(**OPTIONS.get(member, {})) for member in HERE]
VARIANTS = [Glorot("normal"), Glorot(gain=2), He("uniform"), LeCun("uniform"), Orthogonal(gain=0.5)]


def draw(initializer: Initializer, shape: tuple[int, ...], fan_in: int, fan_out: int, seed: int = 0) -> Any:
    return initializer.draw(np.random.default_rng(seed), shape, fan_in, fan_out)


@pytest.mark.parametrize("initializer", EVERY + VARIANTS, ids=str)
class TestEveryInitializer:
    @pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4,), (), (6, 2, 3, 3), (0, 3)], ids=str)
    def test_it_gives_float64_of_the_shape(self, initializer: Initializer, shape: tuple[int, ...]) -> None:
        drawn = draw(initializer, shape, 5, 3)

        assert drawn.dtype == np.float64
        assert drawn.shape == shape
        assert np.isfinite(drawn).all()

    def test_one_seed_gives_one_draw(self, initializer: Initializer) -> None:
        np.testing.assert_array_equal(
            draw(initializer, (5, 3), 5, 3, seed=4), draw(initializer, (5, 3), 5, 3, seed=4)
        )

    def test_it_gives_an_array_of_its_own(self, initializer: Initializer) -> None:
        drawn = draw(initializer, (5, 3), 5, 3)

        assert drawn.flags.writeable
        assert drawn.flags.c_contiguous

    def test_it_survives_the_way_to_plain_data_and_back(self, initializer: Initializer) -> None:
        assert Initializer.of(initializer.to_data()) == initializer


@pytest.mark.parametrize(
    ("initializer", "std"),
    [
        (ScaledNormal(), 1 / 300),
        (Glorot(), (2 / 500) ** 0.5),
        (Glorot("normal"), (2 / 500) ** 0.5),
        (Glorot(gain=3), 3 * (2 / 500) ** 0.5),
        (He(), (2 / 300) ** 0.5),
        (He("uniform"), (2 / 300) ** 0.5),
        (LeCun(), (1 / 300) ** 0.5),
        (LeCun("uniform"), (1 / 300) ** 0.5),
    ],
    ids=str,
)
def test_the_draws_have_mean_zero_and_the_deviation_promised(initializer: Initializer, std: float) -> None:
    drawn = draw(initializer, (300, 200), 300, 200)

    assert drawn.mean() == pytest.approx(0, abs=0.02 * std)
    assert drawn.std() == pytest.approx(std, rel=0.02)


@pytest.mark.parametrize(
    ("initializer", "limit"),
    [
        (Glorot(), (6 / 500) ** 0.5),
        (He("uniform"), (6 / 300) ** 0.5),
        (LeCun("uniform"), (3 / 300) ** 0.5),
    ],
    ids=str,
)
def test_uniform_draws_keep_within_their_limit(initializer: Initializer, limit: float) -> None:
    largest = np.abs(draw(initializer, (300, 200), 300, 200)).max()

    assert 0.99 * limit < largest <= limit


@pytest.mark.parametrize("shape", [(6, 6), (8, 3), (3, 8)], ids=str)
def test_the_shorter_side_is_orthonormal(shape: tuple[int, int]) -> None:
    w = draw(Orthogonal(gain=2), shape, *shape)

    product = w @ w.T if shape[0] < shape[1] else w.T @ w
    np.testing.assert_allclose(product, 4 * np.eye(min(shape)), atol=1e-14)


@pytest.mark.parametrize(
    ("shape", "fan_in", "matrix"),
    [((4, 2, 3, 3), 18, (4, 18)), ((3, 3, 2, 4), 18, (18, 4)), ((4, 2, 5), 99, (4, 10))],
    ids=str,
)
def test_kernels_are_orthogonal_between_their_outputs(
    shape: tuple[int, ...], fan_in: int, matrix: tuple[int, int]
) -> None:
    w = draw(Orthogonal(), shape, fan_in, 4).reshape(matrix)

    product = w @ w.T if matrix[0] < matrix[1] else w.T @ w
    np.testing.assert_allclose(product, np.eye(4), atol=1e-14)


def test_orthogonal_matrices_prefer_no_direction() -> None:
    # Without the correction of signs, the diagonal of a QR factor is mostly of one sign.
    traces = [np.trace(draw(Orthogonal(), (4, 4), 4, 4, seed=seed)) for seed in range(400)]

    assert np.mean(traces) == pytest.approx(0, abs=0.2)
    assert np.var(traces) == pytest.approx(1, abs=0.25)


def test_constants_are_what_they_say() -> None:
    assert (draw(Constant(1.5), (2, 3), 2, 3) == 1.5).all()
    assert (draw(Zeros(), (2, 3), 2, 3) == 0).all()


@pytest.mark.parametrize(
    ("name", "initializer"),
    [("synaptic", ScaledNormal()), ("xavier", Glorot()), ("kaiming", He()), ("LeCun", LeCun())],
)
def test_other_names_are_understood(name: str, initializer: Initializer) -> None:
    assert Initializer.of(name) == initializer


@pytest.mark.parametrize(
    ("make", "wanted"),
    [
        (lambda: Glorot("gaussian"), "distribution of glorot must be 'uniform' or 'normal', not 'gaussian'"),
        (lambda: He(distribution="both"), "distribution of he must be 'uniform' or 'normal', not 'both'"),
        (lambda: Glorot(gain=-1), "gain of glorot must be a number >= 0, not -1.0"),
        (lambda: Orthogonal(float("nan")), "gain of orthogonal must be a number >= 0, not nan"),
        (lambda: Constant(float("inf")), "value of constant must be a finite number, not inf"),
        (lambda: Constant("a"), "value of constant must be a finite number, not 'a'"),
        (lambda: Initializer.of("constant"), "constant needs value"),
    ],
)
def test_an_option_out_of_range_is_refused_by_name(make: Any, wanted: str) -> None:
    with pytest.raises(OptionError) as caught:
        make()

    assert str(caught.value) == wanted


options = st.one_of(
    st.builds(Constant, st.floats(allow_nan=False, allow_infinity=False)),
    st.builds(Glorot, st.sampled_from(["uniform", "normal"]), st.floats(0, 1e9)),
    st.builds(He, st.sampled_from(["uniform", "normal"])),
    st.builds(LeCun, st.sampled_from(["uniform", "normal"])),
    st.builds(Orthogonal, st.floats(0, 1e9)),
)


@given(options)
def test_any_options_survive_the_way_to_plain_data_and_back(initializer: Initializer) -> None:
    assert Initializer.of(initializer.to_data()) == initializer


def test_uniform_numbers_fill_their_interval() -> None:
    drawn = draw(Uniform(-1, 2), (100_000,), 1, 1)

    assert -1 < drawn.min() < -0.999
    assert 1.999 < drawn.max() <= 2
    assert drawn.mean() == pytest.approx(0.5, abs=0.01)


def test_sigmoids_of_uniform_logits_are_uniform() -> None:
    p = 1 / (1 + np.exp(-draw(LogitUniform(0, 0.01), (100_000,), 1, 1)))

    assert 0 < p.min() < 1e-6
    assert p.max() == pytest.approx(0.01, rel=1e-3)
    assert p.mean() == pytest.approx(0.005, rel=0.01)


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (Uniform, {"low": 1, "high": 1}, "high of uniform must be a number above low, which is 1.0, not 1.0"),
        (Uniform, {"low": 0, "high": float("inf")}, "high of uniform must be a finite number, not inf"),
        (LogitUniform, {"low": 0, "high": 1}, r"high of logit_uniform must be a number in \[0, 1\), not 1.0"),
        (LogitUniform, {"low": 0.5, "high": 0.1}, "high of logit_uniform must be a number above low"),
    ],
)
def test_limits_in_the_wrong_order_are_refused(make: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        make(**options)
