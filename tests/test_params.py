from __future__ import annotations

import copy
import pickle
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.errors import ShapeError, UnknownNameError
from synapse_rx.params import Entry, Layout, ParameterSpec, Params

W, B = ParameterSpec("W", (2, 3), None), ParameterSpec("b", (3,), None, regularized=False)
LAYOUT = Layout.of({(0,): (W, B), (2, "left"): (ParameterSpec("s", (), None),)})


def params(values: Any = range(10), dtype: Any = np.float32) -> Params:
    return Params(LAYOUT, np.array(values, dtype))


def test_a_layout_puts_parameters_one_behind_the_other() -> None:
    assert LAYOUT.entries == (
        Entry((0, "W"), (2, 3), 0),
        Entry((0, "b"), (3,), 6, regularized=False),
        Entry((2, "left", "s"), (), 9),
    )
    assert LAYOUT.size == 10


def test_a_layout_without_parameters_is_empty() -> None:
    empty = Params(Layout.of({}), np.zeros(0, np.float32))

    assert (empty.layout.size, len(empty), list(empty)) == (0, 0, [])
    assert empty == Params(Layout(()), np.zeros(0, np.float32))
    assert repr(empty) == "<Params 0 float32: none>"


def test_views_of_a_layout_share_the_vector() -> None:
    flat = np.zeros(10)
    views = LAYOUT.views(flat, (0,))

    views["W"][1, 2] = 5

    assert flat[5] == 5
    assert list(views) == ["W", "b"]


@given(st.lists(st.lists(st.integers(0, 4), max_size=3), max_size=6))
def test_every_layout_covers_its_vector_exactly_once(shapes: list[list[int]]) -> None:
    layout = Layout.of({(i,): (ParameterSpec("p", tuple(shape), None),) for i, shape in enumerate(shapes)})
    flat = np.zeros(layout.size)

    for entry in layout.entries:
        entry.view(flat)[...] += 1

    assert (flat == 1).all()


def test_parameters_are_found_by_position_and_by_name() -> None:
    p = params()

    np.testing.assert_array_equal(p[0]["W"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(p["0.b"], [6, 7, 8])
    assert p[2]["left"]["s"] == p["2.left.s"] == 9


def test_parameters_read_like_a_mapping_of_full_names() -> None:
    p = params()

    assert (list(p), len(p), "0.W" in p) == (["0.W", "0.b", "2.left.s"], 3, True)
    assert {name: view.shape for name, view in p.items()} == {"0.W": (2, 3), "0.b": (3,), "2.left.s": ()}


def test_nothing_of_it_can_be_written_to() -> None:
    p = params()

    for view in (p.flat, p[0]["W"], p["0.b"], p["2.left.s"]):
        assert not view.flags.writeable
    with pytest.raises(TypeError):
        p[0]["W"] = 1
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        p.flat = np.zeros(10)  # type: ignore[misc]


def test_a_writable_array_is_copied() -> None:
    flat = np.zeros(10)
    p = Params(LAYOUT, flat)

    flat[0] = 1

    assert p.flat[0] == 0


def test_a_view_of_another_array_is_copied_even_if_read_only() -> None:
    whole = np.zeros(20)
    view = whole[:10]
    view.setflags(write=False)
    p = Params(LAYOUT, view)

    whole[0] = 1

    assert p.flat[0] == 0


def test_a_read_only_array_of_its_own_is_taken_without_a_copy() -> None:
    flat = np.zeros(10)
    flat.setflags(write=False)

    assert Params(LAYOUT, flat).flat is flat


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_a_copy_is_equal_and_as_immutable(again: Any) -> None:
    p = params()
    hash(p)

    other = again(p)

    assert other == p
    assert not other.flat.flags.writeable


def test_equality_is_by_content() -> None:
    assert params() == params()
    assert hash(params()) == hash(params())
    assert params() != params(range(1, 11))
    assert params() != params(dtype=np.float64)
    assert params() != Params(Layout.of({(0,): (ParameterSpec("W", (10,), None),)}), params().flat)
    assert params() != "params"


def test_parameters_that_are_nan_equal_themselves() -> None:
    assert params([np.nan] * 10) == params([np.nan] * 10)


@pytest.mark.parametrize("shape", [(9,), (11,), (2, 5), ()], ids=str)
def test_a_vector_that_does_not_fit_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="one vector of 10 numbers, not an array of "):
        Params(LAYOUT, np.zeros(shape))


def test_another_vector_keeps_layout_and_type() -> None:
    p = params().with_flat(np.ones(10))

    assert p.flat.dtype == np.float32
    assert p.layout is LAYOUT


def test_replacing_some_leaves_the_others_and_the_original() -> None:
    p = params()

    q = p.replace({"0.b": [1, 1, 1], "2.left.s": 4})

    np.testing.assert_array_equal(q.flat, [0, 1, 2, 3, 4, 5, 1, 1, 1, 4])
    assert p == params()


def test_a_replacement_of_another_shape_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"parameter 0.W has shape \(2, 3\), not \(3, 2\)"):
        params().replace({"0.W": np.zeros((3, 2))})


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown parameter '0.w'; did you mean .*'0.W'"):
        params()["0.w"]
    with pytest.raises(UnknownNameError, match="unknown parameter"):
        params().replace({"1.W": 0})


def test_a_layer_without_parameters_is_answered_with_the_names_there_are() -> None:
    with pytest.raises(KeyError, match=r"no parameters at 1; there are 0.W, 0.b, 2.left.s"):
        params()[1]


def test_the_representation_names_every_parameter() -> None:
    assert repr(params()) == "<Params 10 float32: 0.W 2x3, 0.b 3, 2.left.s ()>"
