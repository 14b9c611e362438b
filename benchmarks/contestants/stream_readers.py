"""Many readers of a dashboard's stream: ``python stream_readers.py HOST PORT TOKEN N SECONDS``."""

from __future__ import annotations

import json
import selectors
import socket
import sys
from time import monotonic


def main(host: str, port: int, token: str, n: int, seconds: float) -> dict[str, float]:
    """
    Read as much as comes, and return how many messages and bytes a second did, all readers together.
    """
    request = f"GET /events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    selector = selectors.DefaultSelector()
    readers = [socket.create_connection((host, port)) for _ in range(n)]
    for reader in readers:
        reader.sendall(request)
        reader.setblocking(False)
        selector.register(reader, selectors.EVENT_READ)
    heard: set[object] = set()
    while len(heard) < n:  # everybody has been told what there was before
        for key, _ in selector.select():
            if b"id: " in key.fileobj.recv(1 << 20):  # type: ignore[union-attr]
                heard.add(key.fileobj)
    messages = size = 0
    start = monotonic()
    while (now := monotonic()) < start + seconds:
        for key, _ in selector.select(start + seconds - now):
            data = key.fileobj.recv(1 << 20)  # type: ignore[union-attr]
            messages += data.count(b"\nid: ") + data.startswith(b"id: ")
            size += len(data)
    took = monotonic() - start
    for reader in readers:
        reader.close()
    return {"messages": messages / took, "bytes": size / took}


if __name__ == "__main__":
    _, given_host, given_port, given_token, given_n, given_seconds = sys.argv
    print(json.dumps(main(given_host, int(given_port), given_token, int(given_n), float(given_seconds))))
