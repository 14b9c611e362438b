"""The promises around the code: public names are documented, the changelog keeps its form, imports stay light."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
import tomllib
from datetime import date

import pytest

import synapse_rx
from tests.docs.shell import ROOT

CHANGELOG = ROOT / "CHANGELOG.md"
SECTIONS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
HEAVY = ["sklearn", "scipy", "matplotlib", "rich", "numba", "pooch", "torch", "jax", "cupy", "onnx", "pandas"]


def public_names() -> list[str]:
    """
    Return the names that ``synapse_rx/__init__.py`` promises.
    """
    return sorted(synapse_rx.__all__)


def documented() -> list[str]:
    """
    Return what the ``:::`` lines of the API pages name.
    """
    pages = ROOT.glob("docs/api/**/*.md")
    return [
        path
        for page in pages
        for path in re.findall(r"^::: +(\S+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    ]


@pytest.mark.parametrize("name", public_names())
def test_a_public_name_has_a_docstring(name: str) -> None:
    thing = getattr(synapse_rx, name)

    assert not callable(thing) or (inspect.getdoc(thing) or "").strip()
    if inspect.isclass(thing):
        assert (thing.__doc__ or "").strip(), f"{name} inherits its docstring"


@pytest.mark.parametrize("name", public_names())
def test_a_public_name_stands_on_an_api_page(name: str) -> None:
    thing = getattr(synapse_rx, name)
    places = {f"synapse_rx.{name}"}
    if callable(thing):
        places |= {f"{thing.__module__}.{name}", thing.__module__}
    elif inspect.ismodule(thing):
        places |= {path for path in documented() if path.startswith(f"{thing.__name__}.")}

    assert places & set(documented()), f"no page of docs/api has the line '::: synapse_rx.{name}'"


@pytest.mark.parametrize("path", documented())
def test_what_an_api_page_names_exists(path: str) -> None:
    head, _, name = path.rpartition(".")
    try:
        assert importlib.import_module(path)
    except ModuleNotFoundError:
        assert hasattr(importlib.import_module(head), name)


def test_importing_the_library_does_not_import_optional_or_slow_ones() -> None:
    code = f"import sys, synapse_rx; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


def test_the_changelog_keeps_its_form() -> None:
    if not public_names() and not CHANGELOG.exists():
        pytest.skip("there is no public name yet, and no CHANGELOG.md")
    text = CHANGELOG.read_text(encoding="utf-8")
    versions = re.split(r"^## ", text, flags=re.MULTILINE)

    assert text.startswith("# Changelog\n")
    assert "Keep a Changelog" in versions[0]
    assert len(versions) > 1
    for version in versions[1:]:
        _check_version(version)


def test_the_changelog_goes_from_new_to_old_and_ends_with_this_version() -> None:
    if not public_names() and not CHANGELOG.exists():
        pytest.skip("there is no public name yet, and no CHANGELOG.md")
    heads = re.findall(
        r"^## \[(.+?)\](?: - (\S+))?$", CHANGELOG.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    released = [
        (_numbers(version), date.fromisoformat(day)) for version, day in heads if version != "Unreleased"
    ]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert [version for version, _ in heads].count("Unreleased") <= 1
    assert "Unreleased" not in [version for version, _ in heads[1:]]
    assert released == sorted(released, reverse=True)
    assert not released or released[0][0] == _numbers(project["version"])


def _check_version(text: str) -> None:
    head, *sections = re.split(r"^### ", text, flags=re.MULTILINE)
    title = head.splitlines()[0]
    assert re.fullmatch(r"\[Unreleased\]|\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", title), (
        f"not a version: {title}"
    )
    names = [section.splitlines()[0] for section in sections]
    assert names == [name for name in SECTIONS if name in names], (
        f"{title}: the sections are {SECTIONS}, in this order"
    )
    assert sections or "Unreleased" in title, f"{title} says nothing"
    for section in sections:
        lines = [line for line in section.splitlines()[1:] if line.strip() and not line.startswith("[")]
        assert lines and lines[0].startswith("- "), f"{title}: a section is a list of entries"
        assert all(line.startswith(("- ", "  ")) for line in lines), f"{title}: entries begin with '- '"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
