"""Observables as async iterators and back, and delivery on loops and schedulers: bounded, in order, to the end."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import reactivex as rx
from reactivex import operators as ops
from reactivex.scheduler import (
    CurrentThreadScheduler,
    EventLoopScheduler,
    NewThreadScheduler,
    ThreadPoolScheduler,
)
from reactivex.subject import Subject

from synapse_rx.atoms import atom, from_async, observe_on, to_async
from synapse_rx.errors import OptionError, UnknownNameError

SECONDS = 60.0


async def collected(values: Any) -> list[Any]:
    return [value async for value in values]


async def test_an_observable_is_iterated_to_its_end() -> None:
    assert await collected(to_async(rx.from_([1, 2, 3]))) == [1, 2, 3]


async def test_values_come_before_the_error_they_were_followed_by() -> None:
    source = rx.concat(rx.from_([1, 2]), rx.throw(ValueError("no more")))
    found = []
    with pytest.raises(ValueError, match="no more"):
        async for value in to_async(source):
            found.append(value)

    assert found == [1, 2]


async def test_what_raises_when_it_is_subscribed_to_raises_when_it_is_read() -> None:
    def subscribe(observer: Any, scheduler: Any = None) -> Any:
        raise ValueError("not today")

    with pytest.raises(ValueError, match="not today"):
        await collected(to_async(rx.create(subscribe)))


async def test_values_emitted_on_other_threads_wake_the_reader() -> None:
    source: Subject[int] = Subject()
    stream = to_async(source)
    reading = asyncio.create_task(collected(stream))

    def emit() -> None:
        for value in range(50):
            source.on_next(value)
        source.on_completed()

    await asyncio.to_thread(emit)

    assert await asyncio.wait_for(reading, SECONDS) == list(range(50))


async def test_a_cell_behind_operators_is_iterated() -> None:
    cell = atom(0)
    async with to_async(cell.pipe(ops.map(lambda v: v * 10), ops.take(4))) as stream:
        for _ in range(3):
            cell.swap(lambda v: v + 1)
        assert await collected(stream) == [0, 10, 20, 30]


async def test_the_oldest_values_give_way_by_default() -> None:
    stream = to_async(rx.from_(range(100)), buffer=3)

    assert await collected(stream) == [97, 98, 99]
    assert stream.dropped == 97


async def test_the_newest_value_may_replace_all_others() -> None:
    assert await collected(to_async(rx.from_(range(100)), buffer=3, overflow="latest")) == [99]


async def test_whoever_emits_waits_where_nothing_may_be_lost() -> None:
    ahead: list[int] = []
    read: list[int] = []
    source = rx.from_(range(200)).pipe(ops.do_action(lambda value: ahead.append(value - len(read))))

    async for value in to_async(source, buffer=4, overflow="block", scheduler=NewThreadScheduler()):
        read.append(value)

    assert read == list(range(200))
    assert max(ahead) <= 4 + 2  # those that wait, the one that waits for room, and the one that is being read


async def test_a_reader_that_would_wait_for_itself_is_told_so() -> None:
    stream = to_async(rx.from_(range(100)), buffer=3, overflow="block")
    found = []
    with pytest.raises(
        RuntimeError, match="would wait for itself: give it a larger buffer, another overflow"
    ):
        async for value in stream:
            found.append(value)

    assert found == [0, 1, 2]


async def test_leaving_lets_the_observable_go_and_whoever_emits_go_on() -> None:
    source: Subject[int] = Subject()
    emitted = threading.Event()

    def emit() -> None:
        for value in range(100):
            source.on_next(value)
        emitted.set()

    async with to_async(source, buffer=1, overflow="block") as stream:
        thread = threading.Thread(target=emit)
        thread.start()
        assert await anext(stream) == 0
    await asyncio.to_thread(thread.join, SECONDS)

    assert emitted.is_set()
    assert not source.observers
    assert stream.closed
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_a_dropped_iterator_lets_the_observable_go() -> None:
    source: Subject[int] = Subject()
    stream = to_async(source)
    gone = weakref.ref(stream)
    assert source.observers
    del stream
    gc.collect()

    assert gone() is None
    assert not source.observers


async def test_it_is_read_by_one_task_at_a_time() -> None:
    stream = to_async(rx.never())
    first = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="read by another task"):
        await anext(stream)

    await stream.aclose()
    with pytest.raises(StopAsyncIteration):
        await first


async def test_a_reader_that_is_cancelled_can_read_on() -> None:
    source: Subject[int] = Subject()
    stream = to_async(source)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await anext(stream)
    source.on_next(1)

    assert await anext(stream) == 1


@pytest.mark.parametrize("options", [{"buffer": 0}, {"buffer": 1.5}])
def test_a_buffer_is_a_number_of_values(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="buffer is a number of versions, 1 or more"):
        to_async(rx.never(), **options)


def test_an_unknown_overflow_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="overflow"):
        observe_on(NewThreadScheduler(), overflow="drop")  # type: ignore[arg-type]


async def counting(n: int) -> AsyncIterator[int]:
    for value in range(n):
        yield value


async def test_an_async_iterable_is_observed_to_its_end() -> None:
    assert await collected(to_async(from_async(counting(5)))) == [0, 1, 2, 3, 4]


async def test_the_stream_of_a_cell_there_and_back_is_the_same() -> None:
    cell = atom(0)
    versions = from_async(cell.stream(buffer=10, overflow="drop_oldest")).pipe(ops.take(3))
    stream = to_async(versions)
    for _ in range(2):
        cell.swap(lambda v: v + 1)

    assert await asyncio.wait_for(collected(stream), SECONDS) == [0, 1, 2]


async def test_each_subscription_iterates_anew_where_it_can() -> None:
    source = from_async(lambda: counting(3))

    assert await collected(to_async(source)) == [0, 1, 2]
    assert await collected(to_async(source)) == [0, 1, 2]


async def test_the_error_of_an_iteration_is_the_observable_s() -> None:
    async def failing() -> AsyncIterator[int]:
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await collected(to_async(from_async(failing())))


async def test_the_next_value_is_asked_for_when_the_observer_is_through() -> None:
    order: list[str] = []

    async def source() -> AsyncIterator[int]:
        for value in range(3):
            order.append(f"asked for {value}")
            yield value

    done = asyncio.Event()
    from_async(source()).subscribe(lambda value: order.append(f"told {value}"), on_completed=done.set)
    await asyncio.wait_for(done.wait(), SECONDS)

    assert order == [f"{what} {value}" for value in range(3) for what in ("asked for", "told")]


async def test_disposing_cancels_the_iteration_and_closes_it() -> None:
    closed = asyncio.Event()
    told: list[int] = []
    reached = asyncio.Event()

    async def endless() -> AsyncIterator[int]:
        try:
            yield 1
            reached.set()
            await asyncio.Event().wait()
            yield 2
        finally:
            closed.set()

    subscription = from_async(endless()).subscribe(told.append)
    await asyncio.wait_for(reached.wait(), SECONDS)
    subscription.dispose()
    await asyncio.wait_for(closed.wait(), SECONDS)

    assert told == [1]


async def test_an_observer_may_leave_while_it_is_told() -> None:
    assert await collected(to_async(from_async(counting(1000)).pipe(ops.take(2)))) == [0, 1]


async def test_an_observer_that_raises_is_detached_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    told: list[int] = []
    closed = asyncio.Event()

    def on_next(value: int) -> None:
        told.append(value)
        if value == 1:
            raise ValueError("broken")

    async def source() -> AsyncIterator[int]:
        try:
            for value in range(5):
                yield value
        finally:
            closed.set()

    with caplog.at_level(logging.ERROR, "synapse_rx"):
        from_async(source()).subscribe(on_next)
        await asyncio.wait_for(closed.wait(), SECONDS)

    assert told == [0, 1]
    assert [record.message for record in caplog.records] == [
        "an observer of from_async failed and was detached"
    ]


def test_another_thread_observes_what_a_loop_iterates() -> None:
    told: list[int] = []
    done = threading.Event()
    with _loop() as loop:
        from_async(counting(5), loop=loop).subscribe(told.append, on_completed=done.set)
        assert done.wait(SECONDS)

    assert told == [0, 1, 2, 3, 4]


def test_without_a_loop_there_is_no_iterating() -> None:
    errors: list[Exception] = []
    from_async(lambda: counting(1)).subscribe(on_error=errors.append)

    (error,) = errors
    assert isinstance(error, OptionError)
    assert "found no running loop where it was subscribed to; give it loop=" in str(error)


@pytest.mark.parametrize("source", [3, [1, 2]])
def test_what_is_no_async_iterable_is_refused(source: Any) -> None:
    with pytest.raises(TypeError, match="from_async takes an async iterable"):
        from_async(source)


class _loop:
    """An event loop that runs on a thread of its own."""

    def __enter__(self) -> asyncio.AbstractEventLoop:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        return self.loop

    def __exit__(self, *exc: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()


class Observer:
    """Notes what it is told and on which thread; complains if it is told two things at once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.threads: set[str] = set()
        self.ended = threading.Event()
        self.error: Exception | None = None
        self._busy = threading.Lock()

    def on_next(self, value: Any) -> None:
        assert self._busy.acquire(blocking=False)
        self.threads.add(threading.current_thread().name)
        self.values.append(value)
        self._busy.release()

    def on_error(self, error: Exception) -> None:
        self.error = error
        self.ended.set()

    def subscribe(self, source: rx.Observable[Any]) -> Any:
        return source.subscribe(self.on_next, self.on_error, self.ended.set)


