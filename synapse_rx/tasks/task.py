"""A task: what to learn, and when it is learnt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen

from ..atoms import Atom
from ..data import DataSet, TrainingSet
from ..errors import ShapeError
from ..losses import Loss
from ..network import outputs
from ..snapshot import Net, Slots
from ..typing import Array, Shape

Judge = Callable[[Array], Mapping[str, float]]
"""Scores from outputs (N, *out_shape) at the test samples, each the better the larger."""


@frozen(repr=False)
class Task:
    """
    Something to learn that networks can be compared by.

    Attributes:
        name: What it is called.
        data: The samples to learn from.
        test: Samples that are not among them, with the targets that are wanted there.
        loss: What suits its targets, for ``sx.training(..., loss=task.loss)``; None for the network's own choice.
        goals: What each score must come to at least.
        judge: Makes scores of the outputs at the test samples.
    """

    name: str
    data: TrainingSet
    test: DataSet
    goals: Mapping[str, float] = field(converter=Slots)
    loss: Loss | None
    judge: Judge = field(eq=False)

    @property
    def in_shape(self) -> Shape:
        """The shape of a sample: (features,) or (steps, features)."""
        return self.data.sample_shape

    @property
    def out_shape(self) -> Shape:
        """The shape of the targets of a sample: (outputs,) or (steps, outputs)."""
        return self.data.data.parts.shape or (self.data.outputs,)

    def scores(self, net: Atom[Net] | Net) -> dict[str, float]:
        """
        Return what a network scores at the test samples, by name as in `goals`.

        Of a network that answers at every step, where one answer is wanted, that at the last step counts.

        Raises:
            ShapeError: If the network is not of the task's shapes.
        """
        answer = outputs(net, self.test)
        if answer.ndim == 3 and len(self.out_shape) == 1:
            answer = answer[:, -1]
        if answer.shape[1:] != self.out_shape:
            raise ShapeError(
                f"{self.name} wants outputs of shape {self.out_shape}, but this network has {answer.shape[1:]}"
            )
        return dict(self.judge(answer))

    def solved(self, net: Atom[Net] | Net) -> bool:
        """
        Return whether a network reaches every goal at the test samples; one that answers NaN never does.

        Raises:
            ShapeError: If the network is not of the task's shapes.
        """
        scores = self.scores(net)
        return all(scores[name] >= goal for name, goal in self.goals.items())

    def __repr__(self) -> str:
        goals = ", ".join(f"{name} >= {goal:g}" for name, goal in self.goals.items())
        return f"<Task {self.name}: {len(self.data)} samples {self.in_shape} to {self.out_shape}, {goals}>"


def rounded(wanted: Array) -> Judge:
    """Return a judge whose score "right" is the share of samples all of whose outputs are on their side of 1/2."""

    def judge(answer: Array) -> dict[str, Any]:
        sides = (answer > 0.5) == (wanted > 0.5)
        right = sides & (answer == answer)
        return {"right": float(right.reshape(len(right), -1).all(axis=1).mean())}

    return judge
