import asyncio
import gc
import threading

import pytest

from synapse_rx.atoms import Stream, atom
from synapse_rx.errors import OptionError

SOON = 60


async def read(stream, n):
    return [await asyncio.wait_for(anext(stream), SOON) for _ in range(n)]


@pytest.mark.asyncio
async def test_a_stream_begins_with_the_current_value():
    a = atom(1)

    assert await read(a.stream(), 1) == [1]


@pytest.mark.asyncio
async def test_a_slow_reader_gets_the_newest_version_and_the_count_of_what_it_missed():
    a = atom(0)
    stream = a.stream()
    for n in range(1, 6):
        a.reset(n)

    assert await read(stream, 1) == [5]
    assert stream.dropped == 5


@pytest.mark.asyncio
async def test_latest_with_a_larger_buffer_jumps_to_the_newest_once_it_is_full():
    a = atom(0)
    stream = a.stream(buffer=3)
    a.reset(1)
    assert await read(stream, 2) == [0, 1]

    for n in range(2, 6):
        a.reset(n)
    assert await read(stream, 1) == [5]
    assert stream.dropped == 3


@pytest.mark.asyncio
async def test_drop_oldest_keeps_the_newest_of_the_buffers_length():
    a = atom(0)
    stream = a.stream(buffer=3, overflow="drop_oldest")
    for n in range(1, 6):
        a.reset(n)

    assert await read(stream, 3) == [3, 4, 5]
    assert stream.dropped == 3


@pytest.mark.asyncio
async def test_a_reader_that_waits_is_woken_by_a_swap_on_its_own_loop_and_on_another_thread():
    a = atom(0)
    stream = a.stream()
    await read(stream, 1)

    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    a.reset(1)
    assert await asyncio.wait_for(waiting, SOON) == 1

    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    await asyncio.to_thread(a.reset, 2)
    assert await asyncio.wait_for(waiting, SOON) == 2


@pytest.mark.asyncio
async def test_an_atom_can_be_iterated_itself_and_break_releases_the_watch():
    a = atom(0)
    values = []
    async for value in a:
        values.append(value)
        if value == 3:
            break
        a.reset(value + 1)

    assert values == [0, 1, 2, 3]
    assert not a._delivery.entries


@pytest.mark.asyncio
async def test_reading_lets_the_loop_run_between_values():
    a = atom(0)
    turns = []
    asyncio.get_running_loop().call_soon(turns.append, 1)
    async for value in a:
        if turns:
            break
        a.reset(value + 1)

    assert value <= 2


@pytest.mark.asyncio
async def test_a_closed_stream_ends_and_is_forgotten():
    a = atom(0)
    async with a.stream() as stream:
        assert isinstance(stream, Stream)
        assert await read(stream, 1) == [0]
        a.reset(1)

    assert [value async for value in stream] == []
    assert stream.closed
    assert not a._delivery.entries
    await stream.aclose()


@pytest.mark.asyncio
async def test_closing_wakes_a_reader_that_waits():
    stream = atom(0).stream()
    await read(stream, 1)
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.to_thread(stream.close)

    with pytest.raises(StopAsyncIteration):
        await asyncio.wait_for(waiting, SOON)


@pytest.mark.asyncio
async def test_a_cancelled_read_loses_nothing():
    a = atom(0)
    stream = a.stream()
    await read(stream, 1)
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    a.reset(1)

    assert await read(stream, 1) == [1]


@pytest.mark.asyncio
async def test_one_stream_has_one_reader():
    stream = atom(0).stream()
    await read(stream, 1)
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="its own"):
        await anext(stream)
    waiting.cancel()


@pytest.mark.parametrize("options", [{"buffer": 0}, {"buffer": 1.5}, {"buffer": True}, {"overflow": "lates"}])
def test_bad_options_are_refused(options):
    a = atom(0)

    with pytest.raises(OptionError):
        a.stream(**options)
    assert not a._delivery.entries


@pytest.mark.asyncio
async def test_block_makes_the_swapping_thread_wait_for_the_reader():
    a = atom(0)
    stream = a.stream(buffer=2, overflow="block")
    swapped, full = [], threading.Event()

    def swap():
        for n in range(1, 20):
            if n == 2:
                full.set()
            a.reset(n)
            swapped.append(n)

    writer = asyncio.ensure_future(asyncio.to_thread(swap))
    await asyncio.to_thread(full.wait, SOON)
    assert swapped == [1]

    assert await read(stream, 20) == list(range(20))
    await asyncio.wait_for(writer, SOON)
    assert stream.dropped == 0


