"""
Scratch: the preallocated memory one node of a program works in.

A node never allocates while training: it asks its scratch for named buffers, which are made once for the largest batch
and handed out as slices for smaller ones. Values kept between the forward and the backward pass live there too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any, Protocol, TypeVar

import numpy as np

from .backends.base import Backend
from .backends.cuda import Fused
from .typing import Array, Shape

T = TypeVar("T")
F = TypeVar("F", bound=Fused)

LINE = 64
"""Bytes of a line of the cache."""


class Child(Protocol):
    """A layer inside another, with its parameters and memory for batches of one size."""

    def forward(self, x: Array) -> Array:
        """Return its outputs, in its own memory, and remember what the backward pass needs."""
        ...

    def backward(self, dy: Array) -> Array | None:
        """Write its gradients and return dL/dx, or None where nobody wants it."""
        ...


class Joined(Protocol):
    """The processes that learn a batch together, each a part of it."""

    def rows(self, own: int) -> int:
        """Return how many rows all processes have of a layer's inputs, given how many this one has."""
        ...

    def sum(self, array: Array) -> None:
        """Replace numbers by their sums over all processes, each of which asks for that at this place."""
        ...


class Scratch:
    """
    One node's buffers, parameters and gradients for batches of ``n`` samples.

    Attributes:
        xp: The array module (numpy or cupy).
        n: Samples in the batch.
        dtype: The floating-point type of the program.
        params: The node's parameters by name, views of the flat vector.
        grads: The node's gradients by name, views of the flat gradient.
        rng: The generator of the program, for stochastic nodes.
        training: True in a training pass; false for inference, when stochastic nodes may act differently.
        needs_dx: False where nobody wants the gradient of the input (the first node with parameters).
        learns: False where it has no parameters or they are frozen, so that nobody wants their gradients.
        frozen: True where the node is to stay as it is: neither parameters nor what it keeps may change.
        kept: What the node keeps from batch to batch by name (`Layer.keeps`), views of one flat vector.
        children: The layers inside this one, in their order.
        joint: The processes that learn the batch together; what goes over all its samples must be summed over them.
            None where one learns it alone.
        kernels: What a device computes by kernels of its own; None where array functions do all.
    """

    __slots__ = (
        "_buffers",
        "_views",
        "children",
        "dtype",
        "frozen",
        "grads",
        "joint",
        "kept",
        "kernels",
        "learns",
        "n",
        "needs_dx",
        "params",
        "rng",
        "training",
        "xp",
    )

    def __init__(
        self,
        backend: Backend,
        buffers: Buffers,
        n: int,
        *,
        params: Mapping[str, Array] | None = None,
        grads: Mapping[str, Array] | None = None,
        rng: Any = None,
        training: bool = True,
        needs_dx: bool = True,
        learns: bool = True,
        frozen: bool = False,
        kept: Mapping[str, Array] | None = None,
        children: Sequence[Child] = (),
        joint: Joined | None = None,
    ) -> None:
        self.xp = backend.xp
        self.kernels = backend.kernels
        self.n = n
        self.dtype = buffers.dtype
        self.params: Mapping[str, Array] = params or {}
        self.grads: Mapping[str, Array] = grads or {}
        self.rng = rng
        self.training = training
        self.needs_dx = needs_dx
        self.learns = learns
        self.frozen = frozen
        self.kept: Mapping[str, Array] = kept or {}
        self.children = tuple(children)
        self.joint = joint
        self._buffers = buffers
        self._views: dict[str, Any] = {}

    def array(self, name: str, shape: Shape = (), dtype: Any = None) -> Array:
        """
        Return the buffer ``name`` of shape (n, *shape), uninitialised when first asked for.

        The same name always means the same memory, so what a forward pass writes, the backward pass finds.
        """
        view = self._views.get(name)
        if view is None:
            view = self._views[name] = self._buffers.batch(name, self.n, shape, dtype)
        return view

    def fixed(self, name: str, shape: Shape, dtype: Any = None) -> Array:
        """Return the buffer ``name`` of exactly ``shape``, whatever the batch."""
        view = self._views.get(name)
        if view is None:
            view = self._views[name] = self._buffers.fixed(name, shape, dtype)
        return view

    def carried(self, name: str, shape: Shape) -> Array:
        """
        Return what the node carries from one batch to the next, (n, *shape): zeros when first asked for.

        Unlike other buffers it is part of the state of training, so that a resumed training finds it as it was.
        """
        view = self._views.get(name)
        if view is None:
            view = self._views[name] = self._buffers.carried(name, self.n, shape)
        return view

    def filled(self, name: str, shape: Shape, value: float) -> Array:
        """Return the buffer ``name`` of exactly ``shape``, filled once; nobody may write to it."""
        view = self._views.get(name)
        if view is None:
            view = self.fixed(name, shape)
            view.fill(value)
        return view

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Return what ``make`` gave when ``name`` was first asked for: views of buffers and the like, made once."""
        found = self._views.get(name)
        if found is None:
            found = self._views[name] = make()
        return found

    def fused(self, kind: type[F]) -> F | None:
        """Return a kernel of the device for the type of this program; None where array functions have to do."""
        return None if self.kernels is None else self.kernels.get(kind, self.dtype)

    @property
    def capacity(self) -> int:
        """The most samples in a batch: memory is made for as many."""
        return self._buffers.capacity

    def inside(self, name: str, times: int = 1) -> Scratch:
        """Return memory of its own, with names of its own, for a part of the work that has ``times`` as many rows."""
        return self.once(f"inside {name}", lambda: self._inside(name, times))

    def _inside(self, name: str, times: int) -> Scratch:
        part = copy(self)
        part.n, part._buffers, part._views = self.n * times, self._buffers.inside(name, times), {}
        return part

    def ones(self) -> Array:
        """Return n ones, for summing over the batch by a matrix product (faster than a sum along axis 0)."""
        view = self._views.get("ones")
        if view is None:
            view = self._views["ones"] = self._buffers.ones(self.n)
        return view


class Buffers:
    """The memory behind one node's `Scratch` values of every batch size: made once for the largest batch."""

    __slots__ = ("_arrays", "_carried", "_parts", "_xp", "capacity", "dtype")

    def __init__(self, backend: Backend, capacity: int, dtype: Any) -> None:
        self._xp = backend.xp
        self.capacity = capacity
        self._arrays: dict[str, Array] = {}
        self._carried: dict[str, Array] = {}
        self._parts: dict[str, Buffers] = {}
        self.dtype = dtype

    def inside(self, name: str, times: int) -> Buffers:
        """Return memory apart from this, for ``times`` as many rows."""
        part = self._parts.get(name)
        if part is None:
            part = self._parts[name] = copy(self)
            part.capacity = self.capacity * times
            part._arrays, part._carried, part._parts = {}, {}, {}
        return part

    def batch(self, name: str, n: int, shape: Shape, dtype: Any = None) -> Array:
        if n > self.capacity:
            raise AssertionError(f"a batch of {n} in memory made for {self.capacity}")
        return self.fixed(name, (self.capacity, *shape), dtype)[:n]

    def fixed(self, name: str, shape: Shape, dtype: Any = None) -> Array:
        array = self._arrays.get(name)
        if array is None:
            array = self._arrays[name] = _empty(self._xp, shape, dtype or self.dtype)
        if array.shape != shape:
            raise AssertionError(f"buffer {name!r} of {array.shape} is asked for again as {shape}")
        return array

    def carried(self, name: str, n: int, shape: Shape) -> Array:
        array = self._carried.get(name)
        if array is None:
            array = self._carried[name] = self._xp.zeros((self.capacity, *shape), self.dtype)
        return array[:n]

    def restore(self, name: str, value: Array) -> None:
        """Go on with what was carried; of another capacity it is left out."""
        array = self._carried.get(name)
        if array is None:
            if len(value) == self.capacity:
                self._carried[name] = self._xp.array(value, self.dtype)
        elif array.shape == value.shape:
            array[...] = value

    @property
    def states(self) -> Mapping[str, Array]:
        """What is carried from batch to batch, whole."""
        return self._carried

    def ones(self, n: int) -> Array:
        array = self._arrays.get("ones")
        if array is None:
            array = self._arrays["ones"] = self._xp.ones(self.capacity, self.dtype)
        return array[:n]

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        own = sum(a.nbytes for held in (self._arrays, self._carried) for a in held.values())
        return own + sum(part.nbytes for part in self._parts.values())


def _empty(xp: Any, shape: Shape, dtype: Any) -> Array:
    """Return new memory that begins with a line of the cache: vectors across two lines take twice as long to load."""
    if xp is not np:
        return xp.empty(shape, dtype)
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + LINE, np.uint8)
    start = -memory.ctypes.data % LINE
    return memory[start : start + size].view(dtype).reshape(shape)
