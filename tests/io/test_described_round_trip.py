"""Every description with any options comes back from JSON and from a file as it was."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.described import Described
from synapse_rx.errors import SynapseError
from synapse_rx.graph import GivenValues, GraphArch
from synapse_rx.graph.architect import lstm
from synapse_rx.network import Arch
from synapse_rx.snapshot.values import decode, encode, family_of
from tests.io.test_round_trip import LOSSES, UPDATES, defaults
from tests.layers.examples import EXAMPLES
from tests.schedules.test_schedules import EVERY as SCHEDULES

GRAPH = lstm(3, 4, 2)
OTHERS = [
    sx.Input((3, 4)),
    Arch((3,), [sx.Dense(2)]),
    GraphArch.of_graph(GRAPH),
    *(GRAPH.groups[0], GRAPH.projections[0]),
    sx.energy.rbm(6, 4).value.arch,
    sx.energy.deep_belief_net([6, 4]).value.arch,
    sx.energy.hopfield(6).value.arch,
    sx.energy.modern_hopfield([[0.0, 1.0], [1.0, 0.0]]).value.arch,
    sx.initializers.Constant(0.5),
    sx.initializers.Uniform(-0.5, 0.5),
    sx.initializers.LogitUniform(0.1, 0.9),
    GivenValues((0.5, -1.0)),
    sx.per_output(("cross_entropy", "huber")),
    sx.YoloLoss(sx.Boxes((4, 5), ((0.5, 0.5), (2.0, 1.0)), 3)),
    sx.energy.ContrastiveDivergence(),
    sx.energy.Hebbian(),
    sx.energy.ProbabilityFlow(),
    sx.energy.PseudoInverse(),
    sx.energy.Memorize(),
    sx.TopK(2),
    sx.epochs(3),
    sx.epochs(3) | sx.seconds(2.0),
    sx.error_below(0.1) & sx.plateau(3),
    sx.error_below(0.1),
    sx.plateau(3),
    sx.seconds(2.0),
    sx.phases([(2, {"learning_rate": 0.1})]),
    *(sx.augmentations.Cutout(), sx.augmentations.Flip(), sx.augmentations.Noise(), sx.augmentations.Shift()),
    sx.augmentations.Chain([sx.augmentations.Flip(), sx.augmentations.Noise(0.5)]),
]
BASES = [
    *defaults(),
    *LOSSES,
    *UPDATES,
    *OTHERS,
    *{type(one): one for one in (*SCHEDULES, *(layer for layer, _ in EXAMPLES))}.values(),
]
MADE_OF_FUNCTIONS = {"custom_activation", "custom_loss", "custom_regularizer", "callable", "function_metric"}
"""The kinds of descriptions that have no plain form as such."""

options = (
    st.none()
    | st.booleans()
    | st.integers(0, 9)
    | st.floats(0, 2)
    | st.sampled_from(["relu", "zeros", "huber", "last", "sequence", "same", "max", "channel", "element"])
    | st.lists(st.integers(1, 4), min_size=1, max_size=3)
)


def test_every_kind_of_description_is_tried() -> None:
    kinds = {type(base) for base in BASES}
    members = {one for family in Described.__subclasses__() for one in family.members()}
    own = {one for one in members if one.__module__.startswith("synapse_rx.")}

    assert {one.kind for one in own - kinds} == MADE_OF_FUNCTIONS


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.kind)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_description_comes_back(base: Any, data: st.DataObject) -> None:
    description = base
    for field in (field for field in attrs.fields(type(base)) if field.init):
        try:
            description = attrs.evolve(description, **{field.alias: data.draw(options)})
        except (SynapseError, TypeError, ValueError, AttributeError):
            continue  # no option of this field
    try:
        plain = json.dumps(sx.to_data(description))
        written = encode(description, "it", {})
    except SynapseError:
        return  # made of a function, which has no plain form

    assert sx.from_data(family_of(description), json.loads(plain)) == description
    assert decode(json.loads(json.dumps(written)), {}) == description


@pytest.mark.parametrize(("layer", "in_shape"), EXAMPLES, ids=str)
def test_a_whole_architecture_comes_back_from_json(layer: Any, in_shape: Any) -> None:
    arch = Arch(in_shape, [layer])
    try:
        plain = json.dumps(sx.to_data(arch))
    except SynapseError:
        pytest.skip("made of a function, which has no plain form")

    again = sx.from_data(Arch, json.loads(plain))

    assert again == arch
    assert again.layout == arch.layout
