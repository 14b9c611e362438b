"""A network seen by its training algorithm: a flat vector and the gradient of the batch at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import nan
from types import MethodType
from typing import ParamSpec, TypeVar
from weakref import WeakMethod

from ..backends import Backend
from ..fast import Kernel, compiled
from ..typing import Array

P = ParamSpec("P")
T = TypeVar("T")

BLOCK = 1 << 17
"""Numbers in a block: three vectors of float32 blocks fit the second-level cache of a common core."""


class NetworkProblem:
    """
    The flat parameters and gradient of a network, as algorithms see them (`Problem`).

    Attributes:
        xp: The array module.
        remote: Whether theta lies on a device.
        theta: The parameters.
        grad: The gradient.
        evaluate: Computes loss and gradient of the batch at hand.
    """

    def __init__(
        self,
        backend: Backend,
        theta: Array,
        evaluate: Callable[[], None],
        told: Callable[[Sequence[Array]], list[float]] = lambda numbers: [nan, *map(float, numbers)],
    ) -> None:
        self.xp, self.remote = backend.xp, backend.remote
        self.theta = theta
        self.grad = self.zeros()
        # Weakly where they are methods, of whoever owns this: vectors go with their last user, not when garbage is
        # collected, before which another training may want as many.
        self.evaluate = weakly(evaluate)
        self._told = weakly(told)
        self._temporaries: dict[int, Array] = {}
        self._host = backend.name == "numpy"
        self._kernels = backend.kernels
        # A device gains nothing from blocks: it would only launch more kernels.
        step = BLOCK if self._host else max(1, theta.size)
        self._slices = [slice(start, start + step) for start in range(0, theta.size, step)]

    @property
    def loss(self) -> float:
        """The loss at the theta of the last evaluation; worked out when asked for."""
        return self._told(())[0]

    def told(self, *numbers: Array) -> list[float]:
        """Return the loss and some numbers that lie where theta does, asked for together."""
        return self._told(numbers)

    def zeros(self) -> Array:
        """Return a new vector of zeros like theta."""
        # Of pages that nobody writes to there need not be any: zeros_like would touch all of them.
        return self.xp.zeros(self.theta.size, self.theta.dtype)

    def blocks(self, *vectors: Array) -> Iterator[tuple[Array, ...]]:
        """Yield the vectors cut into the same cache-sized blocks."""
        if len(self._slices) == 1:
            yield vectors
            return
        for part in self._slices:
            yield tuple(vector[part] for vector in vectors)

    def compiled(self, kernel: Kernel) -> Kernel | None:
        """Return ``kernel`` as machine code of the host or the device; None where there is no compiler for it."""
        if self._kernels is not None:
            return self._kernels.elementwise(kernel, self.theta.dtype)
        return compiled(kernel) if self._host else None

    @property
    def nbytes(self) -> int:
        """Bytes of the parameters, the gradient and the scratch vectors made so far."""
        return self.theta.nbytes + self.grad.nbytes + sum(v.nbytes for v in self._temporaries.values())

    def temporary(self, k: int) -> Array:
        """Return scratch vector number ``k``, as long as the longest block."""
        vector = self._temporaries.get(k)
        if vector is None:
            longest = max((part.stop - part.start for part in self._slices), default=0)
            size = min(longest, self.theta.size)
            vector = self._temporaries[k] = self.xp.empty(size, self.theta.dtype)
        return vector


def weakly(function: Callable[P, T]) -> Callable[P, T]:
    """Return a method so that it does not keep its object alive; any other function as it is."""
    if not isinstance(function, MethodType):
        return function
    weak = WeakMethod(function)

    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        method = weak()
        assert method is not None
        return method(*args, **kwargs)

    return call
