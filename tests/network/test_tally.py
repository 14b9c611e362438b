"""Sums of errors: the same however an epoch was cut, with or without a known length."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.network.tally import RunningTally, Tally

KINDS = ("loss", "misclassification")
SUMS = np.random.default_rng(0).standard_normal((2, 12)) * 10.0 ** np.arange(-6, 6)
SIZES = np.array([[5.0] * 11 + [2.0], [4.5] * 11 + [1.0]])


def record(tally: Any, cuts: list[int], first: int = 0) -> None:
    edges = [first, *sorted(cut for cut in cuts if cut > first), 12]
    for start, stop in pairwise(edges):
        if stop > start:
            tally.record(start, SUMS[:, start:stop], SIZES[:, start:stop])


@given(st.lists(st.integers(0, 12), max_size=5))
def test_a_running_one_does_not_hang_on_how_batches_are_grouped(cuts: list[int]) -> None:
    whole, parts = RunningTally(KINDS), RunningTally(KINDS)
    record(whole, [])
    record(parts, cuts)

    assert whole.means(0, None) == parts.means(0, None)
    assert whole.samples(None) == parts.samples(None) == 57


def test_both_give_the_mean_over_what_counts() -> None:
    feed = SimpleNamespace(whole=57, total=lambda since: SIZES[1, since:].sum())
    known, running = Tally(KINDS, 12), RunningTally(KINDS)
    record(known, [])
    record(running, [])

    expected = SUMS.sum(axis=1) / SIZES[1].sum()
    assert list(known.means(0, feed).values()) == pytest.approx(expected, rel=1e-12)
    assert list(running.means(0, feed).values()) == pytest.approx(expected, rel=1e-12)
    assert known.samples(feed) == running.samples(feed)


@pytest.mark.parametrize(
    "kind", [lambda: Tally(KINDS, 12), lambda: RunningTally(KINDS)], ids=["known", "running"]
)
@given(at=st.integers(1, 11))
def test_restored_from_its_values_it_goes_on_bit_for_bit(kind: Any, at: int) -> None:
    feed = SimpleNamespace(whole=57, total=lambda since: SIZES[1, since:].sum())
    whole, first, second = kind(), kind(), kind()
    record(whole, [])
    first.record(0, SUMS[:, :at], SIZES[:, :at])

    assert second.restore(first.values(at), at)
    record(second, [], at)

    assert second.means(0, feed) == whole.means(0, feed)
    assert second.samples(feed) == whole.samples(feed)


def test_values_of_other_kinds_are_left_but_for_the_samples() -> None:
    before, after = RunningTally(KINDS), RunningTally(("loss",))
    before.record(0, SUMS[:, :3], SIZES[:, :3])

    assert not after.restore(before.values(3), 3)
    after.record(3, SUMS[:1, 3:], SIZES[:, 3:])

    assert after.samples(None) == 57
    assert after.means(3, None)["loss"] == pytest.approx(SUMS[0, 3:].sum() / SIZES[1, 3:].sum())


def test_begun_again_it_measures_other_kinds_of_the_samples_that_follow() -> None:
    tally = RunningTally(KINDS)
    tally.record(0, SUMS[:, :3], SIZES[:, :3])
    tally.restart(("loss",))
    tally.record(3, SUMS[:1, 3:], SIZES[:, 3:])

    assert list(tally.means(3, None)) == ["loss"]
    assert tally.means(3, None)["loss"] == pytest.approx(SUMS[0, 3:].sum() / SIZES[1, 3:].sum())
    assert tally.samples(None) == 57


def test_without_samples_the_mean_is_no_number() -> None:
    assert np.isnan(RunningTally(("loss",)).means(0, None)["loss"])
