"""The weights of attention in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen

from ...layers import MultiHeadAttention
from ...params import ParameterSpec
from ...typing import Array

PROJECTIONS = ("q", "k", "v")


@frozen
class Attention:
    """
    ``MultiheadAttention`` of PyTorch.

    There, the projections of queries, keys and values lie in one matrix, ordered so, where all have as many features,
    and their biases in one vector. Outputs and all heads together have as many numbers as the queries.
    """

    units: int
    together: bool
    """Whether the three projections are one matrix."""

    module = "MultiheadAttention"

    @classmethod
    def of(cls, layer: MultiHeadAttention, specs: Sequence[ParameterSpec]) -> Attention | None:
        """Return the counterpart of a layer; None if its sizes are others than PyTorch's may be."""
        shapes = {spec.name: spec.shape for spec in specs}
        units = shapes["Wq"][0]
        sizes = {shapes["Wq"][1], shapes["Wk"][1], shapes["Wv"][1], *shapes["Wo"]}
        return cls(units, shapes["Wk"][0] == units) if sizes == {units} else None

    def there(self, own: Mapping[str, Array]) -> dict[str, Array]:
        matrices = {name: own[f"W{name}"].T for name in PROJECTIONS}
        if self.together:
            found = {"in_proj_weight": np.concatenate(list(matrices.values()))}
        else:
            found = {f"{name}_proj_weight": matrix for name, matrix in matrices.items()}
        if "bq" in own:
            found["in_proj_bias"] = np.concatenate([own[f"b{name}"] for name in PROJECTIONS])
        found["out_proj.weight"] = own["Wo"].T
        return found | ({"out_proj.bias": own["bo"]} if "bo" in own else {})

    def back(self, theirs: Mapping[str, Array]) -> dict[str, Array]:
        if self.together:
            matrices = np.split(theirs["in_proj_weight"], 3)
        else:
            matrices = [theirs[f"{name}_proj_weight"] for name in PROJECTIONS]
        found = {f"W{name}": matrix.T for name, matrix in zip(PROJECTIONS, matrices, strict=True)}
        if "in_proj_bias" in theirs:
            biases = np.split(theirs["in_proj_bias"], 3)
            found |= {f"b{name}": bias for name, bias in zip(PROJECTIONS, biases, strict=True)}
            found["bo"] = theirs["out_proj.bias"]
        return found | {"Wo": theirs["out_proj.weight"].T}
