"""Every layer of the library keeps the contract; a new one needs an example here."""

from __future__ import annotations

import pytest

from synapse_rx.activations import Activation as Function
from synapse_rx.activations import LeakyReLU
from synapse_rx.layers import Activation, Dense, Layer
from tests.contracts.layer import LayerContract

SMOOTH = [member() for member in Function.members() if member.differentiable]
EXAMPLES = [
    (Dense(3), (4,)),
    (Dense(1, "tanh"), (1,)),
    (Dense(5, "softmax", "he", "zeros"), (2, 3)),
    (Dense(2, LeakyReLU(0.2)), (2, 1, 3)),
    *((Activation(function), (3,)) for function in SMOOTH),
    (Activation("softmax"), (2, 2, 3)),
    (Activation("tanh"), (2, 3)),
]


@pytest.mark.parametrize(("layer", "in_shape"), EXAMPLES, ids=str)
class TestEveryLayer(LayerContract):
    pass


def test_every_member_has_an_example() -> None:
    members = {member for member in Layer.members() if member.__module__.startswith("synapse_rx.")}

    assert members - {type(layer) for layer, _ in EXAMPLES} == set()


def test_names_and_aliases_are_unique() -> None:
    names = [name for member in Layer.members() for name in (member.kind, *member.aliases)]

    assert len(names) == len(set(names))
