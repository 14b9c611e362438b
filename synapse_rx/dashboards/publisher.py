"""Tells servers elsewhere, over Redis, what is new, and answers the requests that they pass on."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from threading import Thread, current_thread
from typing import Any

from .answering import answer
from .feed import Feed
from .frames import packed, parsed
from .place import ANSWER_SECONDS, LIFETIME, MOST_NEWS, WAIT, Place
from .readers import REST
from .telling import Telling

EVERY, MOST_BYTES = 32, 2**17
"""News, and their bytes, after which is said anew where the networks stand, for servers that come later."""

START = "start"
"""What is asked for in the place of the number of a request, so that it is said at once where the networks stand."""

MOST_ANSWER = 2**25
"""Bytes of an answer that is passed over Redis."""

AGAIN = 0.5
"""Seconds after which it is tried again."""

END_SECONDS = 5.0
"""How long `Publisher.close` waits for the thread at most."""

log = logging.getLogger("synapse_rx")


class Publisher:
    """
    Publishes from a thread of its own. If the server is away, that is told once, and it goes on when it is back, where
    it was: who was told what came before need not be told anew.

    Args:
        feed: What is published.
        app: Answers requests (ASGI).
        place: Where.
    """

    def __init__(self, feed: Feed, app: Any, place: Place) -> None:
        self._feed = feed
        self._app = app
        self._place = place
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._wanted = asyncio.Event()
        self._waiting: list[tuple[str, str, str, bytes]] = []
        self._telling: Telling | None = None
        self._thread = Thread(target=self._run, name="synapse-rx-publisher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Publish what there is, and end."""
        with suppress(RuntimeError):  # it has ended
            self._loop.call_soon_threadsafe(self._ended.set)
        if current_thread() is not self._thread:
            self._thread.join(END_SECONDS)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._go())

    async def _go(self) -> None:
        told = False
        while not self._ended.is_set():
            redis = self._place.connect()
            works = [asyncio.create_task(work) for work in (self._tell(redis), self._answer_all(redis))]
            await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
            for task in works:
                task.cancel()
            found = await asyncio.gather(*works, return_exceptions=True)
            with suppress(Exception):
                await redis.aclose()
            if not told and (errors := [error for error in found if isinstance(error, Exception)]):
                told = True
                log.error(
                    "Redis at %s cannot be told; training goes on, and so does this when it is back: %s",
                    self._place.shown,
                    errors[0],
                )
            await self._within(AGAIN)

    async def _tell(self, redis: Any) -> None:
        telling, waiting = self._telling, self._waiting
        nothing = self._feed.position(None).word()
        if telling is None:
            # Nothing leads from what may be there to here: who knows that begins anew.
            await redis.delete(self._place.key("news"))
            telling = self._telling = Telling(self._feed, lambda *told: waiting.append(told))
            waiting += [("news", *start[1:]) for start in waiting]
        said = size = 0
        with self._feed.listening() as bell:
            while True:
                bell.clear()
                telling.news()
                if self._wanted.is_set() or said >= EVERY or size >= MOST_BYTES:
                    self._wanted.clear()
                    telling.start(nothing)
                    said = size = 0
                await self._leave(redis, waiting)
                if self._ended.is_set():
                    return
                said, size = said + 1, size + sum(len(told[3]) for told in waiting)
                waiting.clear()
                await self._within(REST)
                await _either(bell, self._ended, self._wanted)

    async def _within(self, seconds: float) -> None:
        """Wait, but no longer than till the end."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), seconds)

    async def _leave(self, redis: Any, told: list[tuple[str, str, str, bytes]]) -> None:
        key = self._place.key
        async with redis.pipeline(transaction=True) as pipe:
            for kind, known, position, data in told:
                fields = {"known": known, "position": position, "data": data}
                if kind == "start":
                    pipe.hset(key("start"), mapping=fields)
                else:
                    pipe.xadd(key("news"), fields, maxlen=MOST_NEWS, approximate=True)
            for name in ("start", "news"):
                pipe.expire(key(name), LIFETIME)
            await pipe.execute()

    async def _answer_all(self, redis: Any) -> None:
        answers: set[asyncio.Task[None]] = set()
        try:
            while True:
                found = await redis.blpop(self._place.key("requests"), timeout=WAIT)
                if found is None:
                    continue
                number = found[1]
                if number.decode() == START:
                    self._wanted.set()
                    continue
                frame = await redis.getdel(self._place.key(f"request:{number.decode()}"))
                if frame is not None:  # or nobody waits for it any more
                    task = asyncio.create_task(self._answer(redis, number.decode(), frame))
                    answers.add(task)
                    task.add_done_callback(answers.discard)
        finally:
            for task in answers:
                task.cancel()
            await asyncio.gather(*answers, return_exceptions=True)

    async def _answer(self, redis: Any, number: str, frame: bytes) -> None:
        head: dict[str, Any] = {"status": 500, "headers": []}
        body = bytearray()

        async def give(said: dict[str, Any], part: bytes) -> None:
            head.update(said)
            if len(body) + len(part) > MOST_ANSWER:
                raise OverflowError(f"an answer of more than {MOST_ANSWER} bytes is not passed over Redis")
            body.extend(part)

        try:
            asked, sent = parsed(frame)
            await answer(self._app, asked, sent, give)
        except Exception:
            log.exception("a request that came over Redis failed")
            head, body = {"status": 500, "headers": []}, bytearray()
        key = self._place.key(f"answer:{number}")
        said = packed("answer", bytes(body), status=head["status"], headers=head["headers"], more=False)
        async with redis.pipeline(transaction=True) as pipe:
            await pipe.rpush(key, said).expire(key, ANSWER_SECONDS).execute()


async def _either(*events: asyncio.Event) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
