"""The cupy backend at work: what it asks of cupy, in which order, with a device that is the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.backends import CupyBackend, copies
from synapse_rx.backends import cupy as module
from synapse_rx.errors import DeviceLostError, DeviceMemoryError, SynapseError
from tests.nets import SECONDS, blobs, small_net
from tests.strict import StrictArray
from tests.strict.array import LeakError
from tests.strict.runtime import GIB, CUDARuntimeError, OutOfMemoryError, StrictCupy, guarded

FULL = OutOfMemoryError("Out of memory allocating 1,073,741,824 bytes (allocated so far: 4,096 bytes).")
LOST = CUDARuntimeError("cudaErrorLaunchFailure: unspecified launch failure")


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> Iterator[StrictCupy]:
    """
    The array module that the backend finds.
    """
    made = StrictCupy()
    monkeypatch.setattr(module, "_cupy", lambda: made)
    monkeypatch.setattr(module, "_missing", lambda: None)
    monkeypatch.setattr(module, "_cannot_compute", lambda device: None)
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")
    with guarded(made):
        yield made


@pytest.fixture
def backend(cupy: StrictCupy) -> CupyBackend:
    return CupyBackend()


def test_everything_a_training_computes_is_in_the_context_of_its_backend(backend: CupyBackend) -> None:
    cell = sx.atom(small_net("adam"))

    snapshot = sx.train(cell, blobs(shuffle="epoch"), 3, backend=backend).result(60)

    expected = sx.train(sx.atom(small_net("adam")), blobs(shuffle="epoch"), 3, backend="numpy").result(60)
    np.testing.assert_allclose(snapshot.params.flat, expected.params.flat, rtol=1e-5, atol=1e-6)


def test_outside_it_nothing_is_computed(cupy: StrictCupy, backend: CupyBackend) -> None:
    x = backend.from_host(np.ones(3))

    with pytest.raises(LeakError, match="add without a device"):
        x + x
    with backend.active():
        assert isinstance(x + x, StrictArray)


def test_a_chunk_waits_for_the_device_once_for_its_errors(cupy: StrictCupy, backend: CupyBackend) -> None:
    net = small_net("adam")
    with backend.active():
        learner: Any = net.arch.learner(net, blobs(99), backend)
        learner.learn(SECONDS, 1)
        cupy.noted.clear()

        learner.learn(SECONDS, 10)

    assert [what for what, _ in cupy.noted].count("waits for") == 1


class TestCopies:
    """
    From the device to the host.
    """

    def test_they_wait_for_what_was_computed_and_are_made_on_another_stream(
        self, cupy: StrictCupy, backend: CupyBackend
    ) -> None:
        there = backend.from_host(np.arange(6.0).reshape(2, 3))
        cupy.noted.clear()

        here = backend.to_host(there)

        np.testing.assert_array_equal(here, np.arange(6.0).reshape(2, 3))
        (first, computing), *_, (copies, other), (waits, waited) = cupy.noted
        assert (first, copies, waits) == ("records", "copies", "waits for")
        assert other is waited is not computing
        assert other.non_blocking and other.after[-1] is computing

    def test_page_locked_memory_is_used_again_and_kept_by_nobody(
        self, cupy: StrictCupy, backend: CupyBackend
    ) -> None:
        first = backend.to_host(backend.from_host(np.ones(5)))
        second = backend.to_host(backend.from_host(np.zeros(3)))

        assert first.tolist() == [1] * 5 and second.tolist() == [0] * 3
        assert [size for what, size in cupy.noted if what == "pins"] == [40]

    @pytest.mark.parametrize(
        "host",
        [
            np.zeros((0, 3)),
            np.float32(2.0),
            np.arange(12.0).reshape(3, 4)[:, ::2],
            np.array([True, False]),
            np.zeros(9),
        ],
        ids=["empty", "one number", "in pieces", "flags", "large"],
    )
    def test_any_array_arrives(
        self, host: Any, backend: CupyBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(copies, "LARGEST", 64)
        with backend.active():
            there = StrictArray(np.asarray(host))

        np.testing.assert_array_equal(backend.to_host(there), host)
        assert backend.to_host(there).dtype == host.dtype


class TestTrouble:
    """
    What becomes of a training when the device does not do what it should.
    """

    @pytest.mark.parametrize(
        ("error", "told", "text"),
        [
            (FULL, DeviceMemoryError, "1.00 GiB was asked for, 1.00 GiB of 2.00 GiB are free"),
            (LOST, DeviceLostError, "unspecified launch failure"),
        ],
        ids=["full", "lost"],
    )
    def test_in_mid_training_the_run_fails_clearly_and_the_last_snapshot_stays(
        self,
        error: Exception,
        told: type[SynapseError],
        text: str,
        cupy: StrictCupy,
        backend: CupyBackend,
    ) -> None:
        cell = sx.atom(small_net())

        def fail(key: Any, atom: Any, old: Any, new: Any) -> None:
            if new.training.stats.epochs == 2:
                cupy.fails = error

        cell.add_watch("fail", fail)
        run = sx.train(cell, blobs(), 1000, backend=backend)

        with pytest.raises(told, match=text):
            run.result(60)
        assert cell.value.training.stats.epochs == 2
        assert cell.value.training.status == "failed"
        assert cupy.pools[-1].freed == 1

    def test_from_the_start_the_call_fails_and_nothing_is_kept(
        self, cupy: StrictCupy, backend: CupyBackend
    ) -> None:
        cell = sx.atom(small_net())
        before, cupy.fails = cell.value, FULL

        with pytest.raises(DeviceMemoryError, match="take smaller batches"):
            sx.train(cell, blobs(), 3, backend=backend)
        assert cell.value == before

    def test_other_errors_stay_as_they_are(self, cupy: StrictCupy, backend: CupyBackend) -> None:
        with pytest.raises(ZeroDivisionError), backend.active():
            raise ZeroDivisionError


def test_memory_is_bounded_where_a_bound_is_given(cupy: StrictCupy) -> None:
    CupyBackend(memory_limit=GIB)

    assert cupy.pools[-1].limit == GIB


def test_each_device_is_entered_by_its_own_number(cupy: StrictCupy) -> None:
    with CupyBackend(device=1).active():
        assert cupy.here.device[-1].number == 1


def test_memory_is_given_back_when_a_training_is_over(cupy: StrictCupy, backend: CupyBackend) -> None:
    sx.train(sx.atom(small_net()), blobs(), 1, backend=backend).result(60)

    assert cupy.pools[-1].freed == cupy.pinned.freed == 1
