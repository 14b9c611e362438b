"""What is done to every update, whatever the algorithm: a description."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from .described import Described
from .errors import OptionError
from .params import path_of
from .regularizers import Regularizer


def _optional_regularizer(value: Any) -> Regularizer | None:
    return None if value is None else Regularizer.of(value)


def _positive(instance: Any, attribute: Any, value: float | None) -> None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise OptionError(f"{attribute.name} must be a number > 0 or None, not {value!r}")


def _decay(instance: Any, attribute: Any, value: float | None) -> None:
    if value is not None and not 0 <= value < 1:
        raise OptionError(f"{attribute.name} must be in [0, 1) or None, not {value!r}")


def _choice(instance: Any, attribute: Any, value: str) -> None:
    if value not in ("mean", "sum"):
        raise OptionError(f"reduction is 'mean' or 'sum', not {value!r}")


Named = int | str
"""A layer by its position, or by its path: ``"1.0"`` for the first inside the second, a name for one that has one."""


def _factors(value: Mapping[Any, Any] | tuple[tuple[Named, float], ...]) -> tuple[tuple[Named, float], ...]:
    pairs = {_named(layer): f for layer, f in (value.items() if isinstance(value, Mapping) else value)}
    for layer, factor in pairs.items():
        if not (math.isfinite(factor) and factor >= 0):
            raise OptionError(
                f"the learning-rate factor of layer {layer} must be a number >= 0, not {factor!r}"
            )
    changed = [(layer, float(factor)) for layer, factor in pairs.items() if factor != 1.0]
    return tuple(sorted(changed, key=lambda pair: (isinstance(pair[0], str), pair[0])))


def _named(layer: Any) -> Named:
    if isinstance(layer, str) and all(layer.split(".")):
        return int(layer) if layer.isdigit() else layer
    if isinstance(layer, bool) or not isinstance(layer, int) or layer < 0:
        raise OptionError(
            f"layers are named by their positions, 0 for the first, or by their paths, such as '1.0', not {layer!r}"
        )
    return layer


@frozen
class Update(Described):
    """
    What happens to gradients before an algorithm sees them, and to parameters after it moved them.

    In this order: the gradient is reduced over the batch, the penalty's derivative is added, it is clipped by value,
    then by norm; the algorithm takes its step; each layer's step is scaled by its factor; weights are pulled back to
    the maximal norm; the moving average is updated.

    Args:
        reduction: "mean" of the samples' gradients, or their "sum".
        regularization: A penalty on the weights; None for none.
        clip_value: Bound on every number of the gradient; None for none.
        clip_norm: Bound on the length of the whole gradient (Pascanu et al., 2013, algorithm 1); None for none.
        max_norm: Bound on the length of the weights into each unit (Srivastava et al., 2014, section 5.1); None for
            none.
        factors: Learning-rate factors of layers by position, or by path ("1.0", "encoder") with all that is inside; 0
            freezes a layer, 1 is the rule.
        averaging: Decay of an exponential moving average of the parameters (`averaged`); None for none.

    Raises:
        OptionError: If a value is out of range.
    """

    reduction: str = field(default="mean", validator=_choice)
    regularization: Regularizer | None = field(default=None, converter=_optional_regularizer)
    clip_value: float | None = field(default=None, validator=_positive)
    clip_norm: float | None = field(default=None, validator=_positive)
    max_norm: float | None = field(default=None, validator=_positive)
    factors: tuple[tuple[Named, float], ...] = field(default=(), converter=_factors)
    averaging: float | None = field(default=None, validator=_decay)

    @property
    def frozen_layers(self) -> frozenset[tuple[int | str, ...]]:
        """The paths of layers that do not move."""
        return frozenset(path_of(layer) for layer, factor in self.factors if factor == 0)

    @property
    def shapes_gradients(self) -> bool:
        """Whether gradients are changed before the algorithm sees them."""
        return bool(self.regularization or self.clip_value or self.clip_norm or self.frozen_layers)

    @property
    def moves_parameters(self) -> bool:
        """Whether there is anything to do behind the algorithm's step."""
        return bool(self.factors or self.max_norm or self.averaging is not None)
