"""Images in a folder for each class."""

from __future__ import annotations

import re
import sys
import tracemalloc

import numpy as np
import pytest

from synapse_rx.data import read_image_folder, training_set
from synapse_rx.errors import DataError, FormatError, MissingExtraError, OptionError

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for label, names in {"cat": ["b.png", "a.png"], "dog": ["a.bmp", "deep/er.png"]}.items():
        for name in names:
            file = tmp_path / label / name
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (4, 6, 3), dtype=np.uint8)).save(file)
    (tmp_path / "cat" / "notes.txt").write_text("no image")
    return tmp_path


def test_images_are_labelled_by_their_folders(folder):
    images, labels = read_image_folder(folder)

    assert images.shape == (4, 3, 4, 6)
    assert images.dtype == np.uint8
    assert labels.tolist() == ["cat", "cat", "dog", "dog"]
    assert np.array_equal(images[0], np.moveaxis(np.asarray(Image.open(folder / "cat" / "a.png")), -1, 0))
    assert training_set(images, labels, dtype="uint8", scale=1 / 255).labels == ("cat", "dog")


def test_images_are_brought_to_a_size(folder):
    assert read_image_folder(folder, (5, 3))[0].shape == (4, 3, 5, 3)


def test_images_can_be_grey(folder):
    images, _ = read_image_folder(folder, gray=True)

    assert images.shape == (4, 1, 4, 6)
    assert np.array_equal(images[0, 0], np.asarray(Image.open(folder / "cat" / "a.png").convert("L")))


def test_images_of_different_sizes_need_one(folder):
    Image.new("RGB", (9, 9)).save(folder / "dog" / "z.png")

    with pytest.raises(DataError, match=re.escape("z.png is 9 x 9, but")):
        read_image_folder(folder)
    assert len(read_image_folder(folder, (4, 6))[0]) == 5


@pytest.mark.parametrize("keep", [0, 20, 60])
def test_a_damaged_image_is_named(folder, keep):
    file = folder / "cat" / "b.png"
    file.write_bytes(file.read_bytes()[:keep])

    with pytest.raises(FormatError, match=re.escape("b.png cannot be read")):
        read_image_folder(folder)


def test_a_folder_without_classes_is_refused(tmp_path):
    Image.new("RGB", (2, 2)).save(tmp_path / "alone.png")

    with pytest.raises(DataError, match="no images in subfolders"):
        read_image_folder(tmp_path)
    with pytest.raises(DataError, match="is no folder"):
        read_image_folder(tmp_path / "alone.png")


@pytest.mark.parametrize("size", [52, (52,), (0, 3), ("a", 3)], ids=str)
def test_a_size_is_height_and_width(folder, size):
    with pytest.raises(OptionError, match="size="):
        read_image_folder(folder, size)


def test_without_pillow_the_error_says_how_to_install_it(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)

    with pytest.raises(MissingExtraError, match=re.escape("synapse-rx[images]")):
        read_image_folder(folder)


def test_memory_holds_the_result_and_one_image(tmp_path):
    (tmp_path / "a").mkdir()
    for index in range(20):
        Image.new("RGB", (300, 300), (index, 0, 0)).save(tmp_path / "a" / f"{index:02}.png")
    read_image_folder(tmp_path, (8, 8))

    tracemalloc.start()
    read_image_folder(tmp_path, (8, 8))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 3 * 300 * 300 * 3
