"""What an energy model is made of and what it costs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from attrs import evolve

from ..described import brief
from ..network.compiled import HOST
from ..network.problem import NetworkProblem
from ..network.summary import LayerSummary, Summary
from ..params import ParameterSpec
from ..snapshot import Net
from .machine import Workplace


def summary(net: Net, batch: int) -> Summary:
    """
    Return the parts of an energy model, a row for each position of its parameters, and what it costs to train.

    Memory is not estimated: one batch of zeros is learnt, aside, by each part, and what that allocated is counted.
    """
    arch, layout = net.arch, net.arch.layout
    parts: tuple[Any, ...] = getattr(arch, "levels", (arch,))
    worked = [_worked(net, batch, position) for position in range(len(parts))]
    rows = [
        LayerSummary(
            str(position),
            brief(parts[position]),
            parts[position].out_shape,
            sum(entry.size for entry in layout.entries if entry.path[0] == position),
            sum(entry.size for entry in arch.keeps.entries if entry.path[0] == position),
            sum(_products(spec) for spec in specs),
            worked[position][0],
        )
        for position, specs in arch.specs().items()
    ]
    return Summary(
        arch.in_shape,
        tuple(rows),
        layout.size,
        arch.keeps.size,
        sum(row.multiply_adds for row in rows),
        batch,
        net.params.flat.dtype.name,
        max(map(sum, worked)),  # one part learns at a time
    )


def _products(spec: ParameterSpec) -> int:
    return math.prod(spec.shape) if len(spec.shape) == 2 else 0


def _worked(net: Net, batch: int, position: int) -> tuple[int, int]:
    """Return the bytes of a machine of which one part has learnt a batch, and of the vectors this was done with."""
    arch, how = net.arch, net.training
    loss = arch.fitted(how.loss or arch.default_loss())
    if hasattr(loss, "level"):
        loss = evolve(loss, level=position)
    theta, kept = HOST.from_host(net.params.flat), HOST.from_host(net.kept.flat)
    x = np.zeros((batch, *arch.in_shape), theta.dtype)

    def evaluate() -> None:
        machine.learn(x, 1.0, values)

    problem = NetworkProblem(HOST, theta, evaluate)
    machine = arch.machine(
        Workplace(HOST, batch, theta, loss, grad=problem.grad, rng=HOST.generator(0), kept=kept)
    )
    values = np.empty((len(machine.kinds), batch), theta.dtype)
    slots = how.algorithm.init(problem)
    with np.errstate(all="ignore"):
        if loss.stores:
            machine.store(x[: getattr(arch, "memories", batch)], 0)
            machine.measure(x, values)
        else:
            how.algorithm.at(0.0, 0, how.stats).step(problem, slots)
    held = sum(value.nbytes for value in slots.values() if isinstance(value, np.ndarray))
    return machine.nbytes, problem.nbytes + held + kept.nbytes
