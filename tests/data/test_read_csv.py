"""Comma-separated values."""

from __future__ import annotations

import re

import numpy as np
import pytest

from synapse_rx.data import Table, one_hot_columns, read_csv, training_set
from synapse_rx.errors import FormatError, OptionError

FLOWERS = 'length,colour,"kind"\n1.5,red,a\n2,"dark, blue",b\n\n-3e-1, red,a\n'


@pytest.fixture
def file(tmp_path):
    def write(text: str, encoding: str = "utf-8"):
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_numbers_and_text_are_told_apart(file):
    table = read_csv(file(FLOWERS), label="kind")

    assert table == Table(
        ["length", "colour"], [[1.5, 2, -0.3], ["red", "dark, blue", "red"]], labels=["a", "b", "a"]
    )
    assert training_set(one_hot_columns(table).encode(table), table.labels).labels == ("a", "b")


def test_without_a_label_all_columns_are_data(file):
    assert read_csv(file(FLOWERS)).names == ("length", "colour", "kind")


def test_without_a_header_columns_are_counted(file):
    table = read_csv(file("1,2\n3,4\n"), header=False, label=-1)

    assert table == Table(["0"], [[1, 3]], labels=[2, 4])


def test_names_can_be_given(file):
    assert read_csv(file("1,2\n3,4\n"), header=["a", "b"]) == Table(["a", "b"], [[1, 3], [2, 4]])


def test_whole_numbers_as_labels_are_classes(file):
    whole, real = (read_csv(file(text), label=0).labels for text in ("y,x\n1,1\n2,1\n", "y,x\n1,1\n2.5,1\n"))

    assert whole.dtype == np.int64
    assert real.dtype == np.float64


def test_columns_can_be_text_although_they_look_like_numbers(file):
    table = read_csv(file("a,b\n01,2\n1,3\n"), categorical=["a"])

    assert table["a"].tolist() == ["01", "1"]
    assert read_csv(file("a,b\n1,2\n2,3\n"), categorical=[0], label="a").labels.tolist() == ["1", "2"]


def test_what_is_missing_can_be_filled(file):
    assert read_csv(file("a,b\n1,\n2, \n3,4\n"), missing=0.5)["b"].tolist() == [0.5, 0.5, 4]


def test_other_delimiters_and_encodings_are_read(file):
    assert read_csv(file("ä;b\n1;2\n", "latin-1"), delimiter=";", encoding="latin-1").names == ("ä", "b")
    assert read_csv(file("a\n1\n", "utf-8-sig")).names == ("a",)
    assert read_csv(file("a,b\r\n1,2\r\n"))["b"].tolist() == [2]


BAD = [
    ("", {}, FormatError, "is empty"),
    ("a,b\n", {}, FormatError, "has no rows"),
    ("a,b\n1,2\n1,2,3\n", {}, FormatError, "line 3 of"),
    ("a,b\n1,2\n\n1\n", {}, FormatError, "has 1 cells where 2 are wanted"),
    ("a,b\n1,2\n3,x\n", {}, FormatError, "line 3 of"),
    (
        "a,b\n1,2\n3,x\n",
        {},
        FormatError,
        "has 'x' in column 'b', where other lines have numbers; categorical=",
    ),
    (
        "a,b\n1,2\n3,\n",
        {},
        FormatError,
        "has nothing in column 'b', where other lines have numbers; missing=",
    ),
    ("y,b\n1,2\n?,3\n", {"label": "y"}, FormatError, "has '?' in column 'y'"),
    ('a,b\n1,"2\n', {}, FormatError, "is damaged"),
    ("a,a\n1,2\n", {}, FormatError, "the same name"),
    ("a,b\n1,2\n", {"label": "c"}, OptionError, "label= names no column: 'c'; they are a, b"),
    ("a,b\n1,2\n", {"label": 2}, OptionError, "label= names no column: 2"),
    ("a,b\n1,2\n", {"categorical": ["z"]}, OptionError, "categorical= names no column: 'z'"),
    ("a,b\n1,2\n", {"header": "a"}, OptionError, "header="),
    ("a,b\n1,2\n", {"delimiter": ""}, OptionError, "delimiter="),
    ("a,b\n1,2\n", {"header": ["a"]}, FormatError, "has 2 cells where 1 are wanted"),
]


@pytest.mark.parametrize(("text", "options", "error", "said"), BAD, ids=[said for *_, said in BAD])
def test_the_error_says_what_is_wrong(file, text, options, error, said):
    with pytest.raises(error, match=re.escape(said)):
        read_csv(file(text), **options)


def test_the_line_is_that_of_the_file_even_where_cells_have_several(file):
    with pytest.raises(FormatError, match="line 5 of"):
        read_csv(file('a,b\n"x\ny",1\nz,2\nz,three\n'))


def test_other_encodings_are_noticed(file):
    with pytest.raises(FormatError, match="no text in utf-8"):
        read_csv(file("a\nä\n", "latin-1"))


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_csv(tmp_path / "none.csv")
