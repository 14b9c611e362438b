"""Ready augmentations: what each does to images, and what all of them keep."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.data.augmentations import Augmentation, Chain, Cutout, Flip, Noise, Shift
from synapse_rx.errors import OptionError, ShapeError

SIZE = (5, 7)
ALL: list[Any] = [
    Shift(2, size=SIZE),
    Flip(size=SIZE),
    Flip("vertical", 0.9, size=SIZE),
    Noise(3.0),
    Cutout(3, size=SIZE),
    Chain([Shift(1, size=SIZE), Noise(0.5)]),
]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def images(n: int = 40, dtype: Any = np.float32) -> np.ndarray:
    """
    Images of one channel with a different number, from 1 on, at every pixel.
    """
    return np.tile(np.arange(1, 36).reshape(1, 1, *SIZE), (n, 1, 1, 1)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
@pytest.mark.parametrize("shape", [(40, 1, 5, 7), (40, 35), (40, 5, 7), (20, 2, 5, 7), (1, 35)], ids=str)
@pytest.mark.parametrize("augment", ALL, ids=repr)
class TestEvery:
    def test_one_keeps_shape_and_type_and_what_it_was_given(
        self, augment: Any, shape: Any, dtype: Any
    ) -> None:
        x = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
        before = x.copy()

        made = augment(x, rng())

        assert (made.shape, made.dtype) == (x.shape, x.dtype)
        np.testing.assert_array_equal(x, before)

    def test_one_follows_from_its_generator(self, augment: Any, shape: Any, dtype: Any) -> None:
        x = np.arange(np.prod(shape)).reshape(shape).astype(dtype)

        np.testing.assert_array_equal(augment(x, rng(3)), augment(x, rng(3)))


@pytest.mark.parametrize("augment", ALL, ids=repr)
def test_every_one_is_a_value_with_a_plain_form(augment: Any) -> None:
    assert sx.from_data(Augmentation, sx.to_data(augment)) == augment
    hash(augment)


class TestShift:
    def test_moves_each_image_as_a_whole_by_distances_of_all_sizes(self) -> None:
        x = images(400)
        distances = set()

        for moved in Shift(2)(x, rng())[:, 0]:
            row, column = np.argwhere(moved == 18)[0]  # the pixel in the middle never leaves
            down, right = row - 2, column - 3
            distances.add((down, right))
            expected = np.zeros(SIZE)
            rows, columns = slice(max(0, down), 5 + min(0, down)), slice(max(0, right), 7 + min(0, right))
            from_rows, from_columns = (
                slice(max(0, -down), 5 + min(0, -down)),
                slice(max(0, -right), 7 + min(0, -right)),
            )
            expected[rows, columns] = x[0, 0, from_rows, from_columns]
            np.testing.assert_array_equal(moved, expected)

        assert distances == {(down, right) for down in range(-2, 3) for right in range(-2, 3)}

    def test_fills_with_what_is_asked(self) -> None:
        moved = Shift(5, fill=200)(images(50, np.uint8), rng())

        assert (moved == 200).any()
        assert not (moved == 0).any()


class TestFlip:
    @pytest.mark.parametrize(
        ("axis", "mirrored"), [("horizontal", np.s_[:, ::-1]), ("vertical", np.s_[::-1])]
    )
    def test_mirrors_about_half_of_the_images(self, axis: str, mirrored: Any) -> None:
        x = images(400)

        flipped = Flip(axis)(x, rng())[:, 0]

        turned = (flipped == x[0, 0][mirrored]).all(axis=(1, 2))
        same = (flipped == x[:, 0]).all(axis=(1, 2))
        assert (turned ^ same).all()
        assert 150 < turned.sum() < 250

    @pytest.mark.parametrize(("chance", "share"), [(0, 0), (1, 1)])
    def test_mirrors_none_or_all_if_asked(self, chance: float, share: float) -> None:
        x = images()

        changed = (Flip(chance=chance)(x, rng()) != x).any(axis=(1, 2, 3))

        assert changed.mean() == share


class TestNoise:
    def test_has_the_deviation_asked_for(self) -> None:
        x = np.full((100, 1000), 5, np.float32)

        noise = Noise(0.25)(x, rng()) - x

        assert abs(noise.mean()) < 0.01
        assert noise.std() == pytest.approx(0.25, rel=0.02)

    def test_rounds_bytes_and_keeps_them_in_range(self) -> None:
        x = np.repeat(np.array([0, 255], np.uint8), 500)[None]

        noisy = Noise(20)(x, rng())[0].astype(int)

        assert 200 < (noisy[:500] == 0).sum() < 300
        assert 200 < (noisy[500:] == 255).sum() < 300
        assert noisy[:500].max() < 128 < noisy[500:].min()


class TestCutout:
    def test_hides_one_square_that_may_reach_over_the_edge(self) -> None:
        hidden = Cutout(3)(images(400), rng())[:, 0] == 0

        assert {int(one.sum()) for one in hidden} == {4, 6, 9}
        for one in hidden:
            rows, columns = np.flatnonzero(one.any(axis=1)), np.flatnonzero(one.any(axis=0))
            assert one[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        assert hidden.any(axis=0).all()

    def test_hides_all_channels_alike(self) -> None:
        hidden = Cutout(2, fill=-1)(np.ones((30, 3, 5, 7), np.float32), rng()) == -1

        assert (hidden[:, 0] == hidden[:, 1]).all() and (hidden[:, 0] == hidden[:, 2]).all()


class TestWhatIsNone:
    @pytest.mark.parametrize(
        ("make", "text"),
        [
            (lambda: Shift(0), "pixels of shift must be a whole number >= 1"),
            (lambda: Flip("sideways"), "axis of flip must be"),
            (lambda: Flip(chance=2), "chance of flip must be"),
            (lambda: Noise(-1), "deviation of noise must be"),
            (lambda: Cutout(2.5), "side of cutout must be"),
            (lambda: Shift(1, size=(28,)), r"size of shift must be \(height, width\)"),
            (lambda: Chain(3), "chain takes a list"),
            (lambda: Chain([3]), "an augmentation is a function"),
        ],
    )
    def test_is_refused(self, make: Any, text: str) -> None:
        with pytest.raises(OptionError, match=text):
            make()

    def test_cannot_be_done_to_samples_that_are_no_images(self) -> None:
        with pytest.raises(ShapeError, match=r"shift is for images.*give size="):
            Shift(1)(np.zeros((2, 35), np.float32), rng())
        with pytest.raises(ShapeError, match="no images of 6 x 6"):
            Shift(1, size=(6, 6))(np.zeros((2, 35), np.float32), rng())


def test_a_list_is_a_chain() -> None:
    data = sx.training_set(images().reshape(40, 35), np.arange(40) % 2, augment=ALL[:2])

    assert data.augment == Chain(ALL[:2])
