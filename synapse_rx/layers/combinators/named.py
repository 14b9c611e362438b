"""A layer that is found by its name."""

from __future__ import annotations

from attrs import frozen

from .alias import Alias


@frozen
class Named(Alias):
    """
    Another layer with a name in the place of its position: ``params["features.W"]`` instead of ``params["0.W"]``.

    Behind another name it only counts within the layer that holds it: two of one name in the same place are refused.

    Args:
        name: The name: letters, digits and "_".
        layer: The layer; a list means a `Chain`.
    """

    def place(self, path: tuple[int | str, ...]) -> tuple[int | str, ...]:
        return (*path[:-1], self.name)
