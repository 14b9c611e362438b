"""A connection that can be cut: what is between a browser and a server."""

from __future__ import annotations

import socket
import socketserver
from contextlib import suppress
from threading import Thread
from typing import Any


class Relay:
    """
    Passes bytes on to a server, until it is cut, and again when it is mended.

    Args:
        host, port: The server's.
    """

    def __init__(self, host: str, port: int) -> None:
        relay = self
        self._target = host, port
        self._open: set[socket.socket] = set()
        self._is_cut = False

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                relay._pass_on(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def cut(self) -> None:
        """
        End all connections; those that begin are ended at once.
        """
        self._is_cut = True
        for end in list(self._open):
            _end(end)

    def mend(self) -> None:
        self._is_cut = False

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *exc: object) -> None:
        self.cut()
        self._server.shutdown()
        self._server.server_close()

    def _pass_on(self, client: Any) -> None:
        if self._is_cut:
            return
        with suppress(OSError), socket.create_connection(self._target) as server:
            self._open |= {client, server}
            if self._is_cut:  # meanwhile
                return
            back = Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join()
            self._open -= {client, server}


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            sink.sendall(part)
    _end(source)
    _end(sink)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
