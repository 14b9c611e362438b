"""What layers share that make one value of several, number by number."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ...typing import Shape, Shapes
from ..base import Layer, Takes
from ..several import check_alike


@frozen
class Merge(Layer):
    """Makes one value of several of one shape."""

    takes: ClassVar[Takes] = "several"

    def out_shape(self, in_shape: Shapes) -> Shape:
        return check_alike(in_shape)
