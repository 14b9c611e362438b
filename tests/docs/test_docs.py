"""What the pages show is true: their code runs, their sessions print what they say, their commands exist."""

from __future__ import annotations

import doctest
import importlib
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from synapse_rx.errors import MissingExtraError
from tests.docs.blocks import SHELL, blocks
from tests.docs.pages import Pages
from tests.docs.shell import ROOT, check_command

PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
MODULES = [
    path for path in sorted(ROOT.glob("synapse_rx/**/*.py")) if ">>> " in path.read_text(encoding="utf-8")
]

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@pytest.fixture(scope="module")
def runner() -> Iterator[Pages]:
    pages = Pages()
    yield pages
    pages.close()


@pages
def test_the_python_on_a_page_runs(page: Path, runner: Pages, tmp_path: Path) -> None:
    if not any(block.is_python or block.has_prompts for block in blocks(page)):
        return

    status, printed = runner.run(page, str(page.relative_to(ROOT)), tmp_path)

    assert status == 0, printed


@pages
def test_the_commands_on_a_page_work(page: Path, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.lang in SHELL and block.notest is None:
            for command in block.commands():
                check_command(command, f"{page.relative_to(ROOT)}:{command.line}", tmp_path)


@pages
def test_a_block_that_is_not_run_says_why(page: Path) -> None:
    silent = [block.line for block in blocks(page) if block.notest == ""]

    assert not silent, f"{page.relative_to(ROOT)}: <!-- notest --> needs a reason at lines {silent}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: _module_name(path))
def test_the_examples_in_docstrings_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        module = importlib.import_module(_module_name(path))
    except MissingExtraError as error:
        pytest.skip(str(error))

    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)

    assert result.failed == 0


def test_the_navigation_holds_every_page() -> None:
    with open(ROOT / "zensical.toml", "rb") as file:
        nav = tomllib.load(file)["project"]["nav"]

    assert set(_leaves(nav)) ^ {str(page.relative_to(ROOT / "docs")) for page in PAGES[1:]} == set()


def _leaves(nav: object) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav
    return [leaf for part in parts for leaf in _leaves(part)]  # type: ignore[attr-defined]


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
