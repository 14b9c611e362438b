"""Adaptive moments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import field, frozen

from .base import Move, Problem, State
from .moments import Moments
from .options import flag, fraction, non_negative, number, number_or_schedule, positive, scheduled


@frozen
class Adam(Moments):
    """
    Adaptive moments (Kingma & Ba, 2015, algorithm 1).

    ``theta <- theta - learning_rate m̂ / (sqrt(ŝ) + epsilon)``, where m̂ and ŝ are the running means of the gradient
    and of its square, corrected for their start at 0.

    Args:
        learning_rate: Step length, >= 0, or a schedule.
        beta1: Share of the past in the mean, in [0, 1).
        beta2: Share of the past in the mean square, in [0, 1).
        epsilon: Added to the root, > 0.
        amsgrad: Let the mean square never fall (Reddi et al., 2018, algorithm 2; corrected afterwards, as in PyTorch).

    Raises:
        OptionError: If a value is out of range.
    """

    hints: ClassVar[Mapping[str, str]] = {
        "nesterov": "use nadam, which is Adam with Nesterov's momentum",
        "momentum": "beta1 takes its part",
        "weight_decay": "use adamw, or a penalty on the weights, which goes with every algorithm",
    }

    learning_rate: float = field(
        default=0.001, converter=number_or_schedule, validator=scheduled(non_negative)
    )
    beta1: float = field(default=0.9, converter=number, validator=fraction)
    beta2: float = field(default=0.999, converter=number, validator=fraction)
    epsilon: float = field(default=1e-8, converter=number, validator=positive)
    amsgrad: bool = field(default=False, validator=flag)

    def init(self, problem: Problem) -> State:
        state = super().init(problem)
        return state | {"highest": problem.zeros()} if self.amsgrad else state

    def move(self, state: State) -> Move | None:
        return self._adam_move(state, 1.0)

    def step(self, problem: Problem, state: State) -> None:
        problem.evaluate()
        self._adam(problem, state, 1.0)
