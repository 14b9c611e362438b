"""The runner of the pages notices what is wrong with a page, and where."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import blocks
from tests.docs.pages import Pages
from tests.docs.shell import ROOT, check_command, run

RUNNER = Path(__file__).with_name("run_page.py")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "page.md"


def run_page(page: Path) -> subprocess.CompletedProcess[str]:
    return run([sys.executable, str(RUNNER), str(page), "page.md"], page.parent)


def test_blocks_share_a_namespace_and_may_await(page: Path) -> None:
    page.write_text(
        "# Page\n\n```python\nimport asyncio\nx = 20\n```\n\n- in a list:\n\n  ```python\n  x += 1\n  ```\n\n"
        "```python\nx = await asyncio.sleep(0, x + 1)\n```\n\n"
        "```pycon\n>>> x\n22\n>>> list(range(99))\n[0, 1, ..., 98]\n```\n"
    )

    done = run_page(page)

    assert done.returncode == 0, done.stdout


def test_a_failing_block_is_reported_with_its_line(page: Path) -> None:
    page.write_text("# Page\n\n```python\nx = 1\n```\n\nText.\n\n```python\ny = 2\n1 / 0\n```\n")

    done = run_page(page)

    assert done.returncode == 1
    assert "page.md:11: ZeroDivisionError: division by zero" in done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="pages have processes begun anew here")
def test_a_page_that_fails_or_is_killed_leaves_the_next_alone(page: Path) -> None:
    pages, found = Pages(), []
    for code in (
        "x = 1\nprint(1 / 0)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "assert 'x' not in vars()",
    ):
        page.write_text(f"```python\n{code}\n```\n")
        found.append(pages.run(page, "page.md", page.parent))
    pages.close()

    assert [status for status, _ in found] == [1, -9, 0]
    assert "page.md:3: ZeroDivisionError: division by zero" in found[0][1]
    assert found[2][1] == ""


def test_a_syntax_error_is_reported_with_its_line(page: Path) -> None:
    page.write_text("```python\nx = 1\ny =\n```\n")

    done = run_page(page)

    assert done.returncode == 1
    assert "page.md:3: SyntaxError" in done.stdout


@pytest.mark.parametrize("lang", ["pycon", "python"])
def test_a_session_that_prints_something_else_is_reported_with_its_line(page: Path, lang: str) -> None:
    page.write_text(f"# Page\n\n```{lang}\n>>> 1 + 1\n2\n>>> 1 + 1\n3\n```\n")

    done = run_page(page)

    assert done.returncode == 1
    assert 'File "page.md", line 6' in done.stdout


def test_a_block_with_a_reason_is_notrun(page: Path) -> None:
    page.write_text("<!-- notest: needs a GPU -->\n```python\n1 / 0\n```\n")

    assert run_page(page).returncode == 0
    assert blocks(page)[0].notest == "needs a GPU"


def test_a_block_without_a_reason_is_known(page: Path) -> None:
    page.write_text("<!-- notest -->\n\n```python\n```\n")

    assert blocks(page)[0].notest == ""


@pytest.mark.parametrize("text", ["```python\nx = 1\n", '```python notest="why"\n```\n'])
def test_a_page_that_cannot_be_read_as_meant_is_refused(page: Path, text: str) -> None:
    page.write_text(text)

    with pytest.raises(ValueError, match=r"page\.md:1: "):
        blocks(page)


def test_commands_are_split_from_their_output(page: Path) -> None:
    page.write_text(
        "```console\n$ make \\\n    demo\nmade\n\n$ synapse-rx info\none\ntwo\n```\n\n```bash\nmake demo\n```\n"
    )

    session, script = (list(block.commands()) for block in blocks(page))

    assert [(c.text, c.output, c.line) for c in session] == [
        ("make     demo", "made", 2),
        ("synapse-rx info", "one\ntwo", 6),
    ]
    assert [(c.text, c.output, c.line) for c in script] == [("make demo", "", 12)]


@pytest.mark.parametrize(
    "command",
    ["make nonsense", "synapse-rx nonsense", "python -m benchmarks nonsense", "python examples/nonsense.py"],
)
def test_a_command_that_does_not_exist_is_found(page: Path, command: str) -> None:
    page.write_text(f"```console\n$ {command}\n```\n")
    (only,) = blocks(page)[0].commands()

    with pytest.raises(AssertionError, match=r"page\.md:2"):
        check_command(only, f"page.md:{only.line}", page.parent)


def test_output_that_is_not_what_a_command_prints_is_found(page: Path) -> None:
    page.write_text("```console\n$ synapse-rx --version\nsynapse-rx 99.9\n```\n")
    (only,) = blocks(page)[0].commands()

    with pytest.raises((pytest.fail.Exception, AssertionError), match=r"page\.md:2"):
        check_command(only, f"page.md:{only.line}", page.parent)


def test_the_makefile_is_where_targets_are_looked_up(page: Path) -> None:
    page.write_text("```bash\nmake test\n```\n")
    (only,) = blocks(page)[0].commands()

    check_command(only, "page.md:2", ROOT)
