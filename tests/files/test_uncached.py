"""Files that are written past the system's cache are what they would have been."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from synapse_rx.files import safetensors
from synapse_rx.files.atomic import replacing_uncached
from synapse_rx.files.uncached import ROOM


@pytest.mark.parametrize("sizes", [[], [0], [5], [ROOM], [3, ROOM, 0, 2 * ROOM + 7], [ROOM - 1, 1]], ids=str)
def test_what_is_written_is_there(sizes: list[int], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    parts = [rng.bytes(size) for size in sizes]

    with replacing_uncached(tmp_path / "file") as file:
        for part in parts:
            file.write(part)

    assert (tmp_path / "file").read_bytes() == b"".join(parts)
    assert os.listdir(tmp_path) == ["file"]


def test_a_disk_that_takes_no_direct_writes_gets_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, refused = os.write, []

    def only_ends(number: int, data: memoryview) -> int:
        if len(data) == ROOM and not refused:
            refused.append(number)
            raise OSError(errno.EINVAL, "these addresses will not do")
        return write(number, data[: ROOM // 3 + 1])

    monkeypatch.setattr(os, "write", only_ends)
    content = np.random.default_rng(0).bytes(3 * ROOM + 5)
    try:
        with replacing_uncached(tmp_path / "file") as file:
            file.write(content)
    except OSError:
        pytest.skip("nothing is written directly here anyway")

    assert (tmp_path / "file").read_bytes() == content


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(number: int, data: memoryview) -> int:
        raise OSError(errno.ENOSPC, "no space left on device")

    (tmp_path / "file").write_text("old")
    with monkeypatch.context() as patch, pytest.raises(OSError, match="no space"):
        patch.setattr(os, "write", full)
        with replacing_uncached(tmp_path / "file") as file:
            file.write(bytes(3 * ROOM))

    assert (tmp_path / "file").read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_arrays_are_written_the_same_way_or_the_other(tmp_path: Path) -> None:
    large = {"a": np.arange(safetensors.LARGE // 4, dtype="f8"), "b": np.ones(3, "f4"), "c": np.zeros(0)}
    for cached in (True, False):
        safetensors.write(tmp_path / str(cached), large, {"x": "y"}, cached=cached)

    assert (tmp_path / "True").read_bytes() == (tmp_path / "False").read_bytes()
    np.testing.assert_array_equal(safetensors.read(tmp_path / "False")[1]["a"], large["a"])
