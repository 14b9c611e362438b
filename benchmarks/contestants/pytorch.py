"""PyTorch: eager, and compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from .base import Contestant
from .problem import HIDDEN, INPUTS, OUTPUTS, Problem, Weights


class Eager(Contestant):
    """
    ``nn.Sequential``, ``CrossEntropyLoss`` on class numbers, ``optim.SGD``; the loss is never read.

    Compiled are network and loss together, and with them their backward pass.
    """

    def __init__(self, torch: Any, problem: Problem, *, compiled: bool = False) -> None:
        nn = torch.nn
        self._batch = problem.batch
        self._x = torch.from_numpy(problem.x)
        self._labels = torch.from_numpy(problem.labels.astype(np.int64))
        self._net = nn.Sequential(nn.Linear(INPUTS, HIDDEN), nn.Sigmoid(), nn.Linear(HIDDEN, OUTPUTS))
        judge, net = nn.CrossEntropyLoss(), self._net

        def loss(x: Any, labels: Any) -> Any:
            return judge(net(x), labels)

        self._loss = torch.compile(loss) if compiled else loss
        with torch.no_grad():
            for parameter, first in zip(self._net.parameters(), problem.first_weights(), strict=True):
                parameter.copy_(torch.tensor(first.T))
        self._optimizer = torch.optim.SGD(self._net.parameters(), lr=problem.learning_rate)

    def epoch(self) -> None:
        for start in range(0, len(self._x), self._batch):
            rows = slice(start, start + self._batch)
            self._optimizer.zero_grad()
            self._loss(self._x[rows], self._labels[rows]).backward()
            self._optimizer.step()

    def weights(self) -> Weights:
        return Weights(*(parameter.detach().numpy().T for parameter in self._net.parameters()))
