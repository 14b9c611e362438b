"""Training sets in files: whole, readable without their samples, and in memory only if wanted."""

from __future__ import annotations

import json
import os
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.data import (
    DataSet,
    TrainingSet,
    load_test_set,
    load_training_set,
    load_training_set_header,
    open_training_set,
    save_training_set,
    training_set,
)
from synapse_rx.data.augmentations import Chain, Noise, Shift
from synapse_rx.errors import DataError, FormatError, OptionError
from synapse_rx.files import safetensors
from synapse_rx.files.safetensors_header import header_checksum
from tests.nets import SECONDS, learner

NAN = float("nan")
BYTES = np.random.default_rng(0).integers(0, 256, (20, 1, 2, 3), dtype=np.uint8)
SETS = {
    "classes": training_set([[1], [2], [3]], ["ä", "b", "ä"], name="letters", type="text", batch=2, nvalid=1),
    "values": training_set([[1], [2]], [0.5, 1.5], dtype="float64", shuffle="epoch", seed=3),
    "no targets": training_set([[1], [2]], None, shuffle=False),
    "bytes": training_set(
        BYTES, [True, False] * 10, dtype="uint8", scale=1 / 255, nvalid=5, shuffle="balanced"
    ),
    "weights": training_set(
        [[1], [2], [3]], [1, 2, 1], weights=[1, 2, 3], class_weights="balanced", nvalid=1
    ),
    "censored": training_set([[1], [2]], [[NAN, 1], [2, NAN]], censored=True),
    "standardised": training_set([[1], [2], [4]], [1, 2, 1], normalize="standardize", nvalid=1),
    "whitened": training_set(BYTES, [0, 1] * 10, dtype="uint8", normalize="whiten", field_size=(2, 3)),
}


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "set.safetensors"


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("data", SETS.values(), ids=SETS)
def test_what_is_read_is_what_was_written(path, data, mmap):
    save_training_set(data, path)

    for name in (path, str(path)):
        assert load_training_set(name, mmap=mmap) == data
    assert open_training_set(path, mmap=mmap) == data
    assert load_training_set_header(path) == data.header
    assert os.listdir(path.parent) == [path.name]


@given(st.integers(0, 10**6), st.sampled_from(list(SETS)), st.booleans())
def test_damage_is_noticed(tmp_path_factory, place, name, cut):
    path = tmp_path_factory.mktemp("damage") / "set.safetensors"
    save_training_set(SETS[name], path)
    content = bytearray(path.read_bytes())
    place %= len(content)
    if cut:
        del content[place:]
    elif content[place] == ord(" "):
        content[place] = ord("x")
    else:
        content[place] ^= 1
    path.write_bytes(content)

    with pytest.raises(FormatError):
        open_training_set(path)


def test_an_array_too_much_or_too_little_is_noticed(path):
    save_training_set(SETS["classes"], path)
    whole = path.read_bytes()

    for content in (whole + b"\0", whole[:-1], b"", whole[:7], b"\xff" * 100):
        path.write_bytes(content)
        for read in (open_training_set, load_training_set_header):
            with pytest.raises(FormatError, match=re.escape(str(path))):
                read(path)


