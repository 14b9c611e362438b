"""JSON from strangers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.errors import FormatError
from synapse_rx.files.strict_json import DEEPEST, dumps, loads

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(plain, st.booleans())
def test_what_is_written_is_read(data: Any, ascii_only: bool) -> None:
    text = dumps(data)

    assert loads(text) == data
    assert text.isascii()
    assert loads(dumps(data, ascii_only=ascii_only)) == data


def test_bytes_are_utf_8() -> None:
    assert loads('"ä"'.encode()) == "ä"
    with pytest.raises(FormatError, match="utf-8"):
        loads('"ä"'.encode("utf-16"))


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "[Infinity]",
        "-Infinity",
        "1e400",
        "-1e400",
        '{"a": 1, "a": 2}',
        "",
        "{",
        "1 2",
        "'a'",
        "[" * 10**5,
    ],
    ids=lambda text: text[:20],
)
def test_what_the_standard_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="no right JSON"):
        loads(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_not_written(value: float) -> None:
    with pytest.raises(ValueError):
        dumps([value])


def test_depth_is_bounded() -> None:
    data: Any = 1
    for _ in range(DEEPEST):
        data = [data]

    assert loads(json.dumps(data)) == data
    with pytest.raises(FormatError, match="within each other"):
        loads(json.dumps({"a": data}))
