"""Types into a REPL through a pseudo-terminal, and reads what it answers."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from tests.docs.blocks import Block
from tests.docs.shell import ROOT

SECONDS = 100
"""How long a REPL may take for an answer on a busy machine."""

TYPED_INTO = re.compile(r'typed into "(?P<repl>.+?)"')
PYTHON = re.compile(r"^(?P<prompt>>>>|\.\.\.)(?: (?P<typed>.*))?$")
IPYTHON = re.compile(r"^(?P<prompt>In \[\d+\]:) (?P<typed>.*)$")

COMMANDS = {
    "python": ["-q"],
    "python -m asyncio": ["-m", "asyncio"],
    "ipython": ["-m", "IPython", "--simple-prompt", "--no-banner", "--no-confirm-exit", "--colors=NoColor"],
}


@frozen
class Step:
    """
    What is typed, line by line, what is shown to come back, and the page's line.
    """

    typed: tuple[str, ...]
    answer: str
    line: int

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C is pressed while it runs."""
        return self.answer.startswith("^C")


def steps(block: Block, repl: str) -> Iterator[Step]:
    """
    Yield what a session on a page shows.
    """
    pattern = IPYTHON if repl == "ipython" else PYTHON
    typed: list[str] = []
    answer: list[str] = []
    start = block.line
    for number, line in enumerate(block.code.splitlines(), block.line):
        found = pattern.match(line)
        if found is None or (found["prompt"] == "..." and answer):  # `...` below an answer belongs to it
            answer.append(line)
        elif found["prompt"] == "...":
            typed.append(found["typed"] or "")
        else:
            if typed:
                yield Step(tuple(typed), "\n".join(answer).strip("\n"), start)
            typed, answer, start = [found["typed"] or ""], [], number
    if typed:
        yield Step(tuple(typed), "\n".join(answer).strip("\n"), start)


class Repl:
    """
    A REPL that runs on a terminal.

    Args:
        name: One of `COMMANDS`.
        folder: Where it runs.
    """

    def __init__(self, name: str, folder: Any) -> None:
        import pexpect

        self._prompt = r"In \[\d+\]: " if name == "ipython" else r"(?:>>>|\.\.\.) "
        paths = {"PYTHONPATH": str(ROOT), "TERM": "dumb", "PYTHON_BASIC_REPL": "1", "HOME": str(folder)}
        self.child: Any = pexpect.spawn(
            sys.executable,
            COMMANDS[name],
            env={**os.environ, **paths, "IPYTHONDIR": str(folder), "PYTHON_COLORS": "0"},
            cwd=str(folder),
            encoding="utf-8",
            timeout=SECONDS,
            dimensions=(50, 1000),  # no line of a session is wrapped
            # The shell that runs the tests may have told its children to ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.child.expect(self._prompt)
        if name == "python -m asyncio":  # types its first line itself
            self.child.expect(self._prompt)

    def do(self, step: Step) -> str:
        """
        Type what a step says; return what came back.
        """
        said = ""
        for line in step.typed:
            self.child.sendline(line)
            self.child.expect_exact("\r\n")
            if step.interrupted:
                self.child.sendintr()
            self.child.expect(self._prompt)
            said += self.child.before
        return "\n".join(line.rstrip() for line in said.splitlines()).strip("\n")

    def complete(self, text: str, wanted: str) -> None:
        """
        Type the beginning of a name and press the tab key until the whole name stands there; throw the line away.

        That is done by Ctrl-U and Enter: Ctrl-C would be lost where it comes while a name is looked for.
        """
        self.child.send(f"{text}\t\t")
        self.child.expect_exact(wanted)
        self.child.send("\x15\r")
        self.child.expect_exact("\r\n")
        self.child.expect(self._prompt)

    def close(self) -> None:
        """
        End it as a user does; fail if it does not end.
        """
        self.child.sendeof()
        self.child.read()
        self.child.close()
