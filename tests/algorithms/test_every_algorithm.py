"""Every algorithm of the library keeps the contract; a new one is covered by its export line alone."""

from __future__ import annotations

import pytest

from synapse_rx.algorithms import LBFGS, Adam, AdamW, Algorithm, Backprop, Lion, RMSprop, RProp
from tests.contracts.algorithm import AlgorithmContract

VARIANTS = [
    Backprop(learning_rate=0.05, momentum=0.9),
    Backprop(learning_rate=0.05, momentum=0.9, nesterov=True),
    Backprop(learning_rate=0.05, adaptive=True),
    Backprop(learning_rate=0.05, momentum=0.9, nesterov=True, adaptive=True),
    RProp(variant="irprop+"),
    RProp(variant="rprop+"),
    RProp(variant="synaptic", momentum=0.5),
    RMSprop(centered=True, momentum=0.9, nesterov=True),
    RMSprop(variant="synaptic"),
    RMSprop(variant="synaptic", momentum=0.9),
    Adam(amsgrad=True),
    AdamW(weight_decay=0.1, amsgrad=True),
    Lion(weight_decay=0.1),
    LBFGS(history=2),
]
MEMBERS = [member for member in Algorithm.members() if member.__module__.startswith("synapse_rx.")]
EVERY = [*(member() for member in MEMBERS), *VARIANTS]


@pytest.mark.parametrize("algorithm", EVERY, ids=str)
class TestEveryAlgorithm(AlgorithmContract):
    pass


def test_names_and_aliases_are_unique() -> None:
    names = [name for member in Algorithm.members() for name in (member.kind, *member.aliases)]

    assert len(names) == len(set(names))
