"""The loss that pulls features to the centres of their classes."""

from __future__ import annotations

from attrs import frozen

from ..activations.base import Activation
from ..activations.linear import Linear
from ..activations.rows import row_sum
from ..errors import LossError
from ..scratch import Scratch
from ..typing import Array
from .base import Loss
from .probabilities import check_probabilities


@frozen
class CentreLoss(Loss):
    """
    Half the squared distance of features to the centre of their class, ``-sum_k t_k y_k`` (Wen et al., 2016, eq. 2).

    For the outputs of `Centres`, which are the negative half squared distances to all centres; targets are one-hot. See
    `centre_loss`, which puts both beside a classifier.
    """

    def for_output(self, activation: Activation) -> Loss:
        if not isinstance(activation, Linear):
            raise LossError(
                f"centre_loss takes distances to centres as a layer Centres gives them, not {activation.kind} outputs; "
                "leave the activation out"
            )
        return self

    def check_targets(self, t: Array) -> None:
        check_probabilities(self, t)

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        products = s.array("loss_products", y.shape[1:])
        s.xp.multiply(y, t, out=products)
        row_sum(products, values, s)
        s.xp.negative(values, out=values)

    def gradient(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        s.xp.multiply(t, -scale, out=dy)
