"""
A worker of the engine "local": ``python -m synapse_rx.fleets.local_worker``.

It reads frames from its standard input and writes frames to what was its standard output. When its input ends, the
driver is gone, and so is it.
"""

from __future__ import annotations

import os
import signal
import sys
from threading import Thread
from typing import BinaryIO

from .frames import ANSWER, BYE, CALL, HELLO, NEWS, Writer, read_frame
from .host import Host
from .messages import unpack


def main() -> None:
    """Serve until the driver says goodbye, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the driver, which tells what is to be done
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what is printed here must not get between the frames
    writer = Writer(target)
    first = read_frame(source)
    if first is None:
        return
    try:
        host = Host(unpack(first.message)[0])
    except Exception as error:
        writer.write(BYE, message=f"{type(error).__name__}: {error}".encode())
        return
    writer.write(HELLO)
    Thread(target=_tell, args=(host, writer), daemon=True).start()
    if not _serve(host, source, writer):
        host.orphaned()
    sys.stderr.flush()
    os._exit(0)  # no training here has anything to say any more


def _serve(host: Host, source: BinaryIO, writer: Writer) -> bool:
    """Handle messages; return whether it was the driver that ended it."""
    while (frame := read_frame(source)) is not None:
        if frame.kind == BYE:
            return True
        if frame.kind == CALL:
            try:
                writer.write(ANSWER, frame.number, host.handle(frame.message))
            except OSError:
                return False
    return False


def _tell(host: Host, writer: Writer) -> None:
    while True:
        try:
            writer.write(NEWS, message=host.take())
        except OSError:
            return


if __name__ == "__main__":
    main()
