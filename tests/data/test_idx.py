"""IDX files: what is written is read, and damage is named."""

from __future__ import annotations

import gzip
import hashlib
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from synapse_rx.data import read_idx
from synapse_rx.errors import FormatError

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx_bytes(array: np.ndarray) -> bytes:
    code = CODES[array.dtype.str[1:]]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


SMALL = idx_bytes(np.arange(6, dtype=np.uint8).reshape(2, 3))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("idx") / "file-idx"


@given(hnp.arrays(st.sampled_from(list(CODES)), hnp.array_shapes(max_dims=4, min_side=0)), st.booleans())
def test_what_is_written_is_read(path, array, zipped):
    raw = idx_bytes(array)
    path.write_bytes(gzip.compress(raw) if zipped else raw)

    again = read_idx(path, sha256=hashlib.sha256(raw).hexdigest())

    assert again.dtype == array.dtype
    assert again.dtype.isnative
    np.testing.assert_array_equal(again, array)


@given(st.binary(max_size=40))
def test_no_bytes_do_worse_than_a_format_error(path, content):
    path.write_bytes(content)

    with pytest.raises(FormatError):
        read_idx(path)


@given(st.data(), st.booleans())
def test_a_changed_byte_is_harmless_or_named(path, data, zipped):
    content = bytearray(gzip.compress(SMALL) if zipped else SMALL)
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)

    try:
        assert isinstance(read_idx(path), np.ndarray)
    except FormatError as error:
        assert str(path) in str(error)


@given(st.data(), st.booleans())
def test_a_truncated_file_is_named(path, data, zipped):
    content = gzip.compress(SMALL) if zipped else SMALL
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])

    with pytest.raises(FormatError, match=path.name):
        read_idx(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "found nothing"),
        (b"PK\3\4 a zip file", "found 50 4b 03 04"),
        (b"\0\0\x0a\1\0\0\0\0", "not an IDX file"),
        (b"\0\0\x08\0", "header says 0"),
        (b"\0\0\x08\xff" + bytes(1020), "header says 255"),
        (SMALL[:10], "the file ends within them"),
        (SMALL[:-2], r"truncated; 6 bytes wanted for the shape \(2, 3\), found 4"),
        (SMALL + b"!", r"left over after the 6 of the shape \(2, 3\)"),
        (b"\0\0\x08\x04" + struct.pack(">4I", 0, *[2**32 - 1] * 3), "no array can have the shape"),
        (gzip.compress(SMALL, mtime=0)[:-9], "gzip stream"),
        (gzip.compress(SMALL, mtime=0) + b"trailing", "gzip stream"),
    ],
)
def test_the_error_says_what_is_wrong_with_a_file(path, content, said):
    path.write_bytes(content)

    with pytest.raises(FormatError, match=said):
        read_idx(path)


@pytest.mark.parametrize("zipped", [False, True])
def test_a_header_that_claims_too_much_takes_no_memory(path, zipped):
    lie = b"\0\0\x08\x02" + struct.pack(">2I", 2**31, 2**31)
    path.write_bytes(gzip.compress(lie) if zipped else lie)

    tracemalloc.start()
    with pytest.raises(FormatError, match="truncated"):
        read_idx(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 4 * 2**20


def test_another_content_than_promised_is_named(path):
    path.write_bytes(SMALL)

    with pytest.raises(FormatError, match="SHA-256 of the uncompressed bytes"):
        read_idx(path, sha256="0" * 64)


def test_what_is_read_cannot_be_written_to(path):
    for array in (np.ones((2, 2), np.uint8), np.ones((2, 2), np.float32)):
        path.write_bytes(idx_bytes(array))
        with pytest.raises(ValueError, match="WRITEABLE"):
            read_idx(path).setflags(write=True)


def test_a_missing_file_is_the_systems_error(path):
    with pytest.raises(FileNotFoundError):
        read_idx(path.with_name("nowhere"))
