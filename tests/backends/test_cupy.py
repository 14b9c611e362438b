"""What of the cupy backend can be told without a GPU: reasons and errors, with the real cupy where it is installed."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import pytest

from synapse_rx.backends import CupyBackend
from synapse_rx.backends.cupy import lost, out_of_memory
from synapse_rx.errors import BackendError, DeviceLostError, DeviceMemoryError, OptionError

GIB = 1 << 30
ASKED = "Out of memory allocating 1,073,741,824 bytes (allocated so far: 5,368,709,120 bytes)."
BOUND = (
    "Out of memory allocating 1,024 bytes (allocated so far: 3,072 bytes, limit set to: 2,147,483,648 bytes)."
)


def test_a_missing_package_is_named_with_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synapse_rx.backends.cupy.find_spec", lambda name: None)

    assert "cupy is not installed; pip install 'synapse-rx[cuda13]'" in str(CupyBackend.why_not())


def test_a_broken_package_is_a_reason_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synapse_rx.backends.cupy.find_spec", lambda name: object())
    monkeypatch.setitem(sys.modules, "cupy", None)

    assert str(CupyBackend.why_not()).startswith("cupy cannot be loaded: ")


def test_too_little_memory_says_what_was_asked_what_is_free_and_what_to_reduce() -> None:
    told = out_of_memory(MemoryError(ASKED), (GIB // 2, 8 * GIB), 5 * GIB)

    assert isinstance(told, BackendError) and isinstance(told, MemoryError)
    assert str(told).startswith(
        "the GPU has too little memory: 1.00 GiB was asked for, 512.0 MiB of 8.00 GiB are free, "
        "and 5.00 GiB are taken by this training; take smaller batches"
    )


def test_a_limit_is_told_and_a_silent_device_is_no_trouble() -> None:
    told = str(out_of_memory(MemoryError(BOUND), None, 3072))

    assert "at most 2.00 GiB by memory_limit" in told
    assert "free," not in told


def test_errors_of_others_are_left_alone() -> None:
    assert lost(RuntimeError("something else")) is None


@pytest.mark.parametrize("limit", [0, -1, 0.5, "1"])
def test_a_limit_that_cannot_be_is_refused(limit: Any) -> None:
    with pytest.raises(OptionError, match="memory_limit must be a whole number of bytes"):
        CupyBackend(memory_limit=limit)


@pytest.mark.peer("cupy")
class TestWithTheRealPackage:
    def test_what_keeps_it_from_serving_is_one_line(self) -> None:
        reason = CupyBackend.why_not()

        assert reason is None or (reason and "\n" not in reason)
        assert "there is no GPU 999" in str(CupyBackend.why_not(999)) or reason is not None

    def test_its_error_of_memory_is_understood(self) -> None:
        error = import_module("cupy").cuda.memory.OutOfMemoryError(GIB, 5 * GIB, 6 * GIB)
        told = out_of_memory(error, None, 5 * GIB)

        assert isinstance(told, DeviceMemoryError)
        assert "1.00 GiB was asked for" in str(told)
        assert "at most 6.00 GiB by memory_limit" in str(told)

    @pytest.mark.parametrize(
        "status", [46, 214, 700, 719]
    )  # unavailable, memory fault, bad address, failed launch
    def test_its_errors_of_a_device_are_a_device_lost(self, status: int) -> None:
        error = import_module("cupy").cuda.runtime.CUDARuntimeError(status)
        told = lost(error)

        assert isinstance(told, DeviceLostError)
        assert str(error) in str(told)
        assert "what was published last is kept" in str(told)

    def test_an_allocation_without_a_driver_is_told_as_such(self) -> None:
        if CupyBackend.why_not() is None:
            pytest.skip("there is a GPU")
        with pytest.raises(Exception) as caught:
            import_module("cupy").empty(3)

        assert isinstance(lost(caught.value), DeviceLostError)
