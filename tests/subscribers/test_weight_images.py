"""Pictures of weights: what is drawn, and that it is a picture."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.errors import OptionError
from synapse_rx.snapshot import Net
from synapse_rx.subscribers.mosaic import NEGATIVE, POSITIVE, ZERO, heat_map, weight_mosaic
from synapse_rx.subscribers.png import png
from synapse_rx.subscribers.whole_file import file_name
from synapse_rx.typing import Array
from tests.nets import blobs, small_net
from tests.subscribers.snapshots import begin, fresh, publish

Image = pytest.importorskip("PIL.Image", reason="pillow is not installed: nothing reads the pictures back")


def read(data: bytes) -> Array:
    with Image.open(io.BytesIO(data)) as image:
        image.verify()
    return np.asarray(Image.open(io.BytesIO(data)))


@given(st.integers(1, 40), st.integers(1, 40), st.booleans(), st.integers(0, 9))
def test_a_picture_is_read_back_as_it_was(height: int, width: int, colour: bool, seed: int) -> None:
    shape = (height, width, 3) if colour else (height, width)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)

    assert np.array_equal(read(png(pixels)), pixels)


def with_weights(net: Net, name: str, values: Array) -> Net:
    return evolve(net, params=net.params.replace({name: values}))


def colours(picture: Array) -> set[tuple[int, int, int]]:
    return {tuple(map(int, colour)) for colour in picture.reshape(-1, 3)}


def test_each_unit_is_a_tile_scaled_by_its_largest_weight() -> None:
    net = sx.mlp([4, 2], "linear").value
    net = with_weights(net, "0.W", np.array([[1.0, 0.0], [0, 0], [0, 0], [-1.0, -5.0]]))

    picture = weight_mosaic(net)

    assert {NEGATIVE, ZERO, POSITIVE} <= colours(picture)
    height, width = picture.shape[:2]
    # Two units of four weights: two tiles of 2 x 2, side by side.
    assert width > 1.8 * height
    left, right = picture[:, : width // 2], picture[:, width // 2 :]
    assert POSITIVE in colours(left)
    assert POSITIVE not in colours(right)
    assert tuple(left[height // 3, width // 8]) == POSITIVE
    assert tuple(right[2 * height // 3, 3 * width // 8]) == NEGATIVE


def test_a_unit_of_the_first_layer_looks_like_the_samples() -> None:
    net = sx.neural_net([sx.Input((1, 3, 5)), sx.Dense(1)]).value
    net = with_weights(net, "0.W", np.eye(15)[:, 1:2])

    picture = weight_mosaic(net)
    orange = np.argwhere((picture == POSITIVE).all(axis=-1))

    height, width = picture.shape[:2]
    assert height / width == pytest.approx(3 / 5, abs=0.05)
    assert orange[:, 0].max() < height / 3 + 5
    assert width / 5 - 5 < orange[:, 1].min() < orange[:, 1].max() < 2 * width / 5 + 5


def test_filters_over_three_channels_are_coloured() -> None:
    net = sx.neural_net([sx.Input((3, 8, 8)), sx.Conv2D(2, 3), sx.Flatten(), sx.Dense(2)]).value
    filters = np.zeros((2, 3, 3, 3))
    filters[0, 0] = 1.0  # red
    filters[1, 2] = 1.0  # blue

    found = colours(weight_mosaic(with_weights(net, "0.W", filters)))

    assert {(255, 128, 128), (128, 128, 255)} <= found


def test_filters_over_many_channels_are_drawn_one_by_one() -> None:
    net = sx.neural_net([sx.Input((4, 8, 8)), sx.Conv2D(5, 3), sx.Flatten(), sx.Dense(2)]).value

    assert weight_mosaic(net).shape[2] == 3


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, 1e38])
def test_any_number_can_be_drawn(value: float) -> None:
    net = sx.mlp([4, 2], "linear").value
    net = with_weights(net, "0.W", np.full((4, 2), value))

    assert weight_mosaic(net).dtype == np.uint8


def test_other_weights_are_drawn_by_name() -> None:
    net = fresh().value

    assert weight_mosaic(net, "1.W").shape != weight_mosaic(net, "0.W").shape
    with pytest.raises(OptionError, match=r"no weights '2.W' to draw; there are: 0.W, 1.W"):
        weight_mosaic(net, "2.W")


def test_more_in_a_table_is_darker() -> None:
    picture = heat_map(np.array([[9, 1], [0, 0]])).astype(int).sum(axis=-1)
    size = len(picture) // 2

    assert picture[0, 0] < picture[0, size] < picture[size, 0] == picture[size, size] == 3 * 255


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_picture_is_drawn_every_so_many_epochs_and_at_the_end(tmp_path: Path) -> None:
    net = fresh("my net")
    with sx.WeightImages(tmp_path / "weights", every=2).attach(net) as images:
        begin(net)
        for left in range(5):
            publish(net, 1, "training" if left < 4 else "done")
            assert images.flush(20)

    assert names(tmp_path / "weights") == [f"my-net-epoch-0000{epoch}.png" for epoch in (0, 2, 4, 5)]
    assert read((tmp_path / "weights" / "my-net-epoch-00005.png").read_bytes()).ndim == 3


def test_a_real_training_of_many_networks_is_drawn(tmp_path: Path) -> None:
    nets = [sx.atom(small_net(seed=seed)) for seed in range(2)]
    with sx.WeightImages(tmp_path, every=5).attach(nets) as images:
        for run in [sx.train(net, blobs(), 20) for net in nets]:
            sx.deref(run)

    assert images.error is None
    assert {"net-1-epoch-00000.png", "net-1-epoch-00020.png", "net-2-epoch-00020.png"} <= set(names(tmp_path))


def test_a_network_without_such_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"no weights '7\.W'"):
        sx.WeightImages(tmp_path, parameter="7.W").attach(fresh())


def test_a_folder_that_is_gone_is_told_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    net = sx.atom(small_net())
    folder = tmp_path / "weights"
    images = sx.WeightImages(folder)
    folder.rmdir()
    folder.touch()

    with caplog.at_level(logging.ERROR, "synapse_rx"), images.attach(net):
        assert sx.deref(sx.train(net, blobs(), 5)).training.stats.epochs == 5

    assert len(caplog.records) == 1


@pytest.mark.parametrize("every", [0, True, 1.5])
def test_every_is_a_number_of_epochs(every: int, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="every must be a whole number of epochs"):
        sx.WeightImages(tmp_path, every=every)


@pytest.mark.parametrize(
    ("name", "safe"),
    [("net 1", "net-1"), ("a/b\\c:d", "a-b-c-d"), ("../x", "x"), ("", "net"), ("größe", "größe")],
)
def test_names_of_networks_become_names_of_files(name: str, safe: str) -> None:
    assert file_name(name) == safe
