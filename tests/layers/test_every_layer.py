"""Every layer of the library keeps the contract; a new one needs an example in `tests/layers/examples`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx import fast
from synapse_rx.graph import NeuronGraph
from synapse_rx.graph.runs import runs
from synapse_rx.layers import Lambda, Layer
from tests.contracts.layer import LayerContract, N
from tests.layers.examples import EXAMPLES, INPUTS


@pytest.mark.parametrize(("layer", "in_shape"), EXAMPLES, ids=str)
class TestEveryLayer(LayerContract):
    def inputs(self, layer: Layer, in_shape: Any, n: int = N, dtype: Any = np.float64) -> Any:
        make = INPUTS.get(type(layer))
        return super().inputs(layer, in_shape, n, dtype) if make is None else make(layer, in_shape, n, dtype)

    @pytest.mark.usefixtures("small_tiles")
    def test_nothing_is_allocated_after_the_first_pass(self, layer: Layer, in_shape: Any) -> None:
        if not isinstance(layer, Lambda) and not in_levels(layer):  # which allocate, and say so
            super().test_nothing_is_allocated_after_the_first_pass(layer, in_shape)


def in_levels(layer: Layer) -> bool:
    """Return whether a layer is a graph that is not worked on by machine code."""
    return isinstance(layer, NeuronGraph) and (fast.why_not() is not None or runs(layer) is None)


def test_every_member_has_an_example() -> None:
    members = {member for member in Layer.members() if member.__module__.startswith("synapse_rx.")}

    assert members - {type(layer) for layer, _ in EXAMPLES} == set()


def test_names_and_aliases_are_unique() -> None:
    names = [name for member in Layer.members() for name in (member.kind, *member.aliases)]

    assert len(names) == len(set(names))
