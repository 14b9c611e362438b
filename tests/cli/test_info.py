"""``synapse-rx info``: whatever is missing or broken, it says so and does not fail."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from synapse_rx import fast
from synapse_rx.cli import main

OPTIONAL = {"rich": "progress", "matplotlib": "plot", "sklearn": "data", "pooch": "data", "numba": "fast"}


@pytest.fixture
def info(capsys: pytest.CaptureFixture[str]) -> Any:
    """
    Run it and return its lines.
    """

    def lines() -> list[str]:
        assert main(["info"]) == 0
        seen = capsys.readouterr()
        assert seen.err == ""
        return seen.out.splitlines()

    return lines


def line(lines: list[str], begin: str) -> str:
    (only,) = [each for each in lines if each.startswith(begin)]
    return only


@pytest.mark.backend("numpy", reason="about what is chosen where nothing is said")
def test_everything_has_a_line(info: Any) -> None:
    lines = info()

    for begin in ("Python 3.", "synapse-rx ", "numpy ", "attrs ", "reactivex ", "rich ", "matplotlib "):
        assert line(lines, begin)
    assert line(lines, "backend numpy: ") == "backend numpy: available"
    assert line(lines, "backend chosen: ").startswith("backend chosen: numpy")
    assert all("threads" in each for each in lines if each.startswith("BLAS: "))  # scipy may bring one, too
    assert int(line(lines, "processors: ").split()[1]) >= 1


@pytest.mark.parametrize("module", OPTIONAL)
def test_a_missing_package_is_named_with_what_brings_it(
    module: str, info: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    package = "scikit-learn" if module == "sklearn" else module
    assert f"pip install 'synapse-rx[{OPTIONAL[module]}]'" in line(info(), f"{package} not installed")


def test_everything_optional_may_be_missing(info: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNAPSE_RX_DATA", raising=False)
    for module in (*OPTIONAL, "threadpoolctl"):
        monkeypatch.setitem(sys.modules, module, None)

    lines = info()

    assert line(lines, "BLAS: unknown")
    assert line(lines, "MNIST: ") == "MNIST: no folder; set SYNAPSE_RX_DATA to one"


def test_a_package_whose_version_is_broken_is_no_traceback(
    info: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(package: str) -> str:
        raise RuntimeError("no metadata")

    monkeypatch.setattr("synapse_rx.cli.info.version", broken)

    assert line(info(), "numpy ") == "numpy not found"


def test_an_unknown_backend_is_told(info: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNAPSE_RX_BACKEND", "nunpy")

    assert (
        line(info(), "backend chosen: ")
        == "backend chosen: none: unknown backend 'nunpy'; did you mean 'numpy' or 'cupy'?"
    )


def test_a_backend_that_cannot_serve_says_why(info: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synapse_rx.cli.info.available_backends", lambda: {"cupy": "there is no GPU"})

    assert line(info(), "backend cupy: ") == "backend cupy: there is no GPU"


def test_the_folder_of_mnist_is_looked_into(
    tmp_path: Path, info: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNAPSE_RX_DATA", str(tmp_path))
    assert line(info(), "MNIST: ") == f"MNIST: not found in {tmp_path} (SYNAPSE_RX_DATA)"

    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte.gz").touch()
    assert line(info(), "MNIST: ") == f"MNIST: found in {tmp_path} (SYNAPSE_RX_DATA)"


@pytest.mark.slow
@pytest.mark.timeout(900)  # where nobody has compiled anything before
@pytest.mark.skipif(fast.why_not() is not None, reason=f"{fast.why_not()}")
def test_it_compiles_ahead_what_trainings_compile(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--warm"]) == 0

    printed = capsys.readouterr().out
    assert printed.startswith("compiled and kept for this machine: ")
    compiled = {
        "backprop",
        "adam",
        "lion",
        "conv10x5-conv20x5",
        "lstm",
        "gru",
        "rnn",
        "synapse",
        "neuron_graph",
    }
    assert compiled <= set(printed.split())


def test_it_says_why_there_is_nothing_to_compile(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")

    assert main(["info", "--warm"]) != 0
    assert "switched off by SYNAPSE_RX_FAST=0" in capsys.readouterr().err
