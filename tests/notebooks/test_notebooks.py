"""Every notebook runs from top to bottom, and is kept without what it printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))

notebooks = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(notebook: Path) -> list[dict[str, Any]]:
    """
    Return the cells of a notebook that hold code.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.slow
@notebooks
def test_a_notebook_runs_from_top_to_bottom(notebook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("MPLBACKEND", raising=False)
    content = nbformat.read(notebook, as_version=4)

    nbclient.NotebookClient(
        content, timeout=100, kernel_name="python3", resources={"metadata": {"path": str(notebook.parent)}}
    ).execute()

    assert all(cell.execution_count for cell in content.cells if cell.cell_type == "code")


@notebooks
def test_a_notebook_is_kept_without_outputs(notebook: Path) -> None:
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code_cells(notebook))
