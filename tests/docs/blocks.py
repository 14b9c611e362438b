"""The fenced code blocks of a Markdown page, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

FENCE = re.compile(r"(?P<indent> *)(?P<marks>`{3,}|~{3,}) *(?P<info>[^`]*)$")
NOTEST = re.compile(r"<!--\s*notest(?::\s*(?P<reason>.*?))?\s*-->$")

PYTHON = {"python", "py", "python3"}
PROMPTS = {"pycon", "doctest"}
SHELL = {"console", "bash", "sh", "shell", "shell-session"}


@frozen
class Block:
    """
    One fenced block: its language, its code, and the page's line (from 1) on which the code begins.
    """

    lang: str
    code: str
    line: int
    notest: str | None = None
    """Why it is not run; an empty text if no reason was given."""

    @property
    def is_python(self) -> bool:
        return self.lang in PYTHON and not self.has_prompts

    @property
    def has_prompts(self) -> bool:
        """
        Whether it shows a session: ``>>>`` with what was printed.
        """
        return self.lang in PROMPTS or (self.lang in PYTHON and self.code.lstrip().startswith(">>>"))

    def commands(self) -> Iterator[Command]:
        """
        Yield the shell commands; what stands below one that begins with ``$`` is its output.
        """
        lines = self.code.splitlines()
        prompted = any(line.startswith("$ ") for line in lines)
        starts = [i for i, line in enumerate(lines) if (line.startswith("$ ") if prompted else line.strip())]
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            rest = list(lines[start:end])
            text = rest.pop(0).removeprefix("$ ")
            while text.endswith("\\") and rest:
                text = text[:-1] + rest.pop(0)
            yield Command(text.partition("  #")[0].strip(), "\n".join(rest).strip("\n"), self.line + start)


@frozen
class Command:
    """
    One command of a shell block, the output shown below it, and its line on the page.
    """

    text: str
    output: str
    line: int


def blocks(page: Path) -> list[Block]:
    """
    Return the fenced blocks of a Markdown page in order.
    """
    return list(_blocks(page.read_text(encoding="utf-8").splitlines(), page))


def _blocks(lines: list[str], page: Path) -> Iterator[Block]:
    numbered = iter(enumerate(lines, 1))
    before = ""
    for number, line in numbered:
        if opening := FENCE.match(line):
            body: list[str] = []
            for _, inner in numbered:
                if inner.strip().startswith(opening["marks"]) and not inner.strip().strip(
                    opening["marks"][0]
                ):
                    break
                body.append(inner[len(opening["indent"]) :])
            else:
                raise ValueError(f"{page}:{number}: this code block is never closed")
            yield _block(opening["info"], body, number + 1, NOTEST.search(before), page)
        if line.strip():
            before = line.strip()


def _block(info: str, body: list[str], line: int, notest: re.Match[str] | None, page: Path) -> Block:
    lang, _, options = info.strip().partition(" ")
    if "notest" in options:
        raise ValueError(
            f"{page}:{line - 1}: say <!-- notest: reason --> on the line above the block instead"
        )
    code = "".join(f"{text}\n" for text in body)
    return Block(lang.lower(), code, line, None if notest is None else notest["reason"] or "")
