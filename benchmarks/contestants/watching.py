"""
Many watchers of one stream: ``python watching.py HOST PORT TOKEN N``.

Says "ready" when all are connected and have been told where the network stands; then reads lines, of which "from"
begins to count, and answers each with the epochs told so far. At the end of the input it prints JSON: delays in
seconds, from the time that stands in place of the loss to the time at which it was read, how many epochs were told,
and how many were missed in between.
"""

from __future__ import annotations

import asyncio
import gc
import json
import re
import sys
from time import time
from typing import ClassVar

LOSS = re.compile(rb'"loss":\{"epochs":\[([0-9,]*)\],"values":\[([0-9.,]*)\]')


class Watcher(asyncio.Protocol):
    """One of them: connects again when the connection ends, and goes on where it was."""

    delays: ClassVar[list[float]] = []
    told = missing = twice = again = greeted = 0
    counts = over = False
    request = b""
    address: ClassVar[tuple[str, int]] = ("", 0)

    def __init__(self) -> None:
        self.rest = b""
        self.last = b""
        self.epoch = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        last = b"Last-Event-ID: %s\r\n" % self.last if self.last else b""
        transport.write(self.request + last + b"\r\n")  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        now = time()
        *events, self.rest = (self.rest + data).split(b"\n\n")
        for event in events:
            if (at := event.find(b"id: ")) >= 0:
                self._take(event, now)
                self.last = event[at + 4 : event.index(b"\n", at)]

    def _take(self, event: bytes, now: float) -> None:
        cls = type(self)
        cls.greeted += self.epoch < 0
        found = LOSS.search(event)
        epochs = [int(word) for word in found[1].split(b",") if word] if found else []
        if epochs and self.epoch >= 0:
            cls.missing += max(0, epochs[0] - self.epoch - 1)
            cls.twice += max(0, self.epoch + 1 - epochs[0])
        if epochs and found and cls.counts:
            cls.told += len(epochs)
            cls.delays.append(now - float(found[2].split(b",")[-1]))
        self.epoch = epochs[-1] if epochs else max(self.epoch, 0)

    def connection_lost(self, exc: Exception | None) -> None:
        if type(self).over:
            return
        type(self).again += 1
        self.rest = b""
        asyncio.get_running_loop().create_task(connect(self))


async def connect(watcher: Watcher) -> None:
    while True:
        try:
            await asyncio.get_running_loop().create_connection(lambda: watcher, *Watcher.address)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            return


async def main(host: str, port: int, token: str, n: int) -> None:
    Watcher.address = host, port
    Watcher.request = f"GET /events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n".encode()
    for first in range(0, n, 100):
        await asyncio.gather(*(connect(Watcher()) for _ in range(first, min(n, first + 100))))
    while Watcher.greeted < n:
        await asyncio.sleep(0.05)
    print("ready", flush=True)
    lines = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(lines)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    gc.collect()
    gc.freeze()
    while line := await lines.readline():
        Watcher.counts = line == b"from\n"
        print(Watcher.told, flush=True)
    Watcher.over = True
    leaving = asyncio.all_tasks() - {asyncio.current_task()}
    for task in leaving:  # those who are about to connect again
        task.cancel()
    await asyncio.gather(*leaving, return_exceptions=True)
    found = {name: getattr(Watcher, name) for name in ("told", "missing", "twice", "again")}
    print(json.dumps({**found, "delays": sorted(Watcher.delays)}))


if __name__ == "__main__":
    try:
        import resource

        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except ImportError:
        pass
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
