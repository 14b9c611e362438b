"""The loss of YOLOv2."""

from __future__ import annotations

import math

from attrs import field, frozen

from ..activations.base import Activation
from ..activations.linear import Linear
from ..activations.rows import row_sum
from ..errors import LabelError, LossError
from ..losses import Loss
from ..options import non_negative, number, one_of
from ..scratch import Scratch
from ..typing import Array
from .boxes import Boxes


@frozen
class YoloLoss(Loss):
    """
    How far boxes are from the objects of an image, ``sum w (y - t)^2`` (Redmon et al., 2016, equation 3, with the boxes
    of Redmon & Farhadi, 2017).

    Where a cell has an object, one of its boxes is responsible for it: it is compared with the object in all its
    numbers. The confidence of all others is compared with 0, and nothing else of them. Targets are made by
    `box_targets`.

    Against Cortex' version, roots of sizes are compared with roots of sizes, boxes of a cell that are not responsible
    for its object are not drawn to it, ties have one winner, objects that no box overlaps are not lost, and every scale
    is honoured.

    Args:
        boxes: The layer `Boxes` that the network ends in.
        object: Weight of the confidence of responsible boxes.
        no_object: Weight of the confidence of all others.
        coordinates: Weight of centres and roots of sizes.
        probabilities: Weight of the classes.
        responsible: "prediction": the box that overlaps the object most, as it is predicted at the moment (intersection
            over union; where none does, the one whose anchor would). "anchor": the one whose anchor would, always, so
            that a cell may have an object for each anchor.
    """

    boxes: Boxes = field(converter=Boxes.of)
    object: float = field(default=5.0, kw_only=True, converter=number, validator=non_negative)
    no_object: float = field(default=0.5, kw_only=True, converter=number, validator=non_negative)
    coordinates: float = field(default=5.0, kw_only=True, converter=number, validator=non_negative)
    probabilities: float = field(default=1.0, kw_only=True, converter=number, validator=non_negative)
    responsible: str = field(default="prediction", kw_only=True, validator=one_of("prediction", "anchor"))

    def for_output(self, activation: Activation) -> Loss:
        if not isinstance(activation, Linear):
            raise LossError(
                f"yolo_loss takes boxes as a layer Boxes gives them, not {activation.kind} outputs"
            )
        return self

    def check_targets(self, t: Array) -> None:
        wanted = math.prod(self.boxes.shape)
        if t.ndim != 2 or t.shape[1] != wanted:
            raise LabelError(
                f"yolo_loss takes targets as box_targets makes them, (N, {wanted}), not {t.shape}"
            )
        super().check_targets(t)

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        apart, weighted = self._compared(y, t, s)
        s.xp.multiply(apart, weighted, out=weighted)
        row_sum(weighted.reshape(len(y), -1), values, s)

    def gradient(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        _, weighted = self._compared(y, t, s)
        s.xp.multiply(weighted.reshape(dy.shape), 2 * scale, out=dy)

    def _compared(self, y: Array, t: Array, s: Scratch) -> tuple[Array, Array]:
        """Return y - t and w (y - t), (N, *boxes.shape)."""
        xp, shape = s.xp, self.boxes.shape
        given, wanted = y.reshape(len(y), *shape), t.reshape(len(y), *shape)
        apart, weighted = s.array("loss_apart", shape), s.array("loss_weighted", shape)
        mask = self._mask(given, wanted, s)
        xp.subtract(given, wanted, out=apart)
        xp.subtract(given[..., 4], mask, out=apart[..., 4])
        xp.multiply(apart, mask[..., None], out=weighted)
        xp.multiply(weighted[..., :4], self.coordinates, out=weighted[..., :4])
        xp.multiply(weighted[..., 5:], self.probabilities, out=weighted[..., 5:])
        # no_object + mask (object - no_object)
        xp.multiply(mask, self.object - self.no_object, out=mask)
        xp.add(mask, self.no_object, out=mask)
        xp.multiply(apart[..., 4], mask, out=weighted[..., 4])
        return apart, weighted

    def _mask(self, y: Array, t: Array, s: Scratch) -> Array:
        """Return 1 where a box is responsible for an object, else 0, (N, rows, columns, anchors)."""
        mask = s.array("loss_mask", self.boxes.shape[:3])
        s.xp.copyto(mask, t[..., 4])
        if self.responsible == "prediction" and mask.shape[-1] > 1:
            winner = s.array("loss_winner", (*self.boxes.grid, 1), "int64")
            s.xp.argmax(self._overlaps(y, t, s), axis=-1, keepdims=True, out=winner)
            anchors = s.fixed("loss_anchors", (mask.shape[-1],), "int64")
            anchors[...] = s.xp.arange(mask.shape[-1])
            wins = s.array("loss_wins", mask.shape[1:], bool)
            s.xp.equal(anchors, winner, out=wins)
            s.xp.multiply(mask, wins, out=mask)
        return mask

    def _overlaps(self, y: Array, t: Array, s: Scratch) -> Array:
        """
        Return intersection over union of every box with the object of its cell, (N, rows, columns, anchors).

        Where no box of a cell overlaps: that of the anchors with the object, both with their centres in one place.
        """
        xp, shape = s.xp, self.boxes.shape[:3]
        found, sizes = s.array("loss_overlaps", shape), s.array("loss_sizes", (*shape, 2))
        objects = s.array("loss_objects", (*shape, 2))
        xp.multiply(t[..., 2:4], t[..., 2:4], out=objects)
        xp.multiply(y[..., 2:4], y[..., 2:4], out=sizes)
        self._intersection_over_union(sizes, objects, y[..., :2], t[..., :2], found, s)
        best, lost = s.array("loss_best", (*shape[:2], 1)), s.array("loss_lost", (*shape[:2], 1), bool)
        xp.max(found, axis=-1, keepdims=True, out=best)
        xp.equal(best, 0, out=lost)
        anchored = s.array("loss_anchored", shape)
        xp.copyto(sizes, self._anchor_sizes(s))
        self._intersection_over_union(sizes, objects, t[..., :2], t[..., :2], anchored, s)
        xp.multiply(anchored, lost, out=anchored)
        return xp.add(found, anchored, out=found)

    def _intersection_over_union(
        self, sizes: Array, objects: Array, centres: Array, others: Array, found: Array, s: Scratch
    ) -> None:
        """Write intersection over union of boxes and objects into ``found``; sizes are shares, centres within cells."""
        xp, shape = s.xp, self.boxes.shape[:3]
        low, high = s.array("loss_low", (*shape, 2)), s.array("loss_high", (*shape, 2))
        # Seen from the centre of the object: the box is so far away, the two reach half their sizes to either side.
        away, reach = s.array("loss_away", (*shape, 2)), s.array("loss_reach", (*shape, 2))
        xp.subtract(centres, others, out=away)
        xp.divide(away, self._cells(s), out=away)
        xp.multiply(sizes, 0.5, out=reach)
        xp.add(away, reach, out=high)
        xp.subtract(away, reach, out=low)
        xp.multiply(objects, 0.5, out=reach)
        xp.minimum(high, reach, out=high)
        xp.multiply(reach, -1, out=reach)
        xp.maximum(low, reach, out=low)
        xp.subtract(high, low, out=high)
        xp.maximum(high, 0, out=high)
        xp.multiply(high[..., 0], high[..., 1], out=found)
        union = low[..., 0]
        xp.multiply(sizes[..., 0], sizes[..., 1], out=union)
        xp.subtract(union, found, out=union)
        xp.multiply(objects[..., 0], objects[..., 1], out=low[..., 1])
        xp.add(union, low[..., 1], out=union)
        xp.maximum(union, float(xp.finfo(union.dtype).tiny), out=union)
        xp.divide(found, union, out=found)

    def _cells(self, s: Scratch) -> Array:
        """Return columns and rows."""
        rows, columns = self.boxes.grid
        return s.once("loss cells", lambda: s.xp.asarray([columns, rows], s.dtype))

    def _anchor_sizes(self, s: Scratch) -> Array:
        """Return the sizes of the anchors as shares of the image, (anchors, 2)."""
        return s.once("loss anchors", lambda: s.xp.asarray(self.boxes.anchors, s.dtype) / self._cells(s))
