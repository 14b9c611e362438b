"""Benchmarks that are asked for a backend."""

from __future__ import annotations

import os
from typing import Any

import pytest

from benchmarks import mlp
from benchmarks.__main__ import ELSEWHERE, main, names
from synapse_rx.backends import CupyBackend, choose


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """
    What the benchmark was called with, and the backend that was asked for then.
    """
    calls: list[Any] = []
    monkeypatch.setenv("SYNAPSE_RX_BACKEND", "numpy")
    monkeypatch.setattr(
        mlp, "run", lambda **options: calls.append((options["quick"], os.environ["SYNAPSE_RX_BACKEND"]))
    )
    return calls


def test_without_a_gpu_there_is_one_line_that_says_so(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(CupyBackend, "why_not", classmethod(lambda cls, device=0: "there is no NVIDIA GPU"))

    assert main(["mlp", "--backend", "cupy"]) == 0

    assert not asked
    told = "nothing to measure: backend 'cupy' cannot serve here: there is no NVIDIA GPU\n"
    assert capsys.readouterr().out == told


def test_where_it_serves_all_trainings_of_ours_are_done_there(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(choose, "_of_ones_own", lambda name: choose.NumpyBackend if name == "mine" else None)

    assert main(["mlp", "--quick", "--backend", "mine"]) == 0

    assert asked == [(True, "mine")]
    assert "its peers on the CPU" in capsys.readouterr().out


def test_it_is_an_option_of_benchmarks_that_train(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(names()) > ELSEWHERE
    with pytest.raises(SystemExit):
        main(["inference", "--backend", "cupy"])
    assert "unrecognized arguments: --backend cupy" in capsys.readouterr().err
