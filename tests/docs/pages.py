"""Runs pages one after the other, each in a process of its own that has the library in memory when it begins."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Timer

from tests.docs.shell import SECONDS, environment, run

RUNNER = str(Path(__file__).with_name("run_page.py"))


class Pages:
    """
    What runs pages; begun with the first of them, and once more after one that took too long.
    """

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None

    def run(self, page: Path, name: str, folder: Path) -> tuple[int, str]:
        """
        Run a page, told by this name, in a folder; return the exit status and what was printed.
        """
        if not hasattr(os, "fork"):
            done = run([sys.executable, RUNNER, str(page), name], folder)
            return done.returncode, done.stdout
        output = folder.with_suffix(".printed")
        output.unlink(missing_ok=True)
        server = self._server = self._server or _begun()
        assert server.stdin is not None and server.stdout is not None
        too_long = Timer(SECONDS, self.close)
        too_long.daemon = True
        too_long.start()
        print(json.dumps([str(page), name, str(folder), str(output)]), file=server.stdin, flush=True)
        said = server.stdout.readline()
        too_long.cancel()
        printed = output.read_text(encoding="utf-8") if output.exists() else ""
        return (int(said), printed) if said else (1, f"{printed}\n{name}: ended after {SECONDS} s")

    def close(self) -> None:
        """
        End it, and whatever pages have left behind.
        """
        server, self._server = self._server, None
        if server is not None:
            os.killpg(server.pid, signal.SIGKILL)
            server.communicate()


def _begun() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, RUNNER],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
