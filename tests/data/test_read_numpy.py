"""Arrays that numpy has written."""

from __future__ import annotations

import numpy as np
import pytest

from synapse_rx.data import read_numpy
from synapse_rx.errors import FormatError

X = np.arange(12.0).reshape(4, 3)


def test_one_array_and_several_are_read(tmp_path):
    np.save(tmp_path / "x.npy", X)
    np.savez_compressed(tmp_path / "xy.npz", x=X, y=[1, 2])

    assert np.array_equal(read_numpy(tmp_path / "x.npy"), X)
    got = read_numpy(tmp_path / "xy.npz")
    assert np.array_equal(got["x"], X) and got["y"].tolist() == [1, 2]


def test_an_array_can_stay_in_its_file(tmp_path):
    np.save(tmp_path / "x.npy", X)

    got = read_numpy(tmp_path / "x.npy", mmap=True)

    assert isinstance(got, np.memmap) and not got.flags.writeable
    np.savez(tmp_path / "x.npz", X)
    with pytest.raises(FormatError, match="cannot be mapped"):
        read_numpy(tmp_path / "x.npz", mmap=True)


def test_pickled_objects_are_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.array([{}]), allow_pickle=True)
    np.savez(tmp_path / "x.npz", x=np.array([{}]))

    for name in ("x.npy", "x.npz"):
        with pytest.raises(FormatError, match="allow_pickle=False"):
            read_numpy(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"1,2,3"], ids=str)
def test_damaged_files_are_named(tmp_path, content):
    (tmp_path / "x.npy").write_bytes(content)

    with pytest.raises(FormatError, match=r"x\.npy"):
        read_numpy(tmp_path / "x.npy")


def test_truncated_files_are_noticed(tmp_path):
    np.save(tmp_path / "x.npy", X)
    whole = (tmp_path / "x.npy").read_bytes()
    (tmp_path / "x.npy").write_bytes(whole[:-8])

    for mmap in (False, True):
        with pytest.raises(FormatError, match=r"x\.npy"):
            read_numpy(tmp_path / "x.npy", mmap=mmap)
