"""The algorithms of this library with their namesakes in PyTorch, and a PyTorch network that learns by one of them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

import synapse_rx as sx


@frozen
class Pair:
    """
    An algorithm, and the same of `torch.optim`.

    Attributes:
        ours: The algorithm of this library.
        theirs: The class in PyTorch; None if it has no such algorithm.
        options: What makes the two the same, beside the learning rate, which is ours.
    """

    ours: sx.Algorithm
    theirs: str | None = None
    options: Mapping[str, Any] = {}

    def torch_options(self) -> dict[str, Any]:
        """
        Return all options of PyTorch's class.
        """
        rate = getattr(self.ours, "learning_rate", None)
        return {**({} if rate is None else {"lr": rate}), **self.options}


PAIRS: Mapping[str, Pair] = {
    "SGD": Pair(sx.Backprop(1.0), "SGD"),
    "SGD, momentum": Pair(sx.Backprop(0.1, momentum=0.9), "SGD", {"momentum": 0.9}),
    "SGD, Nesterov": Pair(
        sx.Backprop(0.1, momentum=0.9, nesterov=True), "SGD", {"momentum": 0.9, "nesterov": True}
    ),
    "SGD, gains": Pair(sx.Backprop(0.5, momentum=0.5, adaptive=True, max_gain=4.0)),
    "RMSprop": Pair(sx.RMSprop(0.001), "RMSprop", {"alpha": 0.9}),
    "RMSprop, centred": Pair(sx.RMSprop(0.001, centered=True), "RMSprop", {"alpha": 0.9, "centered": True}),
    "RMSprop, synaptic": Pair(sx.RMSprop(0.001, variant="synaptic")),
    "Adam": Pair(sx.Adam(0.003), "Adam"),
    "AMSGrad": Pair(sx.Adam(0.003, amsgrad=True), "Adam", {"amsgrad": True}),
    "AdamW": Pair(sx.AdamW(0.003), "AdamW", {"weight_decay": 0.01}),
    "NAdam": Pair(sx.NAdam(0.003), "NAdam"),
    "Adadelta": Pair(sx.Adadelta(1.0), "Adadelta", {"rho": 0.95}),
    "Adagrad": Pair(sx.Adagrad(0.03), "Adagrad"),
    "Lion": Pair(sx.Lion(0.0003)),
    "RProp": Pair(sx.RProp(1e-3, max_step=1e-3), "Rprop", {"lr": 1e-3, "step_sizes": (1e-6, 1e-3)}),
}
"""
All algorithms for mini-batches, with learning rates that suit 784-100-10 in batches of 128.

R-prop, which wants full batches, is kept from growing its steps; they only shrink where the sign of the gradient turns.
"""

WHOLE: Mapping[str, Pair] = {
    "L-BFGS": Pair(
        sx.LBFGS(),
        "LBFGS",
        {
            "history_size": 10,
            "line_search_fn": "strong_wolfe",
            "max_iter": 1,
            "max_eval": 25,
            "tolerance_grad": 0.0,
            "tolerance_change": 0.0,
        },
    ),
    "RProp, irprop-": Pair(sx.RProp(), "Rprop", {"lr": 0.01}),
    "RProp, irprop+": Pair(sx.RProp(variant="irprop+")),
    "RProp, rprop+": Pair(sx.RProp(variant="rprop+")),
    "RProp, synaptic": Pair(sx.RProp(variant="synaptic")),
}
"""Algorithms that learn from all samples at once."""


class TorchNet:
    """
    The network ``inputs-hidden-outputs`` (sigmoid, softmax by its loss) in PyTorch.

    Args:
        torch: The module.
        params: The weights it begins with.
        optimizer: Class in `torch.optim`.
        options: Its options.
    """

    def __init__(self, torch: Any, params: sx.Params, optimizer: str, options: Mapping[str, Any]) -> None:
        nn = torch.nn
        first = [params[layer][name] for layer in (0, 1) for name in ("W", "b")]
        (inputs, hidden), outputs = first[0].shape, len(first[3])
        self.module = nn.Sequential(nn.Linear(inputs, hidden), nn.Sigmoid(), nn.Linear(hidden, outputs))
        with torch.no_grad():
            for parameter, value in zip(self.module.parameters(), first, strict=True):
                parameter.copy_(torch.tensor(value.T))
        self._torch = torch
        self._loss = nn.CrossEntropyLoss()
        self.optimizer = getattr(torch.optim, optimizer)(self.module.parameters(), **options)

    def step(self, x: Any, labels: Any) -> None:
        """
        Learn one batch.
        """
        self.optimizer.zero_grad()
        self._loss(self.module(x), labels).backward()
        self.optimizer.step()

    def search(self, x: Any, labels: Any) -> None:
        """
        Let an optimiser that evaluates the batch by itself do so, as often as it wants.
        """

        def closure() -> Any:
            self.optimizer.zero_grad()
            loss = self._loss(self.module(x), labels)
            loss.backward()
            return loss

        self.optimizer.step(closure)

    def classes(self, x: Any) -> np.ndarray:
        """
        Return the class of every sample.
        """
        with self._torch.no_grad():
            return self.module(x).argmax(dim=1).numpy()


def ways(torch: Any, optimizer: str) -> dict[str, dict[str, bool]]:
    """
    Return the ways in which PyTorch can do an algorithm's step, with the options that choose them.
    """
    options = inspect.signature(getattr(torch.optim, optimizer)).parameters
    found = {"loop": {"foreach": False}, "foreach": {"foreach": True}}
    return found | ({"fused": {"fused": True}} if "fused" in options else {})
