"""The perceptron's learning rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import field, frozen

from ..activations.base import Activation
from ..activations.binary_threshold import BinaryThreshold
from ..activations.bipolar_threshold import BipolarThreshold
from ..errors import LossError, OptionError
from ..losses.base import Loss
from ..losses.perceptron_error import PerceptronError
from .base import Algorithm, Problem, State
from .momentum import descend
from .options import non_negative, number_or_schedule, scheduled


@frozen
class Perceptron(Algorithm):
    """
    The perceptron's learning rule for one layer of threshold units (Rosenblatt, 1958).

    ``W <- W + learning_rate sum over the batch of (t - y) [1 | x]``: only samples on the wrong side of a unit change
    it. Several units tell several classes apart, each one class from all others.

    Args:
        learning_rate: Factor of every change, >= 0, or a schedule; 1 is the rule itself.

    Raises:
        OptionError: If the learning rate is out of range.
    """

    reduction: ClassVar[str | None] = "sum"
    hints: ClassVar[Mapping[str, str]] = {"momentum": "the rule has none; backprop has"}

    learning_rate: float = field(default=1.0, converter=number_or_schedule, validator=scheduled(non_negative))

    def init(self, problem: Problem) -> State:
        return {}

    def step(self, problem: Problem, state: State) -> None:
        problem.evaluate()
        descend(problem, self.learning_rate)

    def loss_for(self, output: Activation) -> Loss | None:
        if not isinstance(output, (BinaryThreshold, BipolarThreshold)):
            raise LossError(
                "the perceptron trains threshold outputs (binary_threshold or bipolar_threshold), not "
                f"{output.kind}; use backprop for smooth ones"
            )
        return PerceptronError().for_output(output)

    def check(self, arch: Any) -> None:
        self.loss_for(arch.output)
        learning = {entry.path[:-1] for entry in arch.layout.entries}
        if len(learning) != 1:
            raise OptionError(
                f"the perceptron trains exactly one layer, but this network has {len(learning)} with parameters; "
                "use backprop and smooth activations for more"
            )
