"""MNIST: finding, downloading and verifying the files; the real ones where `SYNAPSE_RX_DATA` names them."""

from __future__ import annotations

import gzip
import hashlib
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from synapse_rx.data import load_test_set, load_training_set, mnist
from synapse_rx.errors import DataError, FormatError, MissingExtraError

IMAGES = b"\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02" + bytes([1, 2, 3, 4])
LABELS = b"\0\0\x08\x01\0\0\0\x02" + bytes([7, 8])
TINY = {"t10k-images-idx3-ubyte": IMAGES, "t10k-labels-idx1-ubyte": LABELS}


@pytest.fixture
def tiny(monkeypatch):
    """A world in which MNIST has two images of two pixels."""
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in TINY.items()}
    monkeypatch.setattr(mnist, "SHA256", hashes)


@pytest.fixture
def download(monkeypatch, tmp_path):
    """A stand-in for pooch: ``served`` maps mirrors to contents, ``asked`` lists what was asked for."""
    fake = types.SimpleNamespace(served={}, asked=[], os_cache=lambda _: tmp_path)

    def retrieve(url, known_hash, fname, path):
        target = Path(path) / fname
        if target.exists():
            return str(target)
        fake.asked.append(url)
        mirror, _, name = url.rpartition("/")
        content = fake.served.get(mirror + "/", {}).get(name.removesuffix(".gz"))
        if content is None:
            raise ConnectionError("no route to host")
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(gzip.compress(content))
        return str(target)

    fake.retrieve = retrieve
    monkeypatch.setitem(sys.modules, "pooch", fake)
    monkeypatch.delenv(mnist.FOLDER_VARIABLE, raising=False)
    return fake


@pytest.mark.parametrize("folder", [".", "mnist"])
@pytest.mark.parametrize("spelling", ["{}", "{}.gz"])
@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.usefixtures("tiny")
def test_the_files_are_found(tmp_path, monkeypatch, folder, spelling, dotted):
    monkeypatch.setenv(mnist.FOLDER_VARIABLE, str(tmp_path))
    (tmp_path / folder).mkdir(exist_ok=True)
    for name, content in TINY.items():
        stem = name.replace("-idx", ".idx") if dotted else name
        path = tmp_path / folder / spelling.format(stem)
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)

    images, labels = mnist.read_mnist("test")

    assert images.tolist() == [[[1, 2]], [[3, 4]]]
    assert labels.tolist() == [7, 8]


def test_missing_files_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv(mnist.FOLDER_VARIABLE, str(tmp_path))

    with pytest.raises(DataError) as caught:
        load_test_set("mnist")

    assert str(tmp_path) in str(caught.value)
    assert "t10k-images-idx3-ubyte or t10k-labels-idx1-ubyte" in str(caught.value)


def test_another_file_than_mnist_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv(mnist.FOLDER_VARIABLE, str(tmp_path))
    for name, content in TINY.items():
        (tmp_path / name).write_bytes(content)

    with pytest.raises(FormatError, match="SHA-256"):
        load_test_set("mnist")


@pytest.mark.usefixtures("tiny")
def test_files_are_downloaded_once(download):
    download.served = {mnist.MIRRORS[0]: TINY}

    first, again = mnist.read_mnist("test"), mnist.read_mnist("test")

    assert np.array_equal(first[0], again[0])
    assert download.asked == [f"{mnist.MIRRORS[0]}{name}.gz" for name in TINY]


@pytest.mark.usefixtures("tiny")
def test_the_next_mirror_serves_when_one_is_out_of_reach(download):
    download.served = {mnist.MIRRORS[1]: TINY}

    assert mnist.read_mnist("test")[1].tolist() == [7, 8]


@pytest.mark.usefixtures("tiny")
def test_a_damaged_download_is_thrown_away(download):
    download.served = {mnist.MIRRORS[0]: dict.fromkeys(TINY, b"damaged"), mnist.MIRRORS[1]: TINY}

    assert mnist.read_mnist("test")[1].tolist() == [7, 8]


@pytest.mark.usefixtures("tiny")
def test_when_no_mirror_answers_the_error_says_what_to_do(download):
    with pytest.raises(DataError, match=f"set {mnist.FOLDER_VARIABLE}.*no route to host"):
        mnist.read_mnist("test")
    assert len(download.asked) == len(mnist.MIRRORS)


def test_without_pooch_the_error_names_the_installation(monkeypatch):
    monkeypatch.delenv(mnist.FOLDER_VARIABLE, raising=False)
    monkeypatch.setitem(sys.modules, "pooch", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'synapse-rx\[data\]'"):
        load_training_set("mnist")


@pytest.mark.mnist
def test_mnist_is_real():
    trset, teset = load_training_set("mnist"), load_test_set("mnist")

    assert (len(trset), len(trset.valid), len(teset)) == (55_000, 5_000, 10_000)
    assert (trset.batch, trset.sample_shape, trset.labels) == (128, (784,), tuple(range(10)))
    assert (trset.x.dtype, trset.x.max(), trset.data.scale) == (np.uint8, 255, 1 / 255)
    assert trset.header.field_size == (28, 28)
    assert teset.y[:6].argmax(axis=1).tolist() == [7, 2, 1, 0, 4, 1]


@pytest.mark.mnist
def test_mnist10k_is_the_first_of_it_in_order():
    trset = load_training_set("mnist10k", flat=False)

    assert (len(trset), len(trset.valid), trset.batch, trset.shuffle) == (8_000, 2_000, 500, False)
    assert trset.sample_shape == (1, 28, 28)
    assert trset.y[:10].argmax(axis=1).tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert load_test_set("mnist10k") == load_test_set("mnist")
