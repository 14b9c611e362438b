"""A backend of strict arrays, which counts what goes between host and device."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from synapse_rx.backends import Backend
from synapse_rx.backends.counter import NAME, CounterGenerator, seed_of
from synapse_rx.backends.cuda import Kernels

from .module import xp

KERNELS = Kernels(xp)
"""Those of all strict backends, so that each is tried once."""


class StrictBackend(Backend):
    """
    What a GPU is to the library, but for the speed: arrays of its own and the generator that devices have.

    Args:
        fused: Compute by kernels of devices where there are some, run on the CPU.

    Attributes:
        read: Arrays that went to the host so far.
        written: Arrays that came from there.
    """

    name: ClassVar[str] = "strict"
    remote: ClassVar[bool] = True
    xp: Any = xp

    def __init__(self, *, fused: bool = False) -> None:
        self.read = self.written = 0
        self._kernels = KERNELS if fused else None

    @property
    def kernels(self) -> Kernels | None:
        return self._kernels

    @classmethod
    def why_not(cls) -> str | None:
        return None

    def from_host(self, array: Any, dtype: Any = None) -> Any:
        self.written += 1
        return xp.array(array, dtype, order="C")

    def share(self, array: Any) -> Any:
        self.written += 1
        return xp.array(array)

    def to_host(self, array: Any) -> np.ndarray:
        self.read += 1
        return xp.asnumpy(array)

    def generator(self, seed: Any) -> CounterGenerator:
        return CounterGenerator(xp, seed)

    def restore(self, generator: CounterGenerator, state: Any) -> None:
        generator.state = state if state[0] == NAME else CounterGenerator(xp, seed_of(state)).state

    def generator_state(self, generator: CounterGenerator) -> Any:
        return generator.state


class KernelBackend(StrictBackend):
    """
    The same with kernels of devices, by a name of its own, so that it can be asked for.
    """

    name: ClassVar[str] = "strict_kernels"

    def __init__(self) -> None:
        super().__init__(fused=True)
