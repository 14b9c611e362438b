from __future__ import annotations

import logging
from typing import Any

import pytest

from synapse_rx.backends import CupyBackend, NumpyBackend, available_backends, backend, chosen_and_why
from synapse_rx.backends.choose import _tell
from synapse_rx.errors import BackendError, OptionError, UnknownNameError

pytestmark = pytest.mark.backend("numpy", reason="about what is chosen where nothing is said")

REASON = "there is no NVIDIA GPU"


@pytest.fixture(autouse=True)
def _no_choice_by_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNAPSE_RX_BACKEND", raising=False)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CupyBackend, "why_not", classmethod(lambda cls, device=0: REASON))
    _tell.cache_clear()


def test_numpy_always_serves() -> None:
    assert available_backends()["numpy"] is None
    assert isinstance(backend("numpy"), NumpyBackend)


@pytest.mark.parametrize("name", ["auto", "auto:1"])
def test_without_a_gpu_numpy_is_taken_and_why_is_logged_once(
    name: Any, no_gpu: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "synapse_rx"):
        assert [backend(name).name for _ in range(2)] == ["numpy", "numpy"]

    assert caplog.messages == [f"computing on numpy: {REASON}"]


def test_a_gpu_that_is_asked_for_and_is_not_there_is_an_error(no_gpu: None) -> None:
    with pytest.raises(BackendError, match=f"^backend 'cupy' cannot serve here: {REASON}$"):
        backend("cupy")


def test_a_backend_is_returned_as_it_is() -> None:
    one = NumpyBackend()

    assert backend(one) is one


def test_the_environment_chooses_where_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNAPSE_RX_BACKEND", "nunpy")

    assert backend("numpy").name == "numpy"
    with pytest.raises(UnknownNameError, match="unknown backend 'nunpy'; did you mean 'numpy'"):
        backend()


@pytest.mark.parametrize(
    ("name", "device", "expected"),
    [
        ("numpy", 0, "device=0 is for GPUs"),
        ("numpy:1", None, "device=1 is for GPUs"),
        ("cupy", -1, "device must be a whole number >= 0, or None, not -1"),
        ("cupy", True, "not True"),
        ("cupy:first", None, "names no device; write 'cupy:0'"),
        (NumpyBackend(), 1, "device=1 beside a backend that is made already"),
    ],
)
def test_a_device_that_cannot_be_is_refused(name: Any, device: Any, expected: str) -> None:
    with pytest.raises(OptionError, match=expected):
        backend(name, device=device)


@pytest.mark.parametrize(
    ("name", "device", "asked"), [("cupy:1", None, 1), ("cupy:1", 2, 2), ("cupy", None, 0)]
)
def test_the_device_is_the_one_asked_for(
    name: str, device: Any, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CupyBackend, "why_not", classmethod(lambda cls, device=0: f"no GPU {device}"))

    with pytest.raises(BackendError, match=f"no GPU {asked}$"):
        backend(name, device=device)


def test_nothing_said_means_numpy_whatever_is_there(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(CupyBackend, "why_not", classmethod(lambda cls, device=0: None))

    with caplog.at_level(logging.INFO, "synapse_rx"):
        assert backend().name == "numpy"

    assert not caplog.messages
    assert chosen_and_why() == "numpy (the default; a GPU can serve if asked for)"


def test_why_is_told_in_one_line(no_gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen_and_why() == f"numpy (the default; a GPU cannot serve: {REASON})"

    monkeypatch.setenv("SYNAPSE_RX_BACKEND", "auto")

    assert chosen_and_why() == f"numpy ({REASON})"

    monkeypatch.setenv("SYNAPSE_RX_BACKEND", "numpy")

    assert chosen_and_why() == "numpy (SYNAPSE_RX_BACKEND=numpy)"
