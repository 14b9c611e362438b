"""How far a reader has read, as a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.dashboards.position import Mark, Position

counts = st.integers(0, 10**12 - 1)
marks = st.lists(st.tuples(counts, st.builds(Mark, counts, counts, counts, counts)), max_size=5)


@given(marks)
def test_a_word_is_read_back(found: list[tuple[int, Mark]]) -> None:
    position = Position("0123abcd", tuple(found))

    assert Position.read(position.word(), "0123abcd") == position


@pytest.mark.parametrize(
    "word",
    [
        None,
        "",
        "ffffffff:1.1.1.5.0",
        "0123abcd:1.1.1.5",
        "0123abcd:1.1.1.-5.0",
        "0123abcd:1.1.1.5.0\n",
        "0123abcd:1.1.1.5.0:",
        "0123abcd:1.1.1.٥.0",
        "0123abcd" + ":1.1.1.5.0" * 5000,
    ],
)
def test_a_word_of_somebody_else_or_none_at_all_means_the_very_beginning(word: str | None) -> None:
    assert Position.read(word, "0123abcd") == Position("0123abcd")
