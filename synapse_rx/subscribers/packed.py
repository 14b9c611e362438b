"""Snapshots kept side by side, each with no more memory of its own than what changed since the one before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np
from attrs import evolve

from ..params import Layout, Params
from ..snapshot import Net, Series, Slots
from ..typing import Array

GLANCE = 64
"""Numbers that are compared first: of what has learnt, nearly always some of these differ."""

Pieces: TypeAlias = tuple[Array, ...]
"""One vector, parameter by parameter."""


class Packed:
    """
    A snapshot whose arrays are shared, parameter by parameter, with the one before as far as they are equal.

    Snapshots share by themselves what did not change as a whole: the architecture, the histories, all parameters after
    an edit that does not touch them. This adds the parameters of layers that did not learn, and the parts of an
    algorithm's state that belong to them.

    Args:
        net: The snapshot.
        before: The one kept before.
    """

    def __init__(self, net: Net, before: Packed | None = None) -> None:
        given = dict(_vectors(net))
        known = {} if before is None else before.values
        self.values: dict[Any, Array | Pieces] = {
            key: _shared(vector, known.get(key), layout) for key, (vector, layout) in given.items()
        }
        """By name, each vector of the snapshot: whole, or in pieces some of which are shared."""
        self._net = net
        if any(self.values[key] is not vector for key, (vector, _) in given.items()):
            self._net = _hollow(net)

    @property
    def epochs(self) -> int:
        """Complete epochs in the snapshot."""
        return self._net.training.stats.epochs

    def unpack(self) -> Net:
        """Return the snapshot: the very one if nothing of it is shared, else one that is equal."""
        net = self._net
        if not isinstance(net, _Hollow):
            return net
        values = {key: _whole(value) for key, value in self.values.items()}
        slots = {name: values.get(("slots", name), value) for name, value in net.slots.items()}
        state = evolve(net.training.state, slots=Slots(slots))
        return Net(
            **net.parts,
            params=Params(net.layouts["params"], values["params"]),
            kept=Params(net.layouts["kept"], values["kept"]),
            training=evolve(net.training, state=state),
        )

    def arrays(self) -> Iterator[Array]:
        """Yield every array it holds on to."""
        for value in self.values.values():
            yield from value if isinstance(value, tuple) else (value,)
        stats = self._net.training.stats
        everything: Iterable[Series] = (
            stats.loss,
            stats.learning_rate,
            stats.seconds,
            stats.samples_per_second,
            *stats.training.values(),
            *stats.validation.values(),
        )
        yield from (series.array for series in everything)


def own_bytes(packed: Iterable[Packed]) -> int:
    """Return the bytes of all arrays in these snapshots, each counted once however many share it."""
    found: dict[int, int] = {}
    for array in (array for one in packed for array in one.arrays()):
        place = array.__array_interface__["data"][0]
        found[place] = max(found.get(place, 0), array.nbytes)
    return sum(found.values())


class _Hollow:
    """A snapshot without its vectors."""

    def __init__(self, net: Net) -> None:
        state = net.training.state
        self.slots = {
            name: None if isinstance(value, np.ndarray) else value for name, value in state.slots.items()
        }
        self.training = evolve(net.training, state=evolve(state, slots=Slots()))
        self.layouts = {"params": net.params.layout, "kept": net.kept.layout}
        self.parts = {
            "arch": net.arch,
            "labels": net.labels,
            "version": net.version,
            "normalization": net.normalization,
        }


def _hollow(net: Net) -> Any:
    return _Hollow(net)


def _vectors(net: Net) -> Iterator[tuple[Any, tuple[Array, Layout | None]]]:
    """Yield the vectors of ``net`` by name, with the layout of their pieces; None for what has none."""
    yield "params", (net.params.flat, net.params.layout)
    yield "kept", (net.kept.flat, net.kept.layout)
    for name, value in net.training.state.slots.items():
        if isinstance(value, np.ndarray):
            like = value.shape == net.params.flat.shape
            yield ("slots", name), (value, net.params.layout if like else None)


def _shared(vector: Array, before: Array | Pieces | None, layout: Layout | None) -> Array | Pieces:
    """Return ``vector`` with as much of ``before`` in it as is equal."""
    if before is None or before is vector:
        return vector
    if layout is None:
        return before if isinstance(before, np.ndarray) and _equal(before, vector) else vector
    mine = [entry.view(vector).reshape(-1) for entry in layout.entries]
    theirs = _cut(before, layout)
    if [piece.shape for piece in mine] != [piece.shape for piece in theirs]:
        return vector
    same = [_equal(a, b) for a, b in zip(mine, theirs, strict=True)]
    if all(same):
        return before
    if not any(same):
        return vector
    return tuple(
        _own(piece if not kept else old) for piece, old, kept in zip(mine, theirs, same, strict=True)
    )


def _cut(value: Array | Pieces, layout: Layout) -> list[Array]:
    if isinstance(value, tuple):
        return list(value)
    if value.shape != (layout.size,):
        return [value]
    return [entry.view(value).reshape(-1) for entry in layout.entries]


def _own(piece: Array) -> Array:
    """Return a piece that keeps nothing else alive."""
    return piece if piece.base is None else piece.copy()


def _whole(value: Array | Pieces) -> Array:
    if not isinstance(value, tuple):
        return value
    whole = np.concatenate(value)
    whole.setflags(write=False)
    return whole


def _equal(a: Array, b: Array) -> bool:
    """Return whether two arrays have the same bits."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    left, right = (np.ascontiguousarray(each).reshape(-1).view(np.uint8) for each in (a, b))
    head = GLANCE * a.itemsize
    return np.array_equal(left[:head], right[:head]) and np.array_equal(left[head:], right[head:])
