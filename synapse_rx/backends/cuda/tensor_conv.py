"""Convolutions by tensor cores, in float32 to its last bits."""

from __future__ import annotations

from typing import ClassVar

from attrs import evolve

from .conv import ConvKernels
from .conv_source import GATHERING, SOURCE, WEIGHING
from .tensor_tiles import SOURCE as TENSORS
from .tiles import SOURCE as TILED
from .tiles import Tile

RATES = {"16x128": 55, "32x128": 75, "64x128": 115, "128x128": 140, "32x64": 60, "64x64": 80}
"""
As `Tile.rate`, of tiles that have work for the tensor cores, by the instructions in their loops.

Three products count as one. What limits them is to find, to read and to halve the factors, not the products.
"""


def _faster(tiles: tuple[Tile, ...]) -> tuple[Tile, ...]:
    return tuple(evolve(one, rate=RATES.get(one.name, one.rate)) for one in tiles)


class TensorConvKernels(ConvKernels):
    """As `ConvKernels`: products are made by tensor cores, three for each (`tensor_tiles`), of GPUs that have them."""

    source = (
        TILED
        + TENSORS
        + SOURCE.removeprefix(TILED).replace(
            "multiplied<T>(left, right, ",
            "By<T, sizeof(real) == 4 && Warps<T>::FIT>::multiplied(left, right, ",
        )
    )

    gathering: ClassVar[tuple[Tile, ...]] = _faster(GATHERING)
    weighing: ClassVar[tuple[Tile, ...]] = _faster(WEIGHING)
