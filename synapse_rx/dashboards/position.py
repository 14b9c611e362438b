"""How far a reader has read, as a word that it can give back."""

from __future__ import annotations

import re

from attrs import frozen

PATTERN = re.compile(r"([0-9a-f]{8})((?::[0-9]{1,12}(?:\.[0-9]{1,12}){4})*)")

LONGEST = 20_000
"""Characters of such a word that are looked at."""


@frozen
class Mark:
    """
    What a reader knows of one network.

    Attributes:
        line: The number of its line of history; a network that is taken back begins another one.
        description: The number of what does not change with every epoch: layers, algorithm, options.
        epochs: Complete epochs.
        events: Events.
    """

    line: int
    description: int
    epochs: int
    events: int


@frozen
class Position:
    """
    What a reader knows of all networks.

    Attributes:
        source: What it has it from; what another feed told is of no use.
        marks: For each network, by its number.
    """

    source: str
    marks: tuple[tuple[int, Mark], ...] = ()

    def word(self) -> str:
        """Return it as the id of a server-sent event."""
        return self.source + "".join(
            f":{number}.{mark.line}.{mark.description}.{mark.epochs}.{mark.events}"
            for number, mark in self.marks
        )

    @classmethod
    def read(cls, word: str | None, source: str, longest: int = LONGEST) -> Position:
        """Return the position that ``word`` stands for; the one before everything if it is none of ``source``."""
        found = PATTERN.fullmatch(word) if word and len(word) <= longest else None
        if found is None or found[1] != source:
            return cls(source)
        marks: list[tuple[int, Mark]] = []
        for part in found[2].split(":")[1:]:
            number, *counts = map(int, part.split("."))
            marks.append((number, Mark(*counts)))
        return cls(source, tuple(marks))
