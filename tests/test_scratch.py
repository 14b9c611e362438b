from __future__ import annotations

import numpy as np
import pytest

from synapse_rx.backends import NumpyBackend
from synapse_rx.scratch import Buffers, Scratch

BACKEND = NumpyBackend()


def buffers(capacity: int = 8) -> Buffers:
    return Buffers(BACKEND, capacity, np.dtype(np.float32))


def test_an_array_has_the_batch_axis_first_and_the_type_of_the_program() -> None:
    x = Scratch(BACKEND, buffers(), 5).array("x", (2, 3))

    assert x.shape == (5, 2, 3)
    assert x.dtype == np.float32
    assert x.flags.c_contiguous


def test_the_same_name_means_the_same_memory() -> None:
    s = Scratch(BACKEND, buffers(), 5)

    assert s.array("x", (2,)) is s.array("x", (2,))
    assert not np.shares_memory(s.array("x", (2,)), s.array("y", (2,)))


def test_a_smaller_batch_works_in_a_slice_of_the_same_memory() -> None:
    memory = buffers(8)
    whole, part = Scratch(BACKEND, memory, 8), Scratch(BACKEND, memory, 3)

    whole.array("x")[:] = range(8)

    np.testing.assert_array_equal(part.array("x"), [0, 1, 2])
    assert np.shares_memory(whole.array("x"), part.array("x"))


def test_memory_is_made_for_the_largest_batch_even_when_a_smaller_one_comes_first() -> None:
    memory = buffers(8)

    Scratch(BACKEND, memory, 3).array("x", (2,))

    assert Scratch(BACKEND, memory, 8).array("x", (2,)).shape == (8, 2)
    assert memory.nbytes == 8 * 2 * 4


@pytest.mark.parametrize("dtype", [np.int64, "int64", np.dtype(np.int64)], ids=repr)
def test_an_array_may_have_another_type(dtype: object) -> None:
    s = Scratch(BACKEND, buffers(), 5)

    assert s.array("index", dtype=dtype).dtype == np.int64
    assert s.fixed("other", (2,), dtype).dtype == np.int64


def test_a_fixed_array_does_not_grow_with_the_batch() -> None:
    memory = buffers()

    assert Scratch(BACKEND, memory, 5).fixed("x", (2, 3)).shape == (2, 3)
    assert Scratch(BACKEND, memory, 1).fixed("x", (2, 3)).shape == (2, 3)


def test_ones_are_as_many_as_samples() -> None:
    memory = buffers()
    s = Scratch(BACKEND, memory, 5)

    np.testing.assert_array_equal(s.ones(), np.ones(5))
    assert s.ones() is s.ones()
    assert s.ones().dtype == np.float32
    assert Scratch(BACKEND, memory, 8).ones().shape == (8,)


def test_parameters_and_gradients_are_empty_unless_given() -> None:
    s = Scratch(BACKEND, buffers(), 5)

    assert (dict(s.params), dict(s.grads), s.rng, s.training, s.needs_dx) == ({}, {}, None, True, True)
    assert s.xp is np
    assert (s.n, s.dtype) == (5, np.float32)


def test_a_batch_beyond_the_memory_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError, match="a batch of 9 in memory made for 8"):
        Scratch(BACKEND, buffers(8), 9).array("x")


def test_one_name_for_two_shapes_is_our_own_mistake() -> None:
    memory = buffers(8)
    Scratch(BACKEND, memory, 5).array("x", (2,))

    with pytest.raises(AssertionError, match=r"buffer 'x' of \(8, 2\) is asked for again as \(8, 3\)"):
        Scratch(BACKEND, memory, 4).array("x", (3,))


def test_what_is_made_once_is_made_for_each_size_of_batch() -> None:
    memory = buffers(4)
    small, large = Scratch(BACKEND, memory, 2), Scratch(BACKEND, memory, 4)

    made = [s.once("rows", lambda s=s: s.array("x", (3,)).reshape(-1)) for s in (small, large, small, large)]

    assert [len(view) for view in made] == [6, 12, 6, 12]
    assert made[0] is made[2]
    assert made[1] is made[3]
