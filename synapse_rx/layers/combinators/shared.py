"""A layer that is used in several places."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from .alias import Alias


@frozen
class Shared(Alias):
    """
    A layer that has the same parameters wherever it stands under its name: ``params["tower.W"]``.

    Each place passes its own values; the gradients of all places are summed. What it keeps from batch to batch, such as
    running means, is the same everywhere too; what it carries is each place's own.

    Args:
        name: The name, the same in the whole network; letters, digits and "_".
        layer: The layer, the same in every place; a list means a `Chain`.
    """

    shares: ClassVar[bool] = True

    def place(self, path: tuple[int | str, ...]) -> tuple[int | str, ...]:
        return (self.name,)
