"""What layers share that only say where the parameters of another are found."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from attrs import field, frozen

from ...errors import OptionError
from ...scratch import Scratch
from ...typing import Array, Shapes
from ..base import Layer, Takes


def _name(instance: Any, attribute: Any, value: Any) -> None:
    if not (isinstance(value, str) and value.isidentifier()):
        raise OptionError(
            f"{attribute.alias} of {instance.kind} must be a word of letters, digits and _ that begins with no "
            f"digit, such as 'encoder', not {value!r}"
        )


@frozen
class Alias(Layer):
    """
    Another layer under a name.

    Args:
        name: The name: letters, digits and "_".
        layer: The layer; a list means a `Chain`.
    """

    sequential: ClassVar[bool] = True
    takes: ClassVar[Takes] = "either"

    name: str = field(validator=_name)
    layer: Layer = field(converter=Layer.of)

    def children(self) -> tuple[tuple[int | str | None, Layer], ...]:
        return ((None, self.layer),)

    @abstractmethod
    def place(self, path: tuple[int | str, ...]) -> tuple[int | str, ...]:
        """Return the path that the name makes of the one of its position."""

    def out_shape(self, in_shape: Shapes) -> Shapes:
        return self.layer.out_shape(in_shape)

    def forward(self, x: Array, s: Scratch) -> Array:
        raise AssertionError(f"the layer in {self.kind} is run in its place")

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        raise AssertionError(f"the layer in {self.kind} is run in its place")