@pytest.mark.asyncio
async def test_block_never_blocks_the_thread_that_reads():
    a = atom(0)
    stream = a.stream(overflow="block")
    for n in range(1, 10):
        a.reset(n)

    assert await read(stream, 10) == list(range(10))


@pytest.mark.asyncio
async def test_a_blocked_writer_does_not_hold_up_other_watches_or_other_writers():
    a = atom(0)
    told = []
    a.add_watch("k", lambda key, cell, old, new: told.append(new))
    stream = a.stream(overflow="block")
    writer = asyncio.ensure_future(asyncio.to_thread(lambda: [a.reset(n) for n in (1, 2, 3)]))
    while a.value < 1:
        await asyncio.sleep(0)
    a.reset(9)

    assert 9 in told
    await stream.aclose()
    await asyncio.wait_for(writer, SOON)


@pytest.mark.asyncio
@pytest.mark.parametrize("end", [Stream.close, lambda stream: None])
async def test_closing_or_dropping_a_stream_releases_a_blocked_writer(end):
    a = atom(0)
    stream = a.stream(overflow="block")
    writer = asyncio.ensure_future(asyncio.to_thread(lambda: [a.reset(n) for n in range(1, 50)]))
    while a.value < 1:
        await asyncio.sleep(0)
    end(stream)
    del stream
    gc.collect()

    await asyncio.wait_for(writer, SOON)
    assert not a._delivery.entries


def test_a_reader_whose_loop_is_closed_releases_a_blocked_writer(together):
    a = atom(0)
    loop = asyncio.new_event_loop()
    streams = []

    async def begin():
        streams.append(a.stream(overflow="block"))
        return await anext(streams[0])

    def reader():
        assert loop.run_until_complete(begin()) == 0
        ready.set()
        assert blocked.wait(SOON)
        loop.close()

    def writer():
        assert ready.wait(SOON)
        a.reset(1)
        blocked.set()
        for n in range(2, 50):
            a.reset(n)

    ready, blocked = threading.Event(), threading.Event()
    together(reader, writer)

    assert a.value == 49
    assert asyncio.run(read(streams[0], 1)) == [49]


def test_one_atom_serves_streams_on_two_loops_in_two_threads(together):
    a = atom(0)
    results = {}
    ready = threading.Barrier(3)

    def reader(name):
        async def main():
            values = []
            async with a.stream(buffer=4, overflow="drop_oldest") as stream:
                await asyncio.to_thread(ready.wait, SOON)
                async for value in stream:
                    values.append(value)
                    if value == 500:
                        return values

        results[name] = asyncio.run(main())

    def writer():
        ready.wait(SOON)
        for _ in range(500):
            a.swap(lambda n: n + 1)

    together(lambda: reader("x"), lambda: reader("y"), writer)

    for values in results.values():
        assert values == sorted(set(values))
        assert values[-1] == 500


def test_one_stream_can_be_read_on_one_loop_after_another():
    a = atom(0)
    stream = a.stream()
    assert asyncio.run(read(stream, 1)) == [0]
    a.reset(1)

    assert asyncio.run(read(stream, 1)) == [1]


def test_block_loses_nothing_between_many_writers_and_one_reader(together):
    a = atom(0)
    values = []
    ready = threading.Event()

    def reader():
        async def main():
            async with a.stream(overflow="block") as stream:
                ready.set()
                async for value in stream:
                    values.append(value)
                    if value == 400:
                        break

        asyncio.run(main())

    def writer():
        assert ready.wait(SOON)
        for _ in range(100):
            a.swap(lambda n: n + 1)

    together(reader, writer, writer, writer, writer)

    assert values == list(range(401))


@pytest.mark.asyncio
async def test_the_repr_of_a_stream_says_what_it_dropped():
    stream = atom(0, meta={"name": "net"}).stream()
    assert repr(stream) == "<Stream of Atom 'net', 0 dropped>"

    stream.close()
    assert repr(stream) == "<Stream of Atom 'net', closed, 0 dropped>"