@pytest.fixture(params=["thread pool", "event loop", "new thread", "current thread", "asyncio"])
def where(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "asyncio":
        with _loop() as loop:
            yield loop
    elif request.param == "event loop":
        made = EventLoopScheduler()
        yield made
        made.dispose()
    elif request.param == "thread pool":
        pool = ThreadPoolScheduler(4)
        yield pool
        pool.executor.shutdown()
    else:
        yield NewThreadScheduler() if request.param == "new thread" else CurrentThreadScheduler()


def test_values_are_told_elsewhere_in_order_and_to_their_end(where: Any) -> None:
    observer = Observer()
    observer.subscribe(rx.from_(range(100)).pipe(observe_on(where, buffer=200)))

    assert observer.ended.wait(SECONDS)
    assert observer.values == list(range(100))
    here = threading.current_thread().name in observer.threads
    assert here == isinstance(where, CurrentThreadScheduler)


def test_an_error_comes_behind_what_waits(where: Any) -> None:
    observer = Observer()
    observer.subscribe(rx.concat(rx.from_(range(10)), rx.throw(ValueError("broken"))).pipe(observe_on(where)))

    assert observer.ended.wait(SECONDS)
    assert observer.values == list(range(10))
    assert str(observer.error) == "broken"


def test_a_slow_observer_loses_the_oldest_and_holds_nobody_up() -> None:
    reached, free = threading.Event(), threading.Event()
    observer = Observer()
    source: Subject[int] = Subject()

    def slow(value: int) -> None:
        reached.set()
        assert free.wait(SECONDS)
        observer.on_next(value)

    scheduler = EventLoopScheduler()
    source.pipe(observe_on(scheduler, buffer=3)).subscribe(slow, on_completed=observer.ended.set)
    source.on_next(0)
    assert reached.wait(SECONDS)
    for value in range(1, 100):
        source.on_next(value)
    source.on_completed()
    free.set()

    assert observer.ended.wait(SECONDS)
    assert observer.values == [0, 97, 98, 99]
    scheduler.dispose()


def test_whoever_emits_waits_for_an_observer_where_nothing_may_be_lost() -> None:
    observer = Observer()
    scheduler = EventLoopScheduler()
    ahead: list[int] = []
    source = rx.from_(range(200)).pipe(
        ops.do_action(lambda value: ahead.append(value - len(observer.values)))
    )
    observer.subscribe(source.pipe(observe_on(scheduler, buffer=4, overflow="block")))

    assert observer.ended.wait(SECONDS)
    assert observer.values == list(range(200))
    assert max(ahead) <= 4 + 2
    scheduler.dispose()


def test_an_observer_elsewhere_that_raises_is_detached_and_logged(
    where: Any, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[int] = []
    source: Subject[int] = Subject()
    logged = threading.Event()

    def on_next(value: int) -> None:
        told.append(value)
        raise ValueError("broken")

    class Waking(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logged.set()

    waking = Waking()
    logging.getLogger("synapse_rx").addHandler(waking)
    try:
        source.pipe(observe_on(where)).subscribe(on_next)
        source.on_next(1)
        assert logged.wait(SECONDS)
        source.on_next(2)
    finally:
        logging.getLogger("synapse_rx").removeHandler(waking)

    assert told == [1]
    assert not source.observers


def test_nothing_is_told_after_it_was_disposed_of(where: Any) -> None:
    observer = Observer()
    source: Subject[int] = Subject()
    subscription = observer.subscribe(source.pipe(observe_on(where)))
    subscription.dispose()
    source.on_next(1)

    assert observer.values == []
    assert not source.observers


def test_a_scheduler_that_is_disposed_of_is_let_go() -> None:
    scheduler = EventLoopScheduler()
    source: Subject[int] = Subject()
    Observer().subscribe(source.pipe(observe_on(scheduler)))
    scheduler.dispose()
    source.on_next(1)

    assert not source.observers


def test_a_loop_that_is_closed_is_let_go() -> None:
    loop = asyncio.new_event_loop()
    source: Subject[int] = Subject()
    Observer().subscribe(source.pipe(observe_on(loop)))
    loop.close()
    source.on_next(1)

    assert not source.observers


@pytest.mark.parametrize("where", [None, 3, "loop"])
def test_what_is_no_place_is_refused(where: Any) -> None:
    with pytest.raises(OptionError, match="observe_on takes an asyncio event loop or a scheduler"):
        observe_on(where)
