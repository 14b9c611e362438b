"""A classifier with centre loss on the features it judges."""

from __future__ import annotations

from typing import Any

from ..layers import Layer
from ..layers.centres import Centres
from ..layers.combinators.fork import Fork
from ..losses import Loss, PerOutput
from ..losses.centre_loss import CentreLoss


def centre_loss(
    classifier: Any, classes: int, *, weight: float = 0.01, loss: str | Loss = "cross_entropy"
) -> tuple[Layer, PerOutput]:
    """
    Return the last layer and the loss of a network whose features are pulled to the centres of their classes.

    The same labels serve both outputs: ``training_set(samples, (labels, labels))``, or `repeat_targets` of a set.

    Args:
        classifier: The layer that judges the features, such as ``Dense(10, "softmax")``; a list means a `Chain`.
        classes: Number of classes.
        weight: How much the distances count beside the classifier's loss, lambda of Wen et al. (2016, equation 5).
        loss: That of the classifier.

    Returns:
        A layer with the outputs "class" and "centre", and a loss for each.

    Raises:
        OptionError: If the weight is negative, or there are no classes.
    """
    return Fork((classifier, Centres(classes))), PerOutput(
        (loss, CentreLoss()), (1.0, weight), ("class", "centre")
    )
