"""Compute on the CPU with numpy."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..typing import Array
from .base import Backend
from .counter import NAME, seed_of


class NumpyBackend(Backend):
    """numpy on the CPU. Always there."""

    name: ClassVar[str] = "numpy"
    xp: Any = np

    @classmethod
    def why_not(cls) -> str | None:
        return None

    def from_host(self, array: Array, dtype: Any = None) -> Array:
        return np.array(array, dtype=dtype, order="C")

    def share(self, array: Array) -> Array:
        return array

    def to_host(self, array: Array) -> Array:
        return np.array(array)

    def generator(self, seed: Any) -> np.random.Generator:
        return np.random.default_rng(seed)

    def restore(self, generator: np.random.Generator, state: Any) -> None:
        if state[0] == NAME:
            state = self.generator_state(self.generator(seed_of(state)))
        name, value, increment, has_uint32, uinteger = state
        generator.bit_generator.state = {
            "bit_generator": name,
            "state": {"state": value, "inc": increment},
            "has_uint32": has_uint32,
            "uinteger": uinteger,
        }

    def generator_state(self, generator: np.random.Generator) -> Any:
        state: Any = generator.bit_generator.state
        inner = state["state"]
        return (state["bit_generator"], inner["state"], inner["inc"], state["has_uint32"], state["uinteger"])
