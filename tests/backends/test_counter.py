from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.backends import Backend
from synapse_rx.backends.counter import NAME, CounterGenerator


@pytest.fixture
def generator() -> CounterGenerator:
    return CounterGenerator(np, 3)


def test_numbers_are_those_of_the_published_algorithm(generator: CounterGenerator) -> None:
    # The first numbers of SplitMix64 from 1234567 with the golden gamma, as its authors' C code prints them.
    generator.state = (NAME, 1234567, 0x9E3779B97F4A7C15, 0)

    assert [int(z) for z in generator._bits(5)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_pieces_make_the_whole(dtype: Any, generator: CounterGenerator) -> None:
    whole = generator.random(100, dtype)

    again = CounterGenerator(np, 3)
    pieces = np.concatenate([again.random(n, dtype) for n in (1, 60, 39)])

    np.testing.assert_array_equal(pieces, whole)
    assert whole.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_draws_the_same_elsewhere(dtype: Any, generator: CounterGenerator, there: Backend) -> None:
    other = there.generator(3)

    np.testing.assert_array_equal(there.to_host(other.random((5, 7), dtype)), generator.random((5, 7), dtype))
    np.testing.assert_allclose(
        there.to_host(other.standard_normal((5, 7), dtype)),
        generator.standard_normal((5, 7), dtype),
        rtol=1e-5,
        atol=1e-6,
    )


def test_uniform_numbers_fill_their_interval_evenly(generator: CounterGenerator) -> None:
    drawn = generator.random(200_000, np.float32)

    counts = np.bincount((drawn * 100).astype(int), minlength=100)
    chi_squared = float(((counts - 2000) ** 2 / 2000).sum())
    assert 0 <= drawn.min() and drawn.max() < 1
    assert 60 < chi_squared < 149  # the middle 99.8 % of 99 degrees of freedom
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.01


def test_normal_numbers_have_the_moments_of_the_normal_distribution(generator: CounterGenerator) -> None:
    drawn = generator.standard_normal(200_000)

    assert abs(drawn.mean()) < 0.01
    assert abs(drawn.var() - 1) < 0.02
    assert abs((drawn**4).mean() - 3) < 0.1
    assert np.isfinite(drawn).all()


def test_seeds_give_sequences_of_their_own() -> None:
    drawn = {tuple(CounterGenerator(np, seed).random(4)) for seed in (1, 2, [1, 1], [2, 1])}

    assert len(drawn) == 4
