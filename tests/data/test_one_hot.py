"""Tables, and their categories as columns of 0 and 1."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.data import OneHotColumns, Table, one_hot_columns
from synapse_rx.errors import DataError, OptionError

ROWS = [["red", 1.5, "s"], ["blue", 2.0, "m"], ["red", -1.0, "l"]]
TABLE = Table(["colour", "length", "size"], zip(*ROWS, strict=True))


def test_categories_become_columns():
    columns = one_hot_columns(TABLE)

    x = columns.encode(TABLE)

    assert columns.features == ("colour=blue", "colour=red", "length", "size=l", "size=m", "size=s")
    assert x.dtype == np.float32
    assert x.tolist() == [[0, 1, 1.5, 0, 0, 1], [1, 0, 2, 0, 1, 0], [0, 1, -1, 1, 0, 0]]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.floats(-1e6, 1e6), st.integers(0, 3), st.sampled_from("xy")),
        min_size=1,
    )
)
def test_decoding_is_the_inverse(rows):
    table = Table.of(rows)
    columns = one_hot_columns(table, [0, 2, 3])

    assert columns.decode(columns.encode(table, "float64")) == table


def test_rows_and_mappings_are_tables():
    wanted = one_hot_columns(TABLE).encode(TABLE)

    for given_one in (
        ROWS,
        np.array(ROWS, object),
        {"0": ["red", "blue", "red"], "1": [1.5, 2, -1], "2": list("sml")},
    ):
        np.testing.assert_array_equal(one_hot_columns(given_one).encode(given_one), wanted)


def test_rows_are_encoded_by_position():
    np.testing.assert_array_equal(one_hot_columns(TABLE).encode(ROWS), one_hot_columns(TABLE).encode(TABLE))


def test_numbers_can_be_categories():
    columns = one_hot_columns([[3], [1], [3]], [0])

    assert columns.encode([[1], [3]]).tolist() == [[1, 0], [0, 1]]
    assert columns.features == ("0=1.0", "0=3.0")


def test_the_likeliest_category_is_decoded():
    table = one_hot_columns(TABLE).decode([[0.2, 0.7, 5, 0.4, 0.1, 0.3]])

    assert [column.tolist() for column in table.columns] == [["red"], [5], ["l"]]


def test_an_encoding_is_a_value_and_plain_data():
    columns = one_hot_columns(TABLE)

    again = OneHotColumns.of(json.loads(json.dumps(columns.to_data())))

    assert again == columns
    assert hash(again) == hash(columns)


def test_a_table_is_a_value():
    again = Table(TABLE.names, TABLE.columns)

    assert again == TABLE and hash(again) == hash(TABLE)
    assert TABLE != Table(TABLE.names, TABLE.columns, labels=[1, 2, 3])
    assert TABLE["length"].tolist() == [1.5, 2, -1]
    assert TABLE[-1].tolist() == ["s", "m", "l"]
    assert repr(TABLE) == "<Table 3 rows of colour, length, size>"
    for column in TABLE.columns:
        with pytest.raises(ValueError, match="WRITEABLE"):
            column.setflags(write=True)


def test_columns_of_numbers_stand_side_by_side():
    assert Table(["a", "b"], [[1, 2], [3, 4]]).numbers().tolist() == [[1, 3], [2, 4]]


BAD = [
    (lambda: TABLE.numbers(), DataError, "colour, size hold text"),
    (lambda: TABLE["weight"], DataError, "there is no column 'weight'; they are colour, length, size"),
    (lambda: TABLE[3], DataError, "no column 3"),
    (lambda: Table(["a"], []), DataError, "0 columns need"),
    (lambda: Table([], []), DataError, "needs a column"),
    (lambda: Table(["a", "a"], [[1], [2]]), DataError, "different names"),
    (lambda: Table(["a", "b"], [[1], [2, 3]]), DataError, "the same length, not [1, 2]"),
    (lambda: Table(["a"], [[[1]]]), DataError, "one dimension"),
    (lambda: one_hot_columns("rows"), DataError, "not a str"),
    (lambda: one_hot_columns([["a"], ["b", "c"]]), DataError, "rows of one length"),
    (lambda: one_hot_columns(3), DataError, "not an int"),
    (lambda: one_hot_columns(TABLE, "colour"), OptionError, "such as ['colour']"),
    (lambda: one_hot_columns(TABLE, ["colour"]), DataError, "column 'size' holds text"),
    (lambda: one_hot_columns(TABLE, ["weight"]), DataError, "there is no column 'weight'"),
    (
        lambda: one_hot_columns(TABLE).encode([["green", 1, "s"]]),
        DataError,
        "'green' in row 0, which is none of",
    ),
    (lambda: one_hot_columns(TABLE).encode([["red", "long", "s"]]), DataError, "'length' held numbers"),
    (lambda: one_hot_columns(TABLE).encode([["red", 1]]), DataError, "2 columns need"),
    (
        lambda: one_hot_columns(TABLE).encode({"colour": ["red"]}),
        DataError,
        "these columns are encoded: colour,",
    ),
    (lambda: one_hot_columns(TABLE).decode([[1, 2]]), DataError, "samples (N, 6) are decoded, not (1, 2)"),
    (lambda: OneHotColumns(["a"], []), OptionError, "1 names need"),
    (lambda: OneHotColumns(["a"], [["x", "x"]]), OptionError, "different categories"),
    (lambda: OneHotColumns.of({"names": []}), OptionError, "plain data"),
]


@pytest.mark.parametrize(("made", "error", "said"), BAD, ids=[said for _, _, said in BAD])
def test_the_error_says_what_is_wrong(made, error, said):
    with pytest.raises(error, match=re.escape(said)):
        made()
