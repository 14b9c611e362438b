"""Networks of other layers than dense ones: this library's learner and PyTorch, from the same weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from attrs import frozen

import synapse_rx as sx
from synapse_rx.typing import Array

from .ours import learner_alone

AGREEMENT = 1e-2
"""How much, relatively, the loss of one epoch may differ; float32 sums in another order."""

GATES = {"lstm": [0, 1, 3, 2], "gru": [0, 1, 2], "rnn": [0]}
"""Where PyTorch's gates stand among ours."""


@frozen(eq=False)
class Stack:
    """
    The same network twice, and what both learn.

    Attributes:
        ours: The layers of this library, with their input.
        theirs: Makes PyTorch's module of them, which ends in logits.
        x: Samples, float32.
        labels: Their classes.
        batch: Samples in a batch.
        learning_rate: That of plain gradient descent.
    """

    ours: list[Any]
    theirs: Callable[[Any], Any]
    x: Array
    labels: Array
    batch: int
    learning_rate: float = 0.05


class Ours:
    """
    The learner of this library, without thread, trainer and cell.
    """

    def __init__(self, stack: Stack) -> None:
        how = sx.training("backprop", learning_rate=stack.learning_rate)
        self.net = sx.neural_net(stack.ours, how).value
        data = sx.training_set(stack.x, stack.labels, batch=stack.batch, shuffle=False)
        self._learner = learner_alone(self.net, data)

    def epoch(self) -> None:
        """
        Learn all samples once.
        """
        while not self._learner.learn(60.0).epoch_done:
            pass

    def loss(self) -> float:
        """
        Return the loss of the last epoch.
        """
        return float(self._learner.merge(self.net).training.stats.loss[-1])


class Theirs:
    """
    PyTorch, eager: forward, cross-entropy, backward, step.
    """

    def __init__(self, torch: Any, stack: Stack, net: sx.Net) -> None:
        self._torch = torch
        torch.manual_seed(0)
        self._model = stack.theirs(torch)
        copy(torch, net, self._model)
        self._optimizer = torch.optim.SGD(self._model.parameters(), lr=stack.learning_rate)
        self._loss = torch.nn.CrossEntropyLoss()
        x, labels = torch.from_numpy(stack.x), torch.from_numpy(stack.labels)
        self._batches = list(zip(x.split(stack.batch), labels.split(stack.batch), strict=True))
        self._losses: list[Any] = []

    def epoch(self) -> None:
        """
        Learn all samples once.
        """
        self._losses = []
        for x, labels in self._batches:
            self._optimizer.zero_grad(set_to_none=True)
            loss = self._loss(self._model(x), labels)
            loss.backward()
            self._optimizer.step()
            self._losses.append(loss.detach())

    def loss(self) -> float:
        """
        Return the loss of the last epoch.
        """
        sizes = [len(x) for x, _ in self._batches]
        return float(np.average([float(loss) for loss in self._losses], weights=sizes))


def agree(losses: Mapping[str, float]) -> str:
    """
    Hold the losses of one epoch against each other; return ours and the largest difference in words.

    Raises:
        AssertionError: If one differs from ours by more than `AGREEMENT`.
    """
    ours, *_ = losses.values()
    furthest = max(abs(loss - ours) / abs(ours) for loss in losses.values())
    if not furthest <= AGREEMENT:
        raise AssertionError(f"losses differ after an epoch: {losses}")
    return f"after one epoch the loss is {ours:.6f}; all agree to {furthest:.0e}"


def operations(net: sx.Net, batch: int) -> int:
    """
    Return the operations of one step in its products: forward, and for the gradients of weights and of inputs but those
    of the network.
    """
    rows = sx.summary(net, batch).layers
    first = next(row for row in rows if row.parameters)
    own = net.params[int(first.path)]
    from_inputs = own["W"].size / (own["W"].size + (own["U"].size if "U" in own else 0))
    return round(2 * batch * (3 * sum(row.multiply_adds for row in rows) - from_inputs * first.multiply_adds))


def copy(torch: Any, net: sx.Net, model: Any) -> None:
    """
    Give PyTorch's module the weights of ours, layer by layer.
    """
    with torch.no_grad():
        modules = [module for module in model.modules() if list(module.parameters(recurse=False))]
        positions = sorted({entry.path[0] for entry in net.params.layout.entries}, key=str)
        for position, module in zip(positions, modules, strict=True):
            own = net.params[position]
            for parameter, values in _pairs(torch, net.arch.layers[position], own, module):
                parameter.copy_(torch.from_numpy(np.array(values)))


def _pairs(torch: Any, layer: Any, own: Any, module: Any) -> Iterator[tuple[Any, Array]]:
    if layer.kind in GATES:
        order, units = GATES[layer.kind], layer.units
        for name, ours in (("weight_ih_l0", "W"), ("weight_hh_l0", "U"), ("bias_ih_l0", "b")):
            gates = np.split(own[ours][..., : len(order) * units], len(order), axis=-1)
            yield getattr(module, name), np.concatenate([gates[gate] for gate in order], axis=-1).T
        module.bias_hh_l0.zero_()
        if layer.kind == "gru":  # the bias of the candidate that stands inside the reset gate
            module.bias_hh_l0[2 * units :].copy_(torch.from_numpy(np.array(own["c"])))
    elif isinstance(module, torch.nn.Linear):
        yield module.weight, own["W"].T
        yield module.bias, own["b"]
    else:
        yield module.weight, own["W"]
        yield module.bias, own["b"]
