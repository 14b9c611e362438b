"""Where networks of several inputs begin, and those of several outputs end: in one row a sample."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from ..activations import Activation as Function
from ..activations import Linear
from ..activations.joined import Joined
from ..layers import Activation, Input, Layer
from ..layers.combinators.rows import Pack, Unpack
from ..layers.several import is_several
from ..typing import Shapes
from .places import Place


def begin(entrance: Input) -> tuple[Place, ...]:
    """Return what cuts the rows of several inputs apart; nothing for one input."""
    if not is_several(entrance.shape):
        return ()
    return (_place(Unpack(entrance.shape), "inputs", (entrance.size,), entrance.shape),)


def end(found: Sequence[Place], shape: Shapes) -> tuple[Place, ...]:
    """
    Return the places of a network that ends in values of ``shape``, several of them joined to one row.

    The last activation of each output is done behind that, on its part of the row, so that a loss for each can be
    computed from the logits.
    """
    if not is_several(shape):
        return tuple(found)
    *before, last = found
    functions: list[Function] = [Linear() for _ in shape]
    if last.layer.ends:
        last, functions = _pulled(last)
    pack = Pack()
    row = pack.out_shape(shape)
    return (
        *before,
        last,
        _place(pack, "outputs", shape, row),
        _place(Activation(Joined(functions, shape)), "outputs", row, row),
    )


def _pulled(place: Place) -> tuple[Place, list[Function]]:
    """Return a place without the activations that its branches end in, and these."""
    functions: list[Function] = []
    branches: list[tuple[Place, ...]] = []
    for branch in place.branches:
        last = branch[-1].layer if branch else None
        ends = isinstance(last, Activation)
        functions.append(last.function if ends else Linear())
        branches.append(branch[:-1] if ends else branch)
    return evolve(place, branches=tuple(branches)), functions


def _place(layer: Layer, name: str, in_shape: Shapes, out_shape: Shapes) -> Place:
    return Place(layer, (name,), in_shape, out_shape, layer)
