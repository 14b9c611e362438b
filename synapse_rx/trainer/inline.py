"""Computing in the event loop itself, a chunk at a time, where there are no threads."""

from __future__ import annotations

import asyncio

from .trainer import Next, Trainer
from .workers import WORKERS

INLINE_CHUNK = 0.005
"""Seconds of work between two turns of everything else on the loop."""


def advance_inline(trainer: Trainer, loop: asyncio.AbstractEventLoop) -> None:
    """
    Advance ``trainer`` on ``loop`` till it is done, letting everything else on the loop have its turn in between.

    If the loop is closed before that, threads take over as soon as somebody stops, cancels or waits for it.
    """
    orphaned: list[bool] = []

    def take_over() -> None:
        if loop.is_closed() and not orphaned:
            orphaned.append(True)
            WORKERS.submit(trainer)

    def advance() -> None:
        after = trainer.advance()
        if after is Next.MORE:
            loop.call_later(0, advance)  # behind timers that are due, which call_soon would overtake
        elif after is Next.PAUSED:
            trainer.when_awake(go_on)

    def go_on() -> None:
        try:
            loop.call_soon_threadsafe(advance)
        except RuntimeError as error:  # the loop is closed
            trainer.fail(error)

    trainer.hurry = trainer.before_waiting = take_over
    go_on()
