"""Ctrl-C: once to stop gracefully, twice to leave at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.cli import main, running
from tests.cli.command import ENDLESS, Process

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    """
    Start the command, and see to it that it does not outlive the test.
    """
    started: list[Process] = []

    def begin(*words: str, **options: Any) -> Process:
        started.append(Process(*words, **options))
        return started[-1]

    yield begin
    for process in started:
        process.kill()


def test_the_first_one_stops_keeps_tests_and_draws(start: Callable[..., Process], tmp_path: Path) -> None:
    picture = tmp_path / "curve.png"
    process = start("train", "--epochs", ENDLESS, "--plot", str(picture))
    process.wait_for("epoch ")

    process.interrupt()
    status, output, errors = process.end()

    assert status == 130, errors
    assert "stopping; what was learnt is kept (Ctrl-C again leaves at once)\n" in errors
    assert "stopped after " in output
    assert "test accuracy 0." in output
    assert f"learning curve: {picture}" in output
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "Traceback" not in errors


def test_evaluate_reports_what_is_finished(start: Callable[..., Process]) -> None:
    process = start("evaluate", "--runs", ENDLESS, "--epochs", "2")
    process.wait_for("epoch 2/2")
    process.wait_for("epoch 2/2")

    process.interrupt()
    status, output, errors = process.end()

    assert status == 130, errors
    assert output.startswith("seed 0: test accuracy ")
    assert "each class:" in output
    assert "was not finished and does not count" in errors
    assert "Traceback" not in errors


def test_one_before_any_training_leaves_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("synapse_rx.cli.job.load_training_set", interrupted)

    assert main(["train"]) == 130
    assert capsys.readouterr().err == "synapse-rx: interrupted\n"


class Fingers:
    """
    Presses Ctrl-C whenever a command waits for a training, so many times, once the training has begun to learn.
    """

    def __init__(self, times: int) -> None:
        self.times = times
        self.runs: list[sx.TrainingRun] = []
        self._wait = running._wait

    def __call__(self, run: sx.TrainingRun) -> object:
        self.runs.append(run)
        if len(self.runs) > self.times:
            return self._wait(run)
        while not run.net.value.training.stats.epochs:
            run.wait(0.001)
        raise KeyboardInterrupt


def test_the_second_one_leaves_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fingers = Fingers(2)
    monkeypatch.setattr(running, "_wait", fingers)

    status = main(["train", "--epochs", ENDLESS])

    assert status == 130
    assert capsys.readouterr().out == ""
    assert fingers.runs[0].result(60).training.status == "stopped"


def test_an_evaluation_keeps_its_finished_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[sx.TrainingRun] = []
    real = running._wait

    def wait(run: sx.TrainingRun) -> object:
        calls.append(run)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(run)

    monkeypatch.setattr(running, "_wait", wait)

    status = main(["evaluate", "--runs", "5", "--epochs", "2", "--quiet"])
    seen = capsys.readouterr()

    assert status == 130
    assert [line.split(":")[0] for line in seen.out.splitlines()[:2]] == ["seed 0", "seed 1"]
    assert "seed 1, each class:" in seen.out
    assert "the run from seed 2 was not finished and does not count" in seen.err


def test_the_second_one_ends_the_process(start: Callable[..., Process]) -> None:
    deaf = "import sys, synapse_rx as sx, synapse_rx.cli; sx.TrainingRun.stop = lambda run: False; "
    code = [sys.executable, "-c", deaf + "sys.exit(synapse_rx.cli.main())"]  # so that it is not over before
    process = start("train", "--epochs", ENDLESS, command=code)
    process.wait_for("epoch ")

    process.interrupt()
    process.wait_for("stopping")
    process.interrupt()
    status, output, errors = process.end()

    assert status == 130, errors
    assert output == ""
    assert "synapse-rx: interrupted" in errors
    assert "Traceback" not in errors
