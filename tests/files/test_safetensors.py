"""Files in the safetensors format; what reads and writes them is tested more by training sets and networks."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synapse_rx.errors import FormatError, OptionError
from synapse_rx.files import safetensors
from synapse_rx.files.checksum import WORTH_A_THREAD
from synapse_rx.files.safetensors_header import DTYPES


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "arrays.safetensors"


def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    types = [np.dtype(name) for name in DTYPES.values()]
    made = {f"of {dtype}": rng.integers(0, 2, (3, 5)).astype(dtype) for dtype in types}
    return {**made, "empty": np.zeros((0, 4), "f4"), "number": np.array(3.5), "odd": np.eye(7)[::2, ::3]}


def test_arrays_and_metadata_come_back(path: Path) -> None:
    safetensors.write(path, arrays(), {"ä": "ö"})

    metadata, found = safetensors.read(path)

    assert metadata["ä"] == "ö"
    assert set(found) == set(arrays())
    for name, array in arrays().items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
        with pytest.raises(ValueError, match="WRITEABLE"):
            found[name].setflags(write=True)


@pytest.mark.peer("safetensors")
def test_the_package_safetensors_reads_and_writes_the_same(path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    safetensors.write(path, arrays(), {"a": "b"})
    for name, array in load_file(path).items():
        np.testing.assert_array_equal(array, arrays()[name])

    save_file({name: np.ascontiguousarray(array) for name, array in arrays().items()}, path)
    for name, array in safetensors.read(path)[1].items():
        np.testing.assert_array_equal(array, arrays()[name])


def test_arrays_may_be_read_into_memory_that_is_there(path: Path) -> None:
    safetensors.write(path, {"a": np.arange(3.0), "b": np.arange(4.0)}, {})
    flat = np.zeros(8)

    _, found = safetensors.read(path, into=lambda metadata, entries: {"b": flat[2:6]})

    assert flat.tolist() == [0, 0, 0, 1, 2, 3, 0, 0]
    assert np.shares_memory(found["b"], flat) and found["a"].tolist() == [0, 1, 2]


def test_large_arrays_have_the_same_checksum_with_and_without_a_thread(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = {"a": np.arange(WORTH_A_THREAD // 4, dtype="f8"), "b": np.ones(3)}
    safetensors.write(path, large, {})
    content = path.read_bytes()

    def no_thread(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    safetensors.write(path, large, {})

    assert path.read_bytes() == content
    safetensors.read(path)


@pytest.mark.parametrize("dtype", ["c16", "U3", "O", ">f4", "M8[s]"])
def test_other_types_are_refused(dtype: str, path: Path) -> None:
    with pytest.raises(OptionError, match="arrays in a file are of one of the types"):
        safetensors.write(path, {"a": np.zeros(3, dtype)}, {})

    assert not path.exists()


@pytest.mark.parametrize("change", ["crc32.arrays", "crc32.header"])
def test_checksums_can_be_required(change: str, path: Path) -> None:
    metadata: dict[str, Any] = {"crc32.arrays": "0", "crc32.header": "0"}
    safetensors.require_checksums(path, metadata)
    del metadata[change]

    with pytest.raises(FormatError, match=change):
        safetensors.require_checksums(path, metadata)
