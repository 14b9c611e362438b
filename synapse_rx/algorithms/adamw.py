"""Adaptive moments with decoupled weight decay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import field, frozen

from .base import Move, Problem, State
from .moments import Moments
from .options import flag, fraction, non_negative, number, number_or_schedule, positive, scheduled


@frozen
class AdamW(Moments):
    """
    `Adam` with decoupled weight decay (Loshchilov & Hutter, 2019, algorithm 2).

    ``theta <- (1 - learning_rate weight_decay) theta`` precedes Adam's step. As in PyTorch the learning rate is part
    of the decay, and every parameter decays, biases included.

    Args:
        learning_rate: Step length, >= 0, or a schedule.
        beta1: Share of the past in the mean, in [0, 1).
        beta2: Share of the past in the mean square, in [0, 1).
        epsilon: Added to the root, > 0.
        weight_decay: What a learning rate of 1 would take off, as a fraction, >= 0.
        amsgrad: Let the mean square never fall (Reddi et al., 2018, algorithm 2).

    Raises:
        OptionError: If a value is out of range.
    """

    kind: ClassVar[str] = "adamw"
    hints: ClassVar[Mapping[str, str]] = {
        "nesterov": "nadam is Adam with Nesterov's momentum",
        "momentum": "beta1 takes its part",
    }

    learning_rate: float = field(
        default=0.001, converter=number_or_schedule, validator=scheduled(non_negative)
    )
    beta1: float = field(default=0.9, converter=number, validator=fraction)
    beta2: float = field(default=0.999, converter=number, validator=fraction)
    epsilon: float = field(default=1e-8, converter=number, validator=positive)
    weight_decay: float = field(default=0.01, converter=number, validator=non_negative)
    amsgrad: bool = field(default=False, validator=flag)

    def init(self, problem: Problem) -> State:
        state = super().init(problem)
        return state | {"highest": problem.zeros()} if self.amsgrad else state

    def move(self, state: State) -> Move | None:
        return self._adam_move(state, 1.0 - self.learning_rate * self.weight_decay)

    def step(self, problem: Problem, state: State) -> None:
        problem.evaluate()
        self._adam(problem, state, 1.0 - self.learning_rate * self.weight_decay)
