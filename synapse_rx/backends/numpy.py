"""Compute on the CPU with numpy."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..typing import Array
from .base import Backend


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

    def generator(self, state: Any) -> np.random.Generator:
        generator = np.random.Generator(np.random.PCG64())
        if isinstance(state, tuple):
            generator.bit_generator.state = _thawed(state)
            return generator
        return np.random.default_rng(state)

    def generator_state(self, generator: np.random.Generator) -> Any:
        state: Any = generator.bit_generator.state
        inner = state["state"]
        return (state["bit_generator"], inner["state"], inner["inc"], state["has_uint32"], state["uinteger"])


def _thawed(state: tuple[Any, ...]) -> dict[str, Any]:
    name, value, increment, has_uint32, uinteger = state
    return {
        "bit_generator": name,
        "state": {"state": value, "inc": increment},
        "has_uint32": has_uint32,
        "uinteger": uinteger,
    }
