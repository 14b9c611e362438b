"""The benchmarks run, and their harness measures what it says."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from benchmarks import harness
from benchmarks.__main__ import main, names
from tests.docs.shell import ROOT, run

TOGETHER = ("algorithms", "atom", "checkpoint", "cnn", "inference", "rnn", "synapse")
"""Run in one process, because importing what they compare with takes longer than they do."""

ELSEWHERE = {"busy", "epoch", "gpu", "loop", "memory", "mlp", "plots", "step", "together"}
"""Run by the tests that read what they print."""


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({*names()} - {*TOGETHER} - ELSEWHERE))
def test_a_benchmark_runs_quickly_and_prints_something(name: str) -> None:
    done = run([sys.executable, "-m", "benchmarks", name, "--quick"], ROOT)

    assert done.returncode == 0, done.stdout
    assert done.stdout.strip()


@pytest.mark.slow
def test_benchmarks_with_many_peers_run_quickly_and_print_tables() -> None:
    code = f"from benchmarks.__main__ import main\nfor name in {TOGETHER}: print('==', name, main([name, '--quick']))"
    done = run([sys.executable, "-c", code], ROOT)

    assert done.returncode == 0, done.stdout
    for text, name in zip(done.stdout.split("==")[:-1], TOGETHER, strict=True):
        assert "quartile" in text, name
    assert re.findall(r"== (\w+) 0", done.stdout) == list(TOGETHER)


def test_contestants_run_in_turn_and_the_warm_up_is_not_counted() -> None:
    order: list[str] = []

    def contestant(name: str, values: list[float]) -> harness.Callable[[], float]:
        return lambda: (order.append(name), values.pop(0))[1]

    contest = harness.alternate(3, {"a": contestant("a", [99, 1, 2, 4]), "b": contestant("b", [99, 2, 6, 4])})

    assert order == ["a", "b"] * 4
    assert contest.rounds == {"a": (1, 2, 4), "b": (2, 6, 4)}
    assert contest.median("b") == 4
    assert contest.spread("a") == (1.5, 3)
    assert contest.ratio("b", "a") == 2


def test_a_contestant_without_a_result_is_timed() -> None:
    contest = harness.alternate(2, {"a": lambda: None}, warmup=0)

    assert all(0 < seconds < 1 for seconds in contest.rounds["a"])


def test_a_contest_without_contestants_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to measure"):
        harness.alternate(3, {})


def test_a_contest_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    harness.Contest({"ours": (0.001,), "theirs": (0.003,)}).print("Step")

    assert capsys.readouterr().out == (
        "\nStep\n"
        "        median ms  quartile  quartile  / ours\n"
        "ours            1         1         1    1.00\n"
        "theirs          3         3         3    3.00\n"
    )


def test_equal_threads_holds_blas_and_children_and_gives_them_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    before = threadpool_info()

    with harness.equal_threads(1):
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}, threadpool_info()
        assert os.environ["OMP_NUM_THREADS"] == os.environ["MKL_NUM_THREADS"] == "1"

    after = {pool["filepath"]: pool for pool in threadpool_info()}
    assert [after[pool["filepath"]] for pool in before] == before
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


@pytest.mark.peer("torch")
def test_equal_threads_holds_torch_and_gives_it_back() -> None:
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()

    with harness.equal_threads(1):
        assert torch.get_num_threads() == 1

    assert torch.get_num_threads() == before


@pytest.mark.parametrize("dtype", ["float32", np.float64])
def test_the_rate_of_matrix_products_is_a_positive_number(dtype: str | type) -> None:
    assert 0 < harness.gemm_rate(32, 32, 32, dtype, seconds=0.01) < 1e5


def test_a_missing_peer_is_said_and_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert harness.peer("no_such_library") is None
    assert "no_such_library is not installed" in capsys.readouterr().out


def test_the_list_of_benchmarks_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert all(name in capsys.readouterr().out for name in names()[:1])


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == 2
    assert "no benchmark 'nonsense'" in capsys.readouterr().err


def test_a_benchmark_is_called_with_its_options_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.__main__.FOLDER", tmp_path)
    monkeypatch.setattr("benchmarks.__path__", [str(tmp_path)])
    (tmp_path / "with_options_for_a_test.py").write_text(
        '"""Measure nothing."""\n'
        "def add_arguments(parser):\n    parser.add_argument('--size', type=int, default=3)\n"
        "def run(quick=False, size=0):\n    print(quick, size)\n"
    )

    assert main(["with_options_for_a_test", "--quick", "--size", "5"]) == 0
    assert capsys.readouterr().out == "True 5\n"
