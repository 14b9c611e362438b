"""Vectors for whole numbers."""

from __future__ import annotations

import math

import numpy as np
from attrs import field, frozen

from ..errors import DataError, OptionError
from ..initializers import Initializer, LeCun
from ..options import count
from ..params import ParameterSpec
from ..scratch import Scratch
from ..typing import Array, Shape
from .base import Layer
from .gather import add_rows, take_rows

LARGEST = 2**24
"""From here on float32 does not hold every whole number."""


def _countable(instance: Embedding, attribute: object, value: int) -> None:
    count(instance, attribute, value)
    if value > LARGEST:
        raise OptionError(
            f"numbers of embedding must be at most {LARGEST}, as float32 holds them, not {value}"
        )


@frozen
class Embedding(Layer):
    """
    A vector for every whole number, ``y = W[x]``, such as for each word of a text.

    Inputs are whole numbers from 0, as floating-point numbers like all inputs. No gradient goes back to them, so it
    stands at the start of a network.

    Args:
        numbers: How many there are; inputs lie in [0, numbers).
        units: Elements of a vector.
        padding: The number that only fills sequences up: its vector is zeros and stays so, which recurrent layers
            with ``padding=0`` pass over. None for no such number.
        initializer: How the vectors are drawn; by default so that they are about 1 long.

    Shapes:
        x (N, *in_shape), y (N, *in_shape, units), W (numbers, units)

    Raises:
        OptionError: If numbers or units is not a whole number >= 1, numbers is more than float32 tells apart, or
            padding is none of them.
        DataError: In a pass on the CPU, if an input is no whole number of that range. On a GPU, where it would hold up
            everything, nobody looks.
    """

    numbers: int = field(validator=_countable)
    units: int = field(validator=count)
    padding: int | None = field(default=None, kw_only=True)
    initializer: Initializer = field(default=LeCun(), kw_only=True, converter=Initializer.of)

    def __attrs_post_init__(self) -> None:
        padding = self.padding
        if padding is not None and not (isinstance(padding, int) and 0 <= padding < self.numbers):
            raise OptionError(
                f"padding of embedding must be one of its numbers, 0 to {self.numbers - 1}, not {padding!r}"
            )

    @property
    def differentiable(self) -> bool:
        return False

    def out_shape(self, in_shape: Shape) -> Shape:
        return (*in_shape, self.units)

    def specs(self, in_shape: Shape) -> tuple[ParameterSpec, ...]:
        draw = self.initializer if self.padding is None else _ZeroRow(self.initializer, self.padding)
        return (ParameterSpec("W", (self.numbers, self.units), draw, self.units, self.units),)

    def forward(self, x: Array, s: Scratch) -> Array:
        chosen, y = self._chosen(x, s), s.array("y", (*x.shape[1:], self.units))
        if isinstance(x, np.ndarray):
            self._check(x, s)
        s.xp.copyto(chosen, x.reshape(-1), casting="unsafe")
        take_rows(s.params["W"], chosen, y.reshape(-1, self.units), s)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        if s.learns:
            s.grads["W"].fill(0)
            add_rows(s.grads["W"], self._chosen(x, s), dy.reshape(-1, self.units), s)
            if self.padding is not None:
                s.grads["W"][self.padding].fill(0)
        return None

    def _chosen(self, x: Array, s: Scratch) -> Array:
        return s.array("chosen", (math.prod(x.shape[1:]),), np.int64).reshape(-1)

    def _check(self, x: Array, s: Scratch) -> None:
        whole, good = s.array("whole", x.shape[1:]), s.array("good", x.shape[1:], np.bool_)
        np.floor(x, out=whole)
        np.equal(x, whole, out=good)
        if not (good.all() and x.min() >= 0 and x.max() < self.numbers):
            bad = np.argwhere(~(good & (x >= 0) & (x < self.numbers)))[0]
            raise DataError(
                f"Embedding takes whole numbers from 0 to {self.numbers - 1}, but sample {bad[0]} of a batch holds "
                f"{x[tuple(bad)]}; raise numbers= or correct the inputs"
            )


@frozen
class _ZeroRow:
    """Draw as another does, but for one row of zeros."""

    initializer: Initializer
    row: int

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        drawn = self.initializer.draw(rng, shape, fan_in, fan_out)
        drawn[self.row] = 0
        return drawn
