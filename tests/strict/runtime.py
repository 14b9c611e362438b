"""The runtime of cupy without a device: what `CupyBackend` asks of it is noted, in its order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from types import SimpleNamespace
from typing import Any

import numpy as np

from .array import LeakError, StrictArray
from .capturing import begin, capturing, end
from .module import StrictModule

GIB = 1 << 30

REFUSED = frozenset(
    ["item", "asnumpy", "array", "asarray"]
    + ["matmul", "dot", "vdot", "inner", "tensordot", "einsum", "linalg.norm", "ndarray.dot"]
    + ["concatenate", "stack", "vstack", "hstack"]  # send the host's list of where the arrays lie
    + [f"{home}{name}" for home in ("", "ndarray.") for name in ("nonzero", "unique", "argwhere", "compress")]
)
"""What cupy cannot do while a stream is captured: its own products, what waits, and what sends numbers of the host."""


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
        for name in ("device", "stream", "allocator"):
            if not getattr(self.here, name, None):
                raise LeakError(f"{what} without a {name} of the backend")
        stream, pool = self.here.stream[-1], self.here.allocator[-1].__self__
        if capturing() is None:
            pool.is_shared = True
            return
        if stream.captures and what not in REFUSED and not (what == "memory" and pool.is_shared):
            return
        stream.is_invalid = True
        if not stream.captures:
            raise LeakError(f"{what} in another stream than the one that is captured")
        if what == "memory":
            raise LeakError("memory of a pool that gives it to others as well, for a graph that writes to it")
        raise LeakError(f"{what} while a stream is captured")

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
        self.captures = self.is_invalid = False
        self.pending: list[Any] = []
        self.after: list[Any] = []

    def record(self) -> StrictStream:
        self.cupy.noted.append(("records", self))
        return self

    def wait_event(self, event: StrictStream) -> None:
        self.after.append(event)

    def begin_capture(self) -> None:
        assert self.non_blocking and not self.captures
        begin()
        self.captures, self.is_invalid = True, False

    def end_capture(self) -> StrictGraph:
        assert self.captures
        launches, self.captures = end(), False
        if self.is_invalid:
            raise CUDARuntimeError(
                "cudaErrorStreamCaptureInvalidated: operation failed due to a previous error"
            )
        assert launches
        self.cupy.noted.append(("captures", len(launches)))
        return StrictGraph(self.cupy, launches)

    def synchronize(self) -> None:
        if self.captures:
            self.is_invalid = True
            raise LeakError("a stream is waited for while it is captured")
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
        assert capturing() is None
        self.cupy.check("a graph")
        self.cupy.noted.append(("launches", len(self._launches)))
        for launch in self._launches:
            launch()


class StrictPool:
    """
    A pool of memory.

    Attributes:
        is_shared: Whether anything but what is captured takes memory of it.
    """

    def __init__(self, cupy: StrictCupy) -> None:
        self.limit: int | None = None
        self.is_shared = False
        self.freed = 0
        cupy.pools.append(self)

    def malloc(self, size: int) -> None:
        raise AssertionError("numpy has the memory")

    def set_limit(self, size: int) -> None:
        self.limit = size

    def used_bytes(self) -> int:
        return 4096

    def total_bytes(self) -> int:
        return 8192

    def free_bytes(self) -> int:
        return 0

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
