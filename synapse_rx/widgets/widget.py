"""What stands for a live view in the browser: its data, its script, and what it is told from there."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ..errors import MissingExtraError

FOLDER = Path(__file__).parent


@cache
def widget_class() -> Any:
    """
    Return the class of widgets with a list ``nets`` of what is shown, kept the same in the browser.

    Raises:
        MissingExtraError: If anywidget is not installed.
    """
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise MissingExtraError(
            "the live view is a widget of anywidget, which is not installed: pip install 'synapse-rx[notebook]'"
        ) from error

    class LiveWidget(anywidget.AnyWidget):
        _esm = (FOLDER / "live.js").read_text(encoding="utf-8")
        _css = (FOLDER / "live.css").read_text(encoding="utf-8")
        nets = traitlets.List().tag(sync=True)

    return LiveWidget
