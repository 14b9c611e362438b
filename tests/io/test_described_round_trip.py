"""Every description with any options comes back from JSON and from a file as it was."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.errors import SynapseError
from synapse_rx.io.values import decode, encode, family_of
from synapse_rx.network import Arch
from tests.io.test_round_trip import LOSSES, UPDATES, defaults
from tests.layers.examples import EXAMPLES

BASES = [*defaults(), *LOSSES, *UPDATES, *{type(layer): layer for layer, _ in EXAMPLES}.values()]

options = (
    st.none()
    | st.booleans()
    | st.integers(0, 9)
    | st.floats(0, 2)
    | st.sampled_from(["relu", "zeros", "huber", "last", "sequence", "same", "max", "channel", "element"])
    | st.lists(st.integers(1, 4), min_size=1, max_size=3)
)


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
