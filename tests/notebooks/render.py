"""
Run notebooks from top to bottom and keep what they print in them: ``python -m tests.notebooks.render [NAME ...]``.

Left out is what says nothing to a reader: times of execution, and widgets, which live only as long as their kernel
(their table is shown instead).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import nbclient
import nbformat

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"


def execute(notebook: Path, seconds: int = 100) -> Any:
    """
    Return a notebook as it is after every cell ran, from top to bottom, in a kernel of its own.

    Raises:
        CellExecutionError: If a cell raises.
    """
    content = nbformat.read(notebook, as_version=4)
    for cell in content.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ.pop("MPLBACKEND", None)
    client = nbclient.NotebookClient(
        content,
        timeout=seconds,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(notebook.parent)}},
    )
    client.execute()
    return content


def tidied(content: Any) -> Any:
    """
    Return an executed notebook without what says nothing to a reader.
    """
    content.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(content.cells):
        cell.id = f"cell-{number}"
        cell.metadata = {}
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
            output.get("metadata", {}).clear()
    return content


def main(names: list[str]) -> int:
    for path in sorted(FOLDER.glob("*.ipynb")):
        if not names or path.stem in names:
            nbformat.write(tidied(execute(path)), path)
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1024:.0f} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
