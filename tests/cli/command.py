"""The command as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

COMMAND = [sys.executable, "-m", "synapse_rx"]
SECONDS = 100
"""More than anything here takes."""

ENDLESS = str(10**9)
"""Epochs of a training that is to be ended from outside."""


def run(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, timeout=SECONDS, env=environment(), **options
    )


def environment(**settings: str) -> Mapping[str, str]:
    """
    Return the environment of a terminal without colours, and ``settings``.

    Nothing is compiled where they do not say so, for loading what is compiled takes longer than most commands here.
    """
    return {**os.environ, "TERM": "dumb", "PYTHONUNBUFFERED": "1", "SYNAPSE_RX_FAST": "0", **settings}


class Process:
    """
    A command under way: wait for a word on its standard error, send it Ctrl-C, wait for its end.
    """

    def __init__(self, *words: str, command: Sequence[str] = COMMAND, stdin: Any = None) -> None:
        self._process = subprocess.Popen(
            [*command, *words],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            # The shell that runs the tests may have told its children to ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        self._watchdog = threading.Timer(SECONDS, self._process.kill)
        self._watchdog.daemon = True
        self._watchdog.start()
        self.errors = ""

    def wait_for(self, word: str) -> str:
        """
        Return the first line of its errors that has ``word`` in it.
        """
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.errors += line
            if word in line:
                return line
        raise AssertionError(f"it ended without {word!r}:\n{self.errors}")

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def end(self) -> tuple[int, str, str]:
        """
        Return exit status, output and errors.
        """
        output, errors = self._process.communicate()
        self._watchdog.cancel()
        return self._process.returncode, output, self.errors + errors

    def kill(self) -> None:
        self._watchdog.cancel()
        self._process.kill()
        self._process.communicate()
