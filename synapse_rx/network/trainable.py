"""Whether a network can be trained by gradients, and by which loss unless one is said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..activations import Activation as Function
from ..activations import LogSoftmax
from ..errors import LossError
from ..layers import Activation
from ..losses import Loss
from ..remembered import remembered
from .places import Place, word


@remembered
def trained_by(arch: Any, loss: Loss) -> Loss:
    """
    Return a loss as it applies to the output of an architecture, if gradients get back to all parameters.

    Raises:
        LossError: If an activation behind the first parameters has none, or the loss is not defined on the outputs.
    """
    _check_row(arch.places, False)
    return arch.fitted(loss)


def default_loss(output: Function) -> Loss:
    """Return cross-entropy for (log-)probabilities, squared error for other outputs."""
    if isinstance(output, LogSoftmax):  # logarithms of probabilities
        return Loss.of("cross_entropy")
    low, high = output.range
    return Loss.of("cross_entropy" if 0 <= low and high <= 1 else "squared_error")


def _check_row(row: Iterable[Place], learns: bool) -> bool:
    """Raise a LossError where no gradient gets back to parameters; return whether any stand in the row or before."""
    for place in row:
        inside = [_check_row(branch, learns) for branch in place.branches]
        if learns and not place.layer.differentiable:
            where, layer = word(place.path), place.layer
            named = layer.function.kind if isinstance(layer, Activation) else layer.kind
            raise LossError(
                f"layer {where} has no gradient: {named} is flat or random; "
                f"train with a smooth activation (sigmoid instead of a threshold)"
            )
        learns = learns or bool(place.specs) or any(inside)
    return learns
