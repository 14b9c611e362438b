"""The laws of a group, held by threads."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.errors import CollectiveError, MissingExtraError, OptionError, UnknownNameError
from tests.collectives.groups import in_threads


def test_every_member_is_a_collective_with_a_number_of_its_own() -> None:
    group = sx.thread_collectives(3)

    assert all(isinstance(comm, sx.Collective) for comm in group)
    assert [(comm.rank, comm.size, comm.neighbours) for comm in group] == [(0, 3, 3), (1, 3, 3), (2, 3, 3)]


@settings(max_examples=20)
@given(size=st.integers(1, 4), n=st.integers(0, 9), dtype=st.sampled_from(["float32", "float64", "int64"]))
def test_sums_are_the_same_everywhere_bit_for_bit(size: int, n: int, dtype: str) -> None:
    values = 9 * np.random.default_rng(n).normal(size=(size, n, 2))

    def work(comm: Any) -> Any:
        array = values[comm.rank].astype(dtype)
        comm.all_reduce(array)
        return array

    found = in_threads(work, size)

    assert all(np.array_equal(array, found[0]) for array in found)
    np.testing.assert_allclose(found[0], values.astype(dtype).sum(axis=0), rtol=1e-5, atol=1e-5)


def test_everyone_gets_what_one_has() -> None:
    def work(comm: Any) -> Any:
        array = np.full((2, 3), float(comm.rank))
        comm.broadcast(array, 1)
        return array

    assert all(np.array_equal(array, np.ones((2, 3))) for array in in_threads(work, 3))


def test_different_arrays_are_an_error_for_all() -> None:
    found = in_threads(lambda comm: comm.all_reduce(np.zeros(2 + comm.rank)))

    assert all(isinstance(error, CollectiveError) for error in found)
    assert any("different arrays" in str(error) for error in found)


def test_one_that_fails_is_not_waited_for() -> None:
    def work(comm: Any) -> None:
        if comm.rank:
            raise KeyError("gone")
        comm.all_reduce(np.zeros(3), patient=True)

    error, gone = in_threads(work)

    assert isinstance(error, CollectiveError) and isinstance(gone, KeyError)


def test_one_that_does_not_come_is_given_up() -> None:
    waiting, _ = sx.thread_collectives(2, timeout=0.01)

    with pytest.raises(CollectiveError, match=r"did not come within 0\.01 s"):
        waiting.all_reduce(np.zeros(3))


@pytest.mark.parametrize("size", [0, 1.5, True, "2"])
def test_a_group_has_a_whole_number_of_members(size: Any) -> None:
    with pytest.raises(OptionError, match="size"):
        sx.thread_collectives(size)


def test_what_brings_an_mpi_is_said_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    monkeypatch.setitem(sys.modules, "cupy", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'synapse-rx\[mpi\]'"):
        sx.collective("mpi")
    with pytest.raises(MissingExtraError, match="nccl adds up arrays on GPUs through cupy"):
        sx.collective("nccl")


def test_an_unknown_group_and_a_wrong_timeout_are_named() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'mpi'"):
        sx.collective("mpj")
    with pytest.raises(OptionError, match="timeout must be"):
        sx.collective("mpi", timeout=0)
