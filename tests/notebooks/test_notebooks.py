"""Every notebook runs from top to bottom, and is kept with what it printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nbclient", reason="nbclient is not installed")
from tests.notebooks.render import FOLDER, WIDGET, execute, tidied

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 200 * 1024

notebooks = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(content: Any) -> list[Any]:
    """
    Return the cells of a notebook that hold code.
    """
    return [cell for cell in content["cells"] if cell["cell_type"] == "code"]


def shown(content: Any) -> list[set[str]]:
    """
    Return what each cell shows: types of outputs and of what is in them.
    """
    return [
        {kind for output in cell["outputs"] for kind in (output["output_type"], *output.get("data", {}))}
        for cell in code_cells(content)
    ]


@pytest.mark.slow
@notebooks
def test_a_notebook_runs_from_top_to_bottom_and_shows_what_is_kept(
    notebook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "")  # both are set by what runs it, and set back here
    monkeypatch.delenv("MPLBACKEND", raising=False)
    kept = json.loads(notebook.read_text(encoding="utf-8"))

    content = tidied(execute(notebook))

    assert shown(content) == shown(kept)


@notebooks
def test_a_notebook_is_kept_with_what_it_printed_and_is_small(notebook: Path) -> None:
    kept = json.loads(notebook.read_text(encoding="utf-8"))
    cells = code_cells(kept)

    assert [cell["execution_count"] for cell in cells] == [*range(1, len(cells) + 1)]
    assert not {"error", WIDGET} & set.union(*shown(kept))
    assert "Traceback" not in notebook.read_text(encoding="utf-8")
    assert "stderr" not in {output.get("name") for cell in cells for output in cell["outputs"]}
    assert notebook.stat().st_size < LARGEST


@notebooks
def test_a_notebook_waits_as_notebooks_do(notebook: Path) -> None:
    cells = code_cells(json.loads(notebook.read_text(encoding="utf-8")))

    assert not [cell["source"] for cell in cells if "sx.deref(" in "".join(cell["source"])]
