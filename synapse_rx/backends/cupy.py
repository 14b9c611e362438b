"""Compute on an NVIDIA GPU with cupy (extras ``cuda12`` and ``cuda13``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ClassVar

from .. import fast
from ..errors import BackendError, DeviceLostError, DeviceMemoryError, OptionError
from ..typing import Array
from .array_module import ArrayModule
from .base import Backend
from .copies import LARGEST, Copies
from .counter import NAME, CounterGenerator, seed_of
from .cuda import Graph, Kernels
from .cuda.products import PRECISIONS, Products
from .uploads import DoubleBuffer, Uploads, room_for

LEAST_FREE = 256 << 20
"""Bytes that must be free on a device for it to serve."""

SHARE = 0.5
"""The part of the free memory that a data set may take; what does not fit is sent batch by batch."""

_INSTALL = "pip install 'synapse-rx[cuda13]' or, for a driver of CUDA 12, 'synapse-rx[cuda12]'"


class CupyBackend(Backend):
    """
    cupy on one NVIDIA GPU, with a stream and a pool of memory of its own.

    Trainings on several backends of one device share it; each device needs a backend of its own.

    Args:
        device: Which GPU, counted from 0.
        memory_limit: The most bytes its arrays may take; None for all there is.
        graphs: Launch the steps of a training as a CUDA graph, where nothing in them hangs on the host; each is tried
            first, and left as it was with a warning if it comes to anything else. False for one by one.
        products: What numbers in float32 are multiplied in where matrices are: "float32", "tf32" (10 bits behind the
            point) or "bfloat16" (7 bits), which tensor cores do many times as fast. They are added up in float32.

    Raises:
        BackendError: If it cannot serve here; the message says why.
        OptionError: If memory_limit is no whole number >= 1, or products no such name.
    """

    name: ClassVar[str] = "cupy"
    remote: ClassVar[bool] = True

    def __init__(
        self,
        device: int = 0,
        memory_limit: int | None = None,
        *,
        graphs: bool = True,
        products: str = "float32",
    ) -> None:
        if memory_limit is not None and (not isinstance(memory_limit, int) or memory_limit < 1):
            raise OptionError(
                f"memory_limit must be a whole number of bytes >= 1, or None, not {memory_limit!r}"
            )
        if products not in PRECISIONS:
            raise OptionError(f"products must be {' or '.join(map(repr, PRECISIONS))}, not {products!r}")
        reason = self.why_not(device)
        if reason is not None:
            raise BackendError(f"backend 'cupy' cannot serve here: {reason}")
        cupy = _cupy()
        self.xp, self._products = cupy, Products(cupy, products)
        if not fast.is_switched_off() or products != "float32":
            self.xp = ArrayModule(cupy, matmul=self._products.matmul, dot=self._products.dot)
        self.device, self.captures, self._limit = device, graphs, memory_limit
        cuda = cupy.cuda
        self._device = cuda.Device(device)
        with self._device:
            # One that waits for the default stream and is waited for by it, so that nobody meets half-made arrays.
            self._stream = cuda.Stream(non_blocking=False)
            self._pool = cuda.MemoryPool()
            if memory_limit is not None:
                self._pool.set_limit(size=memory_limit)
            self._copies = Copies(self.xp)
            self._sending = cuda.Stream(non_blocking=True)
        self._kernels = None if fast.is_switched_off() else Kernels(self.xp)

    @property
    def kernels(self) -> Kernels | None:
        return self._kernels

    @classmethod
    def why_not(cls, device: int = 0) -> str | None:
        try:
            return _missing() or _no_device(device) or _too_full(device) or _cannot_compute(device)
        except Exception as error:  # whatever is wrong with a driver: whoever asks wants a reason
            return _one_line(error)

    def from_host(self, array: Array, dtype: Any = None) -> Array:
        with self.active():
            return self.xp.array(array, dtype=dtype, order="C")

    def share(self, array: Array) -> Array:
        with self.active():
            return self.xp.asarray(array)

    def to_host(self, array: Array) -> Array:
        with self.active():
            return self._copies.to_host(array)

    def uploads(self, rows: int, like: Sequence[Array]) -> Uploads:
        size = room_for(rows, like)
        if size > LARGEST:
            return super().uploads(rows, like)
        with self.active():
            return DoubleBuffer(self.xp, self._sending, size)

    def spare(self) -> int:
        pool = self._pool
        free = self._device.mem_info[0] + pool.free_bytes()
        if self._limit is not None:
            free = min(free, self._limit - pool.used_bytes())
        return int(SHARE * free)

    def generator(self, seed: Any) -> CounterGenerator:
        return CounterGenerator(self.xp, seed)

    def restore(self, generator: CounterGenerator, state: Any) -> None:
        generator.state = state if state[0] == NAME else CounterGenerator(self.xp, seed_of(state)).state

    def generator_state(self, generator: CounterGenerator) -> Any:
        return generator.state

    @contextmanager
    def active(self) -> Iterator[None]:
        """
        Compute on this device, in this stream and this memory, on whichever thread.

        Raises:
            DeviceMemoryError: If the device has too little memory for what was asked inside.
            DeviceLostError: If it stopped computing.
        """
        try:
            with self._device, self._stream, self.xp.cuda.using_allocator(self._pool.malloc):
                yield
        except Exception as error:
            told = self._told(error)
            if told is None:
                raise
            raise told from error

    def repeated(
        self, step: Callable[[], None], changes: Callable[[], Sequence[Array]]
    ) -> Callable[[], None]:
        if not self.captures:
            return step
        return Graph(step, changes, self.xp, self._pool_of_a_graph, lambda: self._products.room)

    def synchronize(self) -> None:
        with self.active():
            self._stream.synchronize()

    def close(self) -> None:
        self._copies.close()
        self._products.release()
        with suppress(Exception), self._device:
            self._pool.free_all_blocks()
            self.xp.get_default_pinned_memory_pool().free_all_blocks()

    def _told(self, error: Exception) -> Exception | None:
        """Return what to raise in place of an error of cupy; None for others."""
        if isinstance(error, self.xp.cuda.memory.OutOfMemoryError):
            return out_of_memory(error, self._free(), self._pool.used_bytes())
        return lost(error)

    def _pool_of_a_graph(self) -> Any:
        """Return a pool for the memory of one graph alone, within what `memory_limit` leaves."""
        pool = self.xp.cuda.MemoryPool()
        if self._limit is not None:
            self._pool.free_all_blocks()  # what no array needs is room for it
            pool.set_limit(size=max(1, self._limit - self._pool.total_bytes()))
        return pool

    def _free(self) -> tuple[int, int] | None:
        try:
            return self._device.mem_info
        except Exception:
            return None


def out_of_memory(error: Exception, free: tuple[int, int] | None, used: int) -> DeviceMemoryError:
    """
    Return the error that tells cupy's ``error`` to those who have to make do with less.

    Args:
        error: What cupy raised.
        free: Free bytes and all bytes of the device; None if it does not say.
        used: Bytes that arrays take.
    """
    text = str(error)
    asked, limit = _bytes(r"allocating ([\d,]+) bytes", text), _bytes(r"limit set to: ([\d,]+) bytes", text)
    there = "" if free is None else f", {_size(free[0])} of {_size(free[1])} are free"
    bound = "" if limit is None else f", at most {_size(limit)} by memory_limit"
    return DeviceMemoryError(
        f"the GPU has too little memory: {'more' if asked is None else _size(asked)} was asked for{there}, "
        f"and {_size(used)} are taken by this training{bound}; take smaller batches, a smaller network or "
        'fewer samples, dtype="float32" in place of "float64", or stop what else runs on the device'
    )


def lost(error: Exception) -> DeviceLostError | None:
    """Return the error that tells of a device that stopped computing; None if ``error`` does not say so."""
    if type(error).__name__ not in ("CUDARuntimeError", "CUDADriverError"):
        return None
    return DeviceLostError(
        f"the GPU stopped computing ({_one_line(error)}); what was published last is kept: save it, and go on from it "
        'in a new process, or here with backend="numpy"'
    )


def _cupy() -> Any:
    return import_module("cupy")


def _missing() -> str | None:
    if find_spec("cupy") is None:
        return f"cupy is not installed; {_INSTALL}"
    try:
        _cupy()
    except Exception as error:
        return f"cupy cannot be loaded: {_one_line(error)}"
    return None


def _no_device(device: int) -> str | None:
    runtime = _cupy().cuda.runtime
    if not runtime.driverGetVersion():
        return "there is no NVIDIA driver"
    count = runtime.getDeviceCount()
    if not count:
        return "there is no NVIDIA GPU"
    if not 0 <= device < count:
        return f"there is no GPU {device}; they are numbered from 0 to {count - 1}"
    return None


def _too_full(device: int) -> str | None:
    free, total = _cupy().cuda.Device(device).mem_info
    if free >= LEAST_FREE:
        return None
    there = f"{_size(free)} of {_size(total)} are free"
    return f"GPU {device} has too little memory: {there}, {_size(LEAST_FREE)} are needed"


@lru_cache
def _cannot_compute(device: int) -> str | None:
    """Return what keeps it from computing: cupy compiles as it goes, and needs a library for products of matrices."""
    xp = _cupy()
    try:
        with xp.cuda.Device(device):
            ones = xp.ones((2, 2), "f")
            (ones @ ones + ones).sum().item()
    except Exception as error:
        return f"cupy cannot compute: {_one_line(error)}; {_INSTALL} brings all it needs"
    return None


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _bytes(pattern: str, text: str) -> int | None:
    found = re.search(pattern, text)
    return None if found is None else int(found[1].replace(",", ""))


def _size(n: int) -> str:
    return f"{n / 2**30:.2f} GiB" if n >= 2**30 else f"{n / 2**20:.1f} MiB"
