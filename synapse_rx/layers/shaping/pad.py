"""Borders around images."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ...backends.cuda import PadKernels
from ...errors import ShapeError
from ...options import finite, number, one_of
from ...scratch import Scratch
from ...typing import Array, Shape
from ..base import Layer
from ..contiguous import contiguous
from ..spatial import channels_and_any_sizes, pads_or_number
from ..windows import Pads


@frozen
class Pad(Layer):
    """
    Add a border along the axes behind the channels.

    Args:
        padding: What is added on every side; or for each axis a number or a pair (before, behind).
        mode: What it consists of, in the words of ``numpy.pad``: "constant", "edge" (the outermost elements again),
            "reflect" (mirrored at the outermost elements, which are not repeated) or "wrap" (from the other side).
        value: The constant.

    Shapes:
        x (N, channels, *sizes), y (N, channels, *(size + before + behind))

    Raises:
        OptionError: If an option is not as described.
        ShapeError: If samples have no axis behind the channels or not as many as there are pairs, or an axis is too
            short to be mirrored or wrapped that far.
    """

    padding: int | Pads = field(converter=lambda value: pads_or_number("pad", value))
    mode: str = field(default="constant", validator=one_of("constant", "edge", "reflect", "wrap"))
    value: float = field(default=0.0, converter=number, validator=finite, kw_only=True)

    def out_shape(self, in_shape: Shape) -> Shape:
        channels, sizes = channels_and_any_sizes(self.kind, in_shape)
        if isinstance(self.padding, tuple) and len(self.padding) != len(sizes):
            raise ShapeError(
                f"padding for {len(self.padding)} axes, but {len(sizes)} behind the channels of {in_shape}"
            )
        pads = self._pads(len(sizes))
        most = {"reflect": -1, "wrap": 0}.get(self.mode)
        for size, pad in zip(sizes, pads, strict=True):
            if most is not None and max(pad) > size + most:
                raise ShapeError(
                    f"{self.mode} pads {size} elements by at most {size + most}, not by {max(pad)}"
                )
        return (
            channels,
            *(size + before + behind for size, (before, behind) in zip(sizes, pads, strict=True)),
        )

    def forward(self, x: Array, s: Scratch) -> Array:
        kernels = _kernels(x, s)
        if kernels is not None:
            y = s.array("y", self.out_shape(x.shape[1:]))
            kernels.forward(contiguous(x, "x", s), y, *self._ends(x.ndim - 2), self.mode, self.value)
            return y
        # A constant border is written once: nobody writes to outputs but the layer itself.
        y = s.once("bordered", lambda: self._bordered(x, s))
        s.xp.copyto(y[self._inside(x.shape)], x)
        for index, (target, source) in enumerate(self._borders(x.shape)):
            s.xp.copyto(y[target], self._piece(index, y[source], s))
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        if not s.needs_dx:
            return None
        kernels = _kernels(x, s)
        if kernels is not None:
            dx = s.array("dx", x.shape[1:])
            kernels.backward(contiguous(dy, "dy", s), dx, *self._ends(x.ndim - 2), self.mode)
            return dx
        inside, borders = self._inside(x.shape), self._borders(x.shape)
        if not borders:
            return dy[inside]
        sums = s.array("sums", dy.shape[1:])
        s.xp.copyto(sums, dy)
        for index, (target, source) in reversed(list(enumerate(borders))):
            s.xp.add(sums[source], self._piece(index, sums[target], s), out=sums[source])
        return sums[inside]

    def _bordered(self, x: Array, s: Scratch) -> Array:
        y = s.array("y", self.out_shape(x.shape[1:]))
        y.fill(self.value)
        return y

    def _piece(self, index: int, part: Array, s: Scratch) -> Array:
        """Return a copy of ``part`` in a buffer: parts of one array may overlap, so numpy would make one itself."""
        piece = s.array(f"border{index}", part.shape[1:])
        s.xp.copyto(piece, part)
        return piece

    def _pads(self, axes: int) -> Pads:
        return self.padding if isinstance(self.padding, tuple) else ((self.padding, self.padding),) * axes

    def _ends(self, axes: int) -> tuple[Shape, Shape]:
        """Return what is added before, and behind, by axis."""
        pads = self._pads(axes)
        return tuple(before for before, _ in pads), tuple(behind for _, behind in pads)

    def _inside(self, shape: Shape) -> tuple[Any, ...]:
        pads = self._pads(len(shape) - 2)
        return (..., *(slice(before, before + n) for n, (before, _) in zip(shape[2:], pads, strict=True)))

    def _borders(self, shape: Shape) -> list[tuple[Any, Any]]:
        """
        Return which part of the border is copied from which part of the output, axis by axis; nothing for a constant.
        """
        found: list[tuple[Any, Any]] = []
        for axis, (before, behind) in enumerate(self._pads(len(shape) - 2), start=2):
            end = before + shape[axis]
            rest = (slice(None),) * (len(shape) - 1 - axis)
            for target, source in self._parts(before, end, behind):
                found.append(((..., target, *rest), (..., source, *rest)))
        return found

    def _parts(self, before: int, end: int, behind: int) -> list[tuple[slice, slice]]:
        if self.mode == "edge":
            first, last = slice(before, before + 1), slice(end - 1, end)
            copies = [(slice(k, k + 1), first) for k in range(before)]
            return [*copies, *((slice(k, k + 1), last) for k in range(end, end + behind))]
        parts = []
        if self.mode == "reflect":
            stop = end - 2 - behind if end - 2 - behind >= 0 else None
            parts = [
                (slice(0, before), slice(2 * before, before, -1)),
                (slice(end, end + behind), slice(end - 2, stop, -1)),
            ]
        elif self.mode == "wrap":
            parts = [
                (slice(0, before), slice(end - before, end)),
                (slice(end, end + behind), slice(before, before + behind)),
            ]
        return [part for part, pad in zip(parts, (before, behind), strict=False) if pad]


def _kernels(x: Array, s: Scratch) -> PadKernels | None:
    """Return the kernels of a device, which know up to three axes; None where array functions do it."""
    return s.fused(PadKernels) if x.ndim <= 5 else None