def written(path, header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def about(**values) -> dict[str, str]:
    return {"crc32.arrays": "00000000", "synapse_rx.training_set": json.dumps(values)}


def summed(metadata: dict[str, str]) -> dict[str, str]:
    return metadata | {"crc32.header": header_checksum(metadata, {})}


HEADERS = [
    (b"[1]", b"", "is damaged"),
    (b"{ ", b"", "is damaged"),
    (b"[" * 50_000, b"", "is damaged"),
    ({}, b"", "is no training set"),
    ({"__metadata__": {"synapse_rx.training_set": "[]"}}, b"", "is no training set"),
    ({"__metadata__": about(version=1)}, b"", "no checksum crc32.header"),
    ({"__metadata__": about(version=1) | {"crc32.header": "0"}}, b"", "its checksum is"),
    ({"__metadata__": summed(about(version=2))}, b"", "version 2"),
    ({"__metadata__": summed(about(version=1))}, b"", "holds no right"),
    ({"__metadata__": summed(about(version=1, normalization=3, censored=None))}, b"", "holds no right"),
    ({"x": {"dtype": "F8", "shape": [1], "data_offsets": [0, 1]}}, b"1", "is damaged"),
    ({"x": {"dtype": "U8", "shape": [2], "data_offsets": [0, 1]}}, b"1", "is damaged"),
    ({"x": {"dtype": "U8", "shape": [-1], "data_offsets": [1, 0]}}, b"1", "is damaged"),
    ({"x": {"dtype": "U8", "shape": [1], "data_offsets": [1, 2]}}, b"12", "overlap or leave holes"),
    ({"x": {"dtype": "U8", "shape": [10**15], "data_offsets": [0, 10**15]}}, b"1", "truncated or damaged"),
    ({"x": 3}, b"1", "is damaged"),
]


@pytest.mark.parametrize(("header", "data", "said"), HEADERS, ids=[said for *_, said in HEADERS])
def test_other_headers_are_refused(path, header, data, said):
    written(path, header, data)

    with pytest.raises(FormatError, match=said):
        open_training_set(path)
    with pytest.raises(FormatError, match=said):
        load_training_set_header(path)


def test_the_header_can_be_read_without_the_library(path):
    save_training_set(SETS["classes"], path)

    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))

    assert header["data.x"] == {
        "dtype": "F32",
        "shape": [2, 1],
        "data_offsets": header["data.x"]["data_offsets"],
    }
    assert json.loads(header["__metadata__"]["synapse_rx.training_set"])["labels"] == ["b", "ä"]


@pytest.mark.peer("safetensors")
def test_the_package_safetensors_reads_the_arrays(path):
    from safetensors.numpy import load_file

    save_training_set(SETS["bytes"], path)

    assert np.array_equal(load_file(path)["data.x"], SETS["bytes"].x)


def test_a_failed_save_leaves_the_file_as_it_was(path, monkeypatch):
    save_training_set(SETS["classes"], path)
    monkeypatch.setattr(os, "fsync", lambda number: (_ for _ in ()).throw(OSError("disk full")))

    with pytest.raises(OSError, match="disk full"):
        save_training_set(SETS["values"], path)

    monkeypatch.undo()
    assert open_training_set(path) == SETS["classes"]
    assert os.listdir(path.parent) == [path.name]


def test_arrays_are_aligned(path):
    save_training_set(SETS["whitened"], path)

    _, entries = safetensors.read_header(path)

    assert all(entry.first % entry.dtype.itemsize == 0 for entry in entries.values())


@pytest.mark.parametrize(
    ("made", "error", "said"),
    [
        (lambda path: save_training_set(SETS["classes"].x, path), OptionError, "takes a TrainingSet"),
        (
            lambda path: save_training_set(TrainingSet(DataSet([[1]], [[1]], ((1, 2),)), batch=1), path),
            OptionError,
            "not (1, 2)",
        ),
        (lambda path: load_training_set(path, batch=3), OptionError, "holds its own options"),
        (lambda path: load_training_set(path, seed=3), OptionError, "holds its own options"),
        (lambda path: load_training_set("digits", mmap=True), OptionError, "mmap=True is for files"),
        (lambda path: load_training_set(path), FileNotFoundError, "set.safetensors"),
        (lambda path: save_training_set(SETS["classes"], path / "deeper"), OSError, "deeper"),
    ],
)
def test_the_error_says_what_is_wrong(path, made, error, said):
    with pytest.raises(error, match=re.escape(said)):
        made(path)


