"""Samples for the eye."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest

from synapse_rx.dashboards.sample_pictures import MOST_SIDE, shown

Image = pytest.importorskip("PIL.Image", reason="pillow is not installed: nothing reads the pictures back")


def pixels(said: Any) -> np.ndarray:
    data = said["image"].removeprefix("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


@pytest.mark.parametrize("shape", [(64,), (8, 8), (1, 8, 8)])
def test_a_picture_is_drawn_from_its_darkest_to_its_lightest(shape: tuple[int, ...]) -> None:
    sample = np.linspace(-2, 5, 64).reshape(shape)

    drawn = pixels(shown(sample))

    assert drawn.shape == (8, 8)
    assert (drawn[0, 0], drawn[-1, -1]) == (0, 255)
    assert (np.diff(drawn.ravel().astype(int)) > 0).all()


def test_three_channels_are_colours() -> None:
    sample = np.zeros((3, 9, 10), np.uint8)
    sample[2] = 200

    assert pixels(shown(sample))[4, 4].tolist() == [0, 0, 255]


def test_a_large_picture_is_thinned_and_a_flat_one_is_black() -> None:
    drawn = pixels(shown(np.full((1, 300, 200), 7.0, np.float32)))

    assert max(drawn.shape) <= MOST_SIDE
    assert not drawn.any()


@pytest.mark.parametrize("shape", [(3,), (65,), (49,), (4, 200), (5, 9, 9)])
def test_anything_else_is_told_in_numbers(shape: tuple[int, ...]) -> None:
    said = shown(np.arange(np.prod(shape), dtype=np.float32).reshape(shape))

    assert said["image"] is None
    assert said["values"][:3] == [0, 1, 2]
    assert said["size"] == np.prod(shape)
