"""What the test suite of JavaScript Synaptic asks, for a few seeds; `suite` asks more."""

from __future__ import annotations

import pytest

from tests.graph.suite import SUITE


@pytest.mark.parametrize("name", ["conjunction", "disjunction", "negation", "exclusive_or", "recall"])
@pytest.mark.parametrize("seed", [1, 2])
def test_it_is_learnt(name: str, seed: int) -> None:
    assert SUITE[name](seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sine", "sine_cross_validated", "timing"])
def test_it_is_learnt_in_seconds(name: str) -> None:
    assert SUITE[name](1)


@pytest.mark.parametrize("name", ["engines", "copies", "round_trips", "schedules", "rates"])
def test_it_is_kept(name: str) -> None:
    assert SUITE[name](1)
