"""The engine "local": processes on this machine, and pipes. No port is opened, and no package is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from itertools import count
from threading import Lock, Timer
from typing import BinaryIO, cast

from ..errors import FleetError, WorkerLost
from .engine import Settings
from .frames import ANSWER, BYE, CALL, HELLO, NEWS, Writer, read_frame
from .messages import pack

START_SECONDS = 120.0
"""Seconds that a worker may take to begin."""
GRACE = 2.0
"""Seconds that a worker has to end by itself."""
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class LocalEngine:
    """Starts workers with `subprocess`. They end with the driver, however that ends."""

    name = "local"
    shares_files = True

    def __init__(self) -> None:
        self._numbers = count(1)

    def open(self) -> None:
        """There is nothing to begin."""

    def start(self, settings: Settings) -> LocalWorker:
        """
        Start a process and wait until it is ready.

        Raises:
            FleetError: If it cannot be started, or one of its imports fails.
        """
        worker = LocalWorker(f"local worker {next(self._numbers)}", settings)
        try:
            worker.greet(settings)
        except BaseException:
            worker.stop()
            worker.close()
            raise
        return worker

    def close(self) -> None:
        """There is nothing to end."""


class LocalWorker:
    """A process on this machine."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        environment = os.environ | {name: str(settings.threads) for name in THREAD_VARIABLES}
        # What can be imported here can be imported there.
        environment["PYTHONPATH"] = os.pathsep.join([path or os.getcwd() for path in sys.path])
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "synapse_rx.fleets.local_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
            )
        except OSError as error:
            raise FleetError(f"no process can be started: {error}") from error
        self._source = cast(BinaryIO, self.process.stdout)
        self._writer = Writer(cast(BinaryIO, self.process.stdin))
        self._calls: dict[int, Future[bytes]] = {}
        self._numbers = count(1)
        self._lock = Lock()
        self._stopped = self._over = False

    def greet(self, settings: Settings) -> None:
        """Tell the process its settings and wait for its answer."""
        timer = Timer(START_SECONDS, self.process.kill)
        timer.daemon = True
        timer.start()
        try:
            self._writer.write(HELLO, message=pack(settings.to_data()))
            frame = read_frame(self._source)
        except OSError:
            frame = None
        finally:
            timer.cancel()
        if frame is None or frame.kind != HELLO:
            why = self._how() if frame is None else f": {frame.message.decode(errors='replace')}"
            raise FleetError(f"{self.name} could not begin{why}")

    def call(self, message: bytes) -> bytes:
        """Have the host handle a message and return its answer."""
        answer: Future[bytes] = Future()
        with self._lock:
            if self._over:
                raise WorkerLost(f"{self.name} is gone")
            number = next(self._numbers)
            self._calls[number] = answer
        try:
            self._writer.write(CALL, number, message)
        except (OSError, ValueError) as error:
            raise WorkerLost(f"{self.name} is gone") from error
        return answer.result()

    def stream(self) -> Iterator[bytes]:
        """Yield what the outbox gives."""
        try:
            while (frame := read_frame(self._source)) is not None:
                if frame.kind == NEWS:
                    yield frame.message
                elif frame.kind == ANSWER:
                    with self._lock:
                        answer = self._calls.pop(frame.number)
                    answer.set_result(frame.message)
        finally:
            self._end()
            self.close()
        if not self._stopped:
            raise WorkerLost(f"{self.name} ended{self._how()}")

    def stop(self) -> None:
        """Say goodbye, then close the pipe, then kill."""
        self._stopped = True
        with suppress(OSError, ValueError, subprocess.TimeoutExpired):
            if self._writer.try_write(BYE):
                self.process.wait(GRACE)
        self.kill()

    def kill(self) -> None:
        """End the process whatever it does."""
        self.process.kill()
        self.process.wait()
        self._writer.close()
        self._end()

    def close(self) -> None:
        """Let go of the pipe, which nobody reads any more."""
        self._source.close()

    def _end(self) -> None:
        with self._lock:
            self._over = True
            calls, self._calls = self._calls, {}
        for answer in calls.values():
            answer.set_exception(WorkerLost(f"{self.name} is gone"))

    def _how(self) -> str:
        try:
            code = self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            return ""
        return f" by signal {-code}" if code < 0 else f" with exit code {code}"
