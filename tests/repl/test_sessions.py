"""The sessions on docs/repl.md, typed into the REPLs they are of."""

from __future__ import annotations

import doctest
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.blocks import Block, blocks
from tests.docs.shell import ROOT
from tests.repl.terminal import COMMANDS, TYPED_INTO, Repl, Step, steps

pytest.importorskip("pexpect", reason="pexpect is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
]
PAGE = ROOT / "docs" / "repl.md"
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def sessions(repl: str) -> list[Block]:
    """
    Return the blocks of the page that are typed into ``repl``, which are one session.
    """
    found = [(TYPED_INTO.search(block.notest or ""), block) for block in blocks(PAGE)]
    return [block for match, block in found if match is not None and match["repl"] == repl]


@pytest.fixture
def terminal(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Repl]:
    repl = Repl(getattr(request, "param", "python"), tmp_path)
    yield repl
    repl.close()
    assert repl.child.exitstatus == 0


@pytest.mark.parametrize("terminal", COMMANDS, indirect=True, ids=str)
def test_a_session_on_the_page_is_what_happens(terminal: Repl, request: pytest.FixtureRequest) -> None:
    repl = request.node.callspec.params["terminal"]
    shown = [step for block in sessions(repl) for step in steps(block, repl)]
    assert shown

    for step in shown:
        _check(step, terminal.do(step))


def _check(step: Step, said: str) -> None:
    wanted = step.answer.removeprefix("^C")
    got = said.removeprefix("^C")
    if got.startswith("Traceback (most recent call last):"):
        # As in doctest: a traceback is shown by its first and its last line.
        got = f"Traceback (most recent call last):\n  ...\n{_error(got)}"
    if wanted != got and not doctest.OutputChecker().check_output(f"{wanted}\n", f"{got}\n", OPTIONS):
        pytest.fail(
            f"docs/repl.md:{step.line}: {step.typed[0]}\nthe page shows\n{wanted}\nbut it printed\n{said}",
            pytrace=False,
        )


def _error(traceback: str) -> str:
    """
    Return what stands below the frames.
    """
    lines = traceback.splitlines()
    last = max(place for place, line in enumerate(lines) if line.startswith((" ", "Traceback")))
    return "\n".join(lines[last + 1 :])


def test_the_tab_key_completes_names(terminal: Repl) -> None:
    terminal.do(Step(("import synapse_rx as sx; net = sx.mlp([4, 2])",), "", 0))

    terminal.complete("sx.stop_tr", "sx.stop_training(")
    terminal.complete("net.compare_", "net.compare_and_set(")
    terminal.complete("net.value.tr", "net.value.training")
