"""What is remembered of a value is worked out once, and goes with it."""

from __future__ import annotations

from weakref import ref

from synapse_rx.remembered import remembered


class Thing:
    """
    Equal to all others of its kind.
    """

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing)

    __hash__ = None  # pyright: ignore[reportAssignmentType]


def test_a_question_is_answered_once_for_each_value_and_each_way_to_ask() -> None:
    asked: list[tuple[Thing, int]] = []

    @remembered
    def answer(thing: Thing, number: int) -> int:
        asked.append((thing, number))
        return len(asked)

    one, other = Thing(), Thing()

    assert [answer(one, 1), answer(one, 2), answer(other, 1), answer(one, 1), answer(one, 2)] == [
        1,
        2,
        3,
        1,
        2,
    ]


def test_a_value_is_not_kept_alive_by_what_is_remembered_of_it() -> None:
    @remembered
    def name(thing: Thing) -> str:
        return "thing"

    thing = Thing()
    assert name(thing) == "thing"
    gone = ref(thing)
    del thing

    assert gone() is None
