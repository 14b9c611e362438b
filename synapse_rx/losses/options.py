"""Options that several losses have."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import OptionError
from ..options import number
from ..scratch import Scratch
from ..typing import Array
from .base import Loss


def smoothing(instance: Any, attribute: Any, value: Any) -> None:
    """Require a number in [0, 1)."""
    if not (isinstance(value, float) and 0 <= value < 1):
        raise OptionError(f"{attribute.alias} of {instance.kind} must be a number in [0, 1), not {value!r}")


def weights(value: Any) -> Any:
    """Convert to a tuple of floats; what is none stays as it is, for the validator to refuse."""
    if value is None or isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        return value
    return tuple(number(weight) for weight in value)


def class_weights(instance: Any, attribute: Any, value: Any) -> None:
    """Require numbers >= 0, not all of them 0, or None."""
    if value is None:
        return
    if not (isinstance(value, tuple) and value and all(map(_is_weight, value)) and any(value)):
        raise OptionError(
            f"{attribute.alias} of {instance.kind} must be one number >= 0 for each output, in the order of the "
            f"labels and not all of them 0, or None, not {value!r}"
        )


def check_weights(loss: Loss, value: tuple[float, ...] | None, t: Array) -> None:
    """
    Check that there are as many class weights as targets a sample.

    Raises:
        OptionError: If not.
    """
    if value is not None and len(value) != t.shape[1]:
        raise OptionError(
            f"class_weights of {loss.kind} holds {len(value)} numbers, but there are {t.shape[1]} outputs; "
            "give one for each, in the order of the labels"
        )


def weights_array(value: tuple[float, ...], s: Scratch) -> Array:
    """Return class weights where the program computes; brought there once."""
    return s.once(f"loss_class_weights {value}", lambda: s.xp.asarray(np.asarray(value, s.dtype)))


def smoothed_and_weighted(
    t: Array, label_smoothing: float, class_weights: tuple[float, ...] | None, s: Scratch
) -> Array:
    """Return targets of one class among several, smoothed over all of them and weighted; ``t`` itself if neither."""
    if label_smoothing:
        smooth = s.array("loss_targets", t.shape[1:])
        s.xp.multiply(t, 1 - label_smoothing, out=smooth)
        t = s.xp.add(smooth, label_smoothing / t.shape[-1], out=smooth)
    if class_weights is not None:
        weighted = s.array("loss_targets", t.shape[1:])
        t = s.xp.multiply(t, weights_array(class_weights, s), out=weighted)
    return t


def _is_weight(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value) and value >= 0
