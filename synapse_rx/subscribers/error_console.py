"""The console that progress is shown on unless there is another."""

from __future__ import annotations

from rich.console import Console


class ErrorConsole(Console):
    """A console that fails like anything else where nobody reads it; rich's own would silence standard output, too."""

    def on_broken_pipe(self) -> None:
        """Say so, and leave everything else alone."""
        raise BrokenPipeError("nobody reads the progress any more")
