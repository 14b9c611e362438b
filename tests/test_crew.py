"""Threads that share work."""

from __future__ import annotations

from threading import Barrier, current_thread

import pytest
from threadpoolctl import threadpool_limits

from synapse_rx import crew


def test_everybody_does_a_part_at_the_same_time() -> None:
    parts, met = {}, Barrier(3, timeout=60)

    def part(hand: int, first: int, last: int) -> None:
        met.wait()
        parts[hand] = (first, last, current_thread())

    assert crew.share(7, 3, part) == 3

    assert {hand: span[:2] for hand, span in parts.items()} == {0: (0, 2), 1: (2, 4), 2: (4, 7)}
    assert parts[0][2] is current_thread()
    assert len({thread for _, _, thread in parts.values()}) == 3


def test_nobody_comes_for_nothing() -> None:
    parts = []

    assert crew.share(1, 4, lambda *part: parts.append(part)) == 1
    assert parts == [(0, 0, 1)]


@pytest.mark.parametrize("failing", [0, 1])
def test_a_part_that_fails_is_told_when_all_are_done(failing: int) -> None:
    done = []

    def part(hand: int, first: int, last: int) -> None:
        if hand == failing:
            raise ValueError(f"part {hand}")
        done.append(hand)

    with pytest.raises(ValueError, match=f"part {failing}"):
        crew.share(2, 2, part)
    assert done == [1 - failing]


def test_they_are_as_many_as_matrix_products_have() -> None:
    with threadpool_limits(1):
        assert crew.threads() == 1


def test_small_networks_have_one_thread() -> None:
    assert crew.default_threads(crew.SMALL - 1) == 1
    assert crew.default_threads(crew.SMALL) is None
