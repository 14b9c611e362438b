"""The identity."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..scratch import Scratch
from ..typing import Array
from .base import Activation


@frozen
class Linear(Activation):
    """No activation function, ``y = z``; also known as "identity"."""

    aliases: ClassVar[tuple[str, ...]] = ("identity",)

    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        s.xp.copyto(y, z)

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        s.xp.copyto(dz, dy)
