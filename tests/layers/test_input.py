from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import ShapeError
from synapse_rx.layers import Input


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        (64, (64,)),
        ((1, 28, 28), (1, 28, 28)),
        ([8, 8], (8, 8)),
        (np.int64(5), (5,)),
        (np.array([2, 3]), (2, 3)),
        ((np.int32(2), 3), (2, 3)),
    ],
)
def test_a_shape_is_a_number_or_several(given: Any, shape: tuple[int, ...]) -> None:
    layer = Input(given)

    assert layer.shape == shape
    assert all(type(size) is int for size in layer.shape)
    assert layer.size == np.prod(shape)


@pytest.mark.parametrize(
    "given", [0, -1, 2.0, True, (), (3, 0), "64", None, float("nan"), (1, "a"), (2, (3,))]
)
def test_anything_else_is_refused(given: Any) -> None:
    with pytest.raises(ShapeError, match="whole numbers >= 1, not"):
        Input(given)


def test_it_survives_the_way_to_plain_data_and_back() -> None:
    layer = Input((1, 28, 28))

    assert sx.from_data(Input, json.loads(json.dumps(sx.to_data(layer)))) == layer


def test_equal_shapes_are_equal_inputs() -> None:
    assert Input(3) == Input((3,))
    assert hash(Input(3)) == hash(Input([3]))
