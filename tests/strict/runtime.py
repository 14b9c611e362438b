"""The runtime of cupy without a device: what `CupyBackend` asks of it is noted, in its order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from types import SimpleNamespace
from typing import Any

import numpy as np

from .array import LeakError, StrictArray
from .cuda import EmulatedKernel
from .module import StrictModule

GIB = 1 << 30


class OutOfMemoryError(MemoryError):
    """
    What cupy raises, with its text.
    """


class CUDARuntimeError(RuntimeError):
    """
    What cupy raises when a device is lost, by the same name.
    """


class StrictCupy(StrictModule):
    """
    cupy with a device that computes on the CPU.

    Nothing may be computed but in the context of a device, a stream and an allocator, on whichever thread.

    Attributes:
        noted: What was asked of the runtime.
        fails: Raised by the next thing computed, once it is set.
    """

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[Any] = []
        self.fails: Exception | None = None
        self.here = local()
        self.pools: list[StrictPool] = []
        self.pinned = StrictPool(self)
        self.cuda = SimpleNamespace(
            runtime=SimpleNamespace(
                driverGetVersion=lambda: 13000, runtimeGetVersion=lambda: 13000, getDeviceCount=lambda: 2
            ),
            memory=SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
            Device=lambda number: StrictDevice(self, number),
            Stream=lambda non_blocking=False: StrictStream(self, non_blocking),
            MemoryPool=lambda: StrictPool(self),
            using_allocator=self._using_allocator,
            get_current_stream=self._current_stream,
            alloc_pinned_memory=self._pinned,
        )

    def asnumpy(
        self, a: Any, stream: Any = None, order: str = "C", out: Any = None, blocking: bool = True
    ) -> Any:
        """
        Copy to the host; what is not waited for is there when the stream is waited for, and junk before.
        """
        host = a._host
        if blocking:
            self.noted.append(("waits for", stream or self._current_stream()))
            return np.array(host)
        assert out is not None and out.shape == host.shape and out.dtype == host.dtype
        if not (host.flags.c_contiguous and out.flags.c_contiguous):
            raise LeakError("only what lies in one piece is copied without waiting")
        out.reshape(-1).view(np.uint8)[...] = 0xFF
        self.noted.append(("copies", stream))
        stream.pending.append(lambda: np.copyto(out, host))
        return out

    def get_default_pinned_memory_pool(self) -> StrictPool:
        return self.pinned

    def check(self, what: str) -> None:
        """
        Raise if something is computed outside a context, or if the device is to fail.
        """
        if self.fails is not None:
            error, self.fails = self.fails, None
            raise error
        if EmulatedKernel.capturing is not None and not what.startswith("kernel "):
            raise LeakError(f"{what} while a stream is captured, which takes kernels alone")
        for name in ("device", "stream", "allocator"):
            if not getattr(self.here, name, None):
                raise LeakError(f"{what} without a {name} of the backend")

    @contextmanager
    def entered(self, name: str, what: Any) -> Iterator[None]:
        """
        Make something current on this thread.
        """
        stack = self.here.__dict__.setdefault(name, [])
        stack.append(what)
        try:
            yield
        finally:
            stack.pop()

    def _using_allocator(self, malloc: Any) -> Any:
        return self.entered("allocator", malloc)

    def _current_stream(self) -> Any:
        return self.here.stream[-1]

    def _pinned(self, size: int) -> Any:
        self.noted.append(("pins", size))
        return memoryview(bytearray(size))


class _Entered:
    """
    What can be made current by ``with``, again and again.
    """

    def __init__(self, cupy: StrictCupy, name: str) -> None:
        self.cupy, self._name = cupy, name

    def __enter__(self) -> Any:
        self.cupy.here.__dict__.setdefault(self._name, []).append(self)
        return self

    def __exit__(self, *error: Any) -> None:
        self.cupy.here.__dict__[self._name].pop()


class StrictDevice(_Entered):
    """
    A device of two GiB.
    """

    def __init__(self, cupy: StrictCupy, number: int) -> None:
        super().__init__(cupy, "device")
        self.number, self.mem_info = number, (GIB, 2 * GIB)


class StrictStream(_Entered):
    """
    A stream: what is copied in it is there when it was waited for.
    """

    def __init__(self, cupy: StrictCupy, non_blocking: bool) -> None:
        super().__init__(cupy, "stream")
        self.non_blocking = non_blocking
        self.ptr = id(self)
        self.pending: list[Any] = []
        self.after: list[Any] = []

    def record(self) -> StrictStream:
        self.cupy.noted.append(("records", self))
        return self

    def wait_event(self, event: StrictStream) -> None:
        self.after.append(event)

    def begin_capture(self) -> None:
        assert self.non_blocking and EmulatedKernel.capturing is None
        EmulatedKernel.capturing = []

    def end_capture(self) -> StrictGraph:
        launches, EmulatedKernel.capturing = EmulatedKernel.capturing, None
        assert launches
        self.cupy.noted.append(("captures", len(launches)))
        return StrictGraph(self.cupy, launches)

    def synchronize(self) -> None:
        self.cupy.noted.append(("waits for", self))
        for one in self.pending:
            one()
        self.pending.clear()


class StrictGraph:
    """
    Kernels as they were launched when they were captured, with the very same arguments.
    """

    def __init__(self, cupy: StrictCupy, launches: list[Any]) -> None:
        self.cupy, self._launches = cupy, launches

    def launch(self) -> None:
        self.cupy.check("a graph")
        self.cupy.noted.append(("launches", len(self._launches)))
        for launch in self._launches:
            launch()


class StrictPool:
    """
    A pool of memory.
    """

    def __init__(self, cupy: StrictCupy) -> None:
        self.limit: int | None = None
        self.freed = 0
        cupy.pools.append(self)

    def malloc(self, size: int) -> None:
        raise AssertionError("numpy has the memory")

    def set_limit(self, size: int) -> None:
        self.limit = size

    def used_bytes(self) -> int:
        return 4096

    def free_all_blocks(self) -> None:
        self.freed += 1


@contextmanager
def guarded(cupy: StrictCupy) -> Iterator[None]:
    """
    Let everything that is computed be checked.
    """
    StrictArray.guard = cupy.check
    try:
        yield
    finally:
        StrictArray.guard = None