class TestMapped:
    """Samples in a file stay there."""

    N, SIZE = 4000, 1024

    @pytest.fixture
    def pixels(self, tmp_path) -> np.ndarray:
        file = tmp_path / "pixels.npy"
        made = np.lib.format.open_memmap(file, "w+", np.uint8, (self.N, self.SIZE))
        made[:] = np.arange(self.SIZE)
        made.flush()
        return np.load(file, mmap_mode="r")

    def test_a_set_of_them_is_not_copied(self, pixels):
        data = DataSet(pixels)

        assert np.shares_memory(data.x, pixels)
        assert type(data.x) is np.ndarray
        assert np.shares_memory(data[5:].x, pixels)
        with pytest.raises(ValueError, match="WRITEABLE"):
            data.x.setflags(write=True)

    @pytest.mark.parametrize("mode", ["r+", "c"])
    def test_what_can_be_written_to_is_copied(self, pixels, mode):
        writable = np.load(pixels.filename, mmap_mode=mode)

        assert not np.shares_memory(DataSet(writable).x, writable)

    @pytest.mark.backend("numpy", reason="about memory of the host")
    def test_learning_takes_no_memory_for_them(self, pixels, tmp_path):
        labels = np.arange(self.N) % 2
        net = sx.mlp([self.SIZE, 2], "softmax").value
        path = tmp_path / "set.safetensors"
        small = training_set(pixels[:32], labels[:32], dtype="uint8", scale=1 / 255, shuffle="epoch")
        learner(net, small).learn(SECONDS)  # what is loaded or compiled once takes memory of its own

        tracemalloc.start()
        data = training_set(pixels, labels, dtype="uint8", scale=1 / 255, shuffle="epoch", batch=32)
        learner(net, data).learn(SECONDS, 5)
        save_training_set(data, path)
        again = open_training_set(path, mmap=True)
        learner(net, again).learn(SECONDS, 5)
        same = again == data
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert same
        assert peak < self.N * self.SIZE / 2

    def test_shuffling_once_brings_them_into_memory(self, pixels):
        labels = np.arange(self.N) % 2

        once = training_set(pixels, labels, dtype="uint8")
        parted = training_set(pixels, labels, dtype="uint8", shuffle="epoch", nvalid=10)
        kept = training_set(pixels, labels, dtype="uint8", shuffle=False, nvalid=10)

        assert not np.shares_memory(once.x, pixels)
        assert not np.shares_memory(parted.x, pixels)
        assert np.shares_memory(kept.x, pixels) and np.shares_memory(kept.valid.x, pixels)

    def test_bad_samples_in_a_file_are_noticed(self, tmp_path):
        np.save(tmp_path / "x.npy", np.array([[1.0, NAN]]))

        with pytest.raises(DataError, match="column 1"):
            DataSet(np.load(tmp_path / "x.npy", mmap_mode="r"))


class TestATestSet:
    @pytest.mark.parametrize("data", SETS.values(), ids=SETS)
    def test_is_read_as_one(self, path, data):
        save_training_set(data.data, path)

        assert load_test_set(path) == load_test_set(str(path)) == data.data

    def test_is_learnt_in_one_batch_where_a_training_set_is_wanted(self, path):
        save_training_set(SETS["classes"].data, path)

        data = load_training_set(path)

        assert (data.data, data.batch, data.shuffle) == (SETS["classes"].data, 2, False)

    def test_is_none_where_a_training_set_was_written(self, path):
        save_training_set(SETS["classes"], path)

        with pytest.raises(FormatError, match="holds a training set, no test set"):
            load_test_set(path)

    def test_takes_no_options(self, path):
        save_training_set(SETS["classes"].data, path)

        with pytest.raises(OptionError, match="a file holds its own options"):
            load_test_set(path, dtype="float64")


class TestAugmentations:
    def test_are_written_and_read(self, path):
        data = training_set(BYTES, [0, 1] * 10, dtype="uint8", augment=[Shift(1), Noise(3)])

        save_training_set(data, path)

        assert load_training_set(path) == data
        assert load_training_set(path).augment == Chain((Shift(1), Noise(3)))

    @pytest.mark.parametrize("augment", [lambda x, rng: x, [lambda x, rng: x]])
    def test_of_your_own_cannot_be_written_and_nothing_is(self, path, augment):
        with pytest.raises(OptionError, match="written down"):
            save_training_set(training_set([[1], [2]], [0, 1], augment=augment), path)
        assert not path.exists()
