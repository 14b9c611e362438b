"""A place in a notebook whose content can be replaced, from any thread."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any


def in_notebook() -> bool:
    """Return whether this is a Jupyter kernel, whose outputs are more than text."""
    if "IPython" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def in_marimo() -> bool:
    """Return whether this is a notebook of marimo, whose cells run again to show something else."""
    running = getattr(sys.modules.get("marimo"), "running_in_notebook", None)
    return running is not None and bool(running())


class Place:
    """
    A piece of the output of the cell that makes it.

    Args:
        content: What is shown first, by MIME type.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        from IPython.display import display

        self._handle: Any = display(dict(content), raw=True, display_id=True)

    def show(self, content: Mapping[str, Any]) -> None:
        """Put ``content`` in the place of what was shown."""
        self._handle.update(dict(content), raw=True)
